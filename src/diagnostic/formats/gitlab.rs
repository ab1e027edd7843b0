//! The Code Quality report of GitLab, which shows findings in merge requests.
//!
//! The report is a list of findings with `description`, `check_name`, `fingerprint`, `severity` and
//! `location` ([report format][format]). GitLab takes a finding with a known fingerprint for the old
//! one, so it must not change when lines move.
//!
//! [format]: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format

use std::path::Path;

use serde::Serialize;

use super::document;
use super::fingerprint::Fingerprints;
use super::location::relative;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::source::SourceFile;

#[derive(Serialize)]
struct Finding {
    description: String,
    check_name: Code,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
    end: usize,
}

/// All diagnostics as a Code Quality report; paths are taken from `directory` on.
pub fn to_gitlab<'a>(
    files: impl IntoIterator<Item = (&'a SourceFile, &'a [Diagnostic])>,
    directory: &Path,
) -> String {
    let mut fingerprints = Fingerprints::default();
    let mut findings = Vec::new();
    for (file, diagnostics) in files {
        let path = relative(file.name(), directory);
        for diagnostic in diagnostics {
            let description = match &diagnostic.help {
                Some(help) => format!("{} (help: {help})", diagnostic.message),
                None => diagnostic.message.clone(),
            };
            let end = diagnostic.labels.first().map_or(0, |label| label.span.end);
            findings.push(Finding {
                description,
                check_name: diagnostic.code,
                fingerprint: fingerprints.next(&path, diagnostic),
                severity: match diagnostic.severity {
                    Severity::Error => "major",
                    Severity::Warning => "minor",
                    Severity::Advice => "info",
                },
                location: Location {
                    path: path.clone(),
                    lines: Lines {
                        begin: file.position(diagnostic.start()).line,
                        end: file.position(end).line,
                    },
                },
            });
        }
    }
    document(&findings)
}
