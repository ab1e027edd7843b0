//! SARIF 2.1.0, the exchange format of static analysis ([specification][sarif]).
//!
//! One run of one tool. Columns count characters, which `columnKind` says; rules carry the text of
//! the manual; further labels of a diagnostic are its related locations.
//!
//! [sarif]: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html

use std::collections::BTreeSet;
use std::path::Path;

use serde::Serialize;

use super::document;
use super::fingerprint::Fingerprints;
use super::location::{relative, uri};
use crate::diagnostic::{Code, Diagnostic, Label, Severity};
use crate::source::SourceFile;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    invocations: [Invocation; 1],
    column_kind: &'static str,
    results: Vec<Finding>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
struct Driver {
    name: &'static str,
    version: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: Code,
    short_description: Message,
    full_description: Message,
    help: Help,
    default_configuration: Configuration,
}

#[derive(Serialize)]
struct Help {
    text: String,
    markdown: String,
}

#[derive(Serialize)]
struct Configuration {
    level: Level,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    level: Level,
    message: Message,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Finding {
    rule_id: Code,
    rule_index: usize,
    level: Level,
    message: Message,
    locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    partial_fingerprints: PartialFingerprints,
}

#[derive(Serialize)]
struct PartialFingerprints {
    #[serde(rename = "onelayer/v1")]
    first: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: PhysicalLocation,
    message: Message,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Serialize)]
struct ArtifactLocation {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
    byte_offset: usize,
    byte_length: usize,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Error,
    Warning,
    Note,
}

impl From<Severity> for Level {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Error => Self::Error,
            Severity::Warning => Self::Warning,
            Severity::Advice => Self::Note,
        }
    }
}

impl Message {
    /// Brackets that could be taken for a link (section 3.11.6) are escaped.
    fn new(text: &str) -> Self {
        let text = if text.contains("](") {
            text.replace('[', "\\[").replace(']', "\\]")
        } else {
            text.to_owned()
        };
        Self { text }
    }
}

impl Rule {
    fn new(code: Code) -> Self {
        let explanation = code.explanation();
        Self {
            id: code,
            short_description: Message::new(code.title()),
            full_description: Message::new(&explanation.cause),
            help: Help {
                text: explanation.to_string(),
                markdown: explanation.to_markdown(),
            },
            default_configuration: Configuration {
                level: code.severity().into(),
            },
        }
    }
}

impl Location {
    fn new(file: &SourceFile, uri: &str, label: &Label, id: Option<usize>) -> Self {
        let start = file.position(label.span.start);
        let end = file.position(label.span.end);
        Self {
            id,
            physical_location: PhysicalLocation {
                artifact_location: ArtifactLocation {
                    uri: uri.to_owned(),
                },
                region: Region {
                    start_line: start.line,
                    start_column: start.column,
                    end_line: end.line,
                    end_column: end.column,
                    byte_offset: label.span.start,
                    byte_length: label.span.len(),
                },
            },
            message: Message::new(&label.message),
        }
    }
}

/// All diagnostics as a SARIF log; paths are taken from `directory` on. `unread` says which files
/// could not be looked at, and why.
pub fn to_sarif<'a>(
    files: impl IntoIterator<Item = (&'a SourceFile, &'a [Diagnostic])>,
    directory: &Path,
    unread: &[String],
) -> String {
    let files: Vec<_> = files.into_iter().collect();
    let codes: BTreeSet<Code> = (files.iter())
        .flat_map(|(_, diagnostics)| diagnostics.iter().map(|diagnostic| diagnostic.code))
        .collect();
    let codes: Vec<Code> = codes.into_iter().collect();
    let mut fingerprints = Fingerprints::default();
    let mut results = Vec::new();
    for (file, diagnostics) in files {
        let path = relative(file.name(), directory);
        let uri = uri(&path);
        for diagnostic in diagnostics {
            let text = match &diagnostic.help {
                Some(help) => format!("{}\nhelp: {help}", diagnostic.message),
                None => diagnostic.message.clone(),
            };
            let (primary, others) = diagnostic.labels.split_at(diagnostic.labels.len().min(1));
            let others = others.iter().zip(1..);
            results.push(Finding {
                rule_id: diagnostic.code,
                rule_index: codes.binary_search(&diagnostic.code).unwrap_or_default(),
                level: diagnostic.severity.into(),
                message: Message::new(&text),
                locations: (primary.iter())
                    .map(|label| Location::new(file, &uri, label, None))
                    .collect(),
                related_locations: others
                    .map(|(label, id)| Location::new(file, &uri, label, Some(id)))
                    .collect(),
                partial_fingerprints: PartialFingerprints {
                    first: fingerprints.next(&path, diagnostic),
                },
            });
        }
    }
    document(&Log {
        schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: "onelayer",
                    version: env!("CARGO_PKG_VERSION"),
                    rules: codes.into_iter().map(Rule::new).collect(),
                },
            },
            invocations: [Invocation {
                execution_successful: unread.is_empty(),
                tool_execution_notifications: (unread.iter())
                    .map(|text| Notification {
                        level: Level::Error,
                        message: Message::new(text),
                    })
                    .collect(),
            }],
            column_kind: "unicodeCodePoints",
            results,
        }],
    })
}
