//! One layout for all recipes.
//!
//! A text goes in, the same document comes out in the project's layout: every key, value, anchor
//! and comment in its place, at most one blank line between groups, the line ending and byte order
//! mark of the file. Formatting what is formatted changes nothing.
//!
//! None of this is taken on trust: what was written is read again, and unless it is the same tree
//! with the same anchors and comments, the text is refused.

mod block_scalar;
mod toml;
mod trace;
mod yaml;

use super::{Document, Notation};
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::SourceFile;

pub use trace::comments;
use trace::trace;

/// Columns that a line should not go beyond.
pub(super) const WIDTH: usize = 100;
/// What a comment to onelayer itself begins with. Such a comment holds for its line, which is then
/// not broken into several.
const ADDRESS: &str = "onelayer:";

/// Why a text was not formatted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormatProblem {
    /// The text is no document.
    Unreadable(Vec<Diagnostic>),
    /// The result would not be the same document: a fault of the formatter, not of the text.
    Unfaithful,
}

/// The text of `file` in the project's layout.
///
/// # Errors
/// [`FormatProblem::Unreadable`] if it is no YAML or TOML; [`FormatProblem::Unfaithful`] if the
/// formatter would lose or change something.
pub fn format(file: &SourceFile, notation: Notation) -> Result<String, FormatProblem> {
    let (document, diagnostics) = Document::parse_as(file, notation);
    let wrong = |found: &Diagnostic| found.severity == Severity::Error;
    let before = match document {
        Some(document) if !diagnostics.iter().any(wrong) => document,
        _ => return Err(FormatProblem::Unreadable(diagnostics)),
    };
    let formatted = lay_out(file.text(), notation).ok_or(FormatProblem::Unfaithful)?;
    let result = SourceFile::new(file.name(), formatted.as_str());
    let (after, _) = Document::parse_as(&result, notation);
    let same = after.is_some_and(|after| after.equals(&before))
        && trace(file.text(), notation) == trace(&formatted, notation)
        && lay_out(&formatted, notation).is_some_and(|again| again == formatted);
    if same {
        Ok(formatted)
    } else {
        Err(FormatProblem::Unfaithful)
    }
}

const MARK: char = '\u{feff}';

fn lay_out(text: &str, notation: Notation) -> Option<String> {
    let (mark, body) = match text.strip_prefix(MARK) {
        Some(body) => ("\u{feff}", body),
        None => ("", text),
    };
    let line_end = match body.split_once('\n') {
        Some((first, _)) if first.ends_with('\r') => "\r\n",
        _ => "\n",
    };
    let speaks_to_us = |comment: &String| comment.starts_with(ADDRESS);
    let width = if comments(body, notation).iter().any(speaks_to_us) {
        Document::MAX_BYTES
    } else {
        WIDTH
    };
    let formatted = match notation {
        Notation::Yaml => yaml::lay_out(body, width)?.replace('\n', line_end),
        Notation::Toml => toml::lay_out(body, line_end, width),
    };
    Some(format!("{mark}{formatted}"))
}
