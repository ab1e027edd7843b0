//! Diagnostics as JSON.

use serde::Serialize;

use super::document;
use crate::diagnostic::{Code, Diagnostic, Label, Severity};
use crate::source::SourceFile;

const VERSION: u32 = 1;

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    diagnostics: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    code: Code,
    severity: Severity,
    message: &'a str,
    help: Option<&'a str>,
    file: &'a str,
    labels: Vec<Place<'a>>,
}

/// Lines and columns from 1, columns in characters; offset and length in bytes.
#[derive(Serialize)]
struct Place<'a> {
    message: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    offset: usize,
    length: usize,
    primary: bool,
}

impl<'a> Entry<'a> {
    fn new(file: &'a SourceFile, diagnostic: &'a Diagnostic) -> Self {
        Self {
            code: diagnostic.code,
            severity: diagnostic.severity,
            message: &diagnostic.message,
            help: diagnostic.help.as_deref(),
            file: file.name(),
            labels: diagnostic
                .labels
                .iter()
                .enumerate()
                .map(|(index, label)| Place::new(file, label, index == 0))
                .collect(),
        }
    }
}

impl<'a> Place<'a> {
    fn new(file: &SourceFile, label: &'a Label, primary: bool) -> Self {
        let start = file.position(label.span.start);
        let end = file.position(label.span.end);
        Self {
            message: &label.message,
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
            offset: label.span.start,
            length: label.span.len(),
            primary,
        }
    }
}

/// All diagnostics of some files as one JSON object, with a line end.
pub fn to_json<'a>(files: impl IntoIterator<Item = (&'a SourceFile, &'a [Diagnostic])>) -> String {
    let diagnostics = files
        .into_iter()
        .flat_map(|(file, diagnostics)| {
            diagnostics
                .iter()
                .map(move |diagnostic| Entry::new(file, diagnostic))
        })
        .collect();
    document(&Report {
        version: VERSION,
        diagnostics,
    })
}
