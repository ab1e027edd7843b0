//! Workflow commands of GitHub Actions, which become annotations of the changed files.
//!
//! A command is a line `::error file=…,line=…::message`. In its message `%` and the ends of lines
//! are percent-encoded, in its properties `:` and `,` as well ([workflow commands][commands]).
//!
//! [commands]: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands

use std::path::Path;

use super::location::relative;
use crate::diagnostic::{Diagnostic, Severity, printable};
use crate::source::SourceFile;

/// All diagnostics as workflow commands, one a line; paths are taken from `directory` on.
pub fn to_github<'a>(
    files: impl IntoIterator<Item = (&'a SourceFile, &'a [Diagnostic])>,
    directory: &Path,
) -> String {
    let mut text = String::new();
    for (file, diagnostics) in files {
        let path = relative(file.name(), directory);
        for diagnostic in diagnostics {
            text.push_str(&command(file, &path, diagnostic));
        }
    }
    text
}

fn command(file: &SourceFile, path: &str, diagnostic: &Diagnostic) -> String {
    let name = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "notice",
    };
    let mut properties = vec![("file", printable(path).into_owned())];
    if let Some(label) = diagnostic.labels.first() {
        let start = file.position(label.span.start);
        let end = file.position(label.span.end);
        properties.push(("line", start.line.to_string()));
        properties.push(("endLine", end.line.to_string()));
        // Columns are shown only where they are of one line.
        if start.line == end.line {
            properties.push(("col", start.column.to_string()));
            properties.push(("endColumn", end.column.to_string()));
        }
    }
    properties.push(("title", diagnostic.code.to_string()));
    let properties: Vec<String> = properties
        .into_iter()
        .map(|(key, value)| format!("{key}={}", encoded(&value, "%\r\n:,")))
        .collect();
    let mut message = diagnostic.message.clone();
    for label in diagnostic.labels.iter().skip(1) {
        let place = file.position(label.span.start);
        message.push_str(&format!("\nline {}: {}", place.line, label.message));
    }
    if let Some(help) = &diagnostic.help {
        message.push_str(&format!("\nhelp: {help}"));
    }
    format!(
        "::{name} {}::{}\n",
        properties.join(","),
        encoded(&message, "%\r\n")
    )
}

/// The text with each of `characters`, all ASCII, percent-encoded.
fn encoded(text: &str, characters: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for c in text.chars() {
        if characters.contains(c) {
            encoded.push_str(&format!("%{:02X}", u32::from(c)));
        } else {
            encoded.push(c);
        }
    }
    encoded
}
