//! One layout for all recipes.
//!
//! A text goes in, the same document comes out in the project's layout: every key, value, anchor
//! and comment in its place, at most one blank line between groups, the line ending and byte order
//! mark of the file. Formatting what is formatted changes nothing.
//!
//! None of this is taken on trust: what was written is read again. If it is not the same tree with
//! the same anchors and comments, only the lines are tidied, and if that changes anything too, the
//! text stays as it is.

mod block_scalar;
mod tidy;
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

/// A formatted text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormattedText {
    /// The text.
    pub text: String,
    /// Whether it has the project's layout. Of what the layout engine for YAML would change the
    /// meaning, only line ends and blank lines are tidied.
    pub is_laid_out: bool,
}

/// The text of `file` in the project's layout, as far as it says the same in it.
///
/// # Errors
/// What is wrong with it, if it is no YAML or TOML.
pub fn format(file: &SourceFile, notation: Notation) -> Result<FormattedText, Vec<Diagnostic>> {
    let (document, diagnostics) = Document::parse_as(file, notation);
    let wrong = |found: &Diagnostic| found.severity == Severity::Error;
    let document = match document {
        Some(document) if !diagnostics.iter().any(wrong) => document,
        _ => return Err(diagnostics),
    };
    let original = Original {
        file,
        notation,
        document,
    };
    let tidied = || tidy::tidied(file.text(), line_end(file.text()));
    let laid_out = |text: String| FormattedText {
        text,
        is_laid_out: true,
    };
    let found = original.laid_out(file.text()).map(laid_out).or_else(|| {
        let tidied = original.checked(tidied())?;
        // The layout engine may understand the tidied text: then that is the layout, or the next
        // run would change the file again.
        let again = original.laid_out(&tidied).map(laid_out);
        Some(again.unwrap_or(FormattedText {
            text: tidied,
            is_laid_out: false,
        }))
    });
    Ok(found.unwrap_or_else(|| FormattedText {
        text: file.text().to_owned(),
        is_laid_out: false,
    }))
}

/// What a formatted text has to say.
struct Original<'f> {
    file: &'f SourceFile,
    notation: Notation,
    document: Document,
}

impl Original<'_> {
    /// `text`, which says the same, in a layout in which it still does and stays.
    fn laid_out(&self, text: &str) -> Option<String> {
        let formatted = self.checked(lay_out(text, self.notation)?)?;
        (lay_out(&formatted, self.notation).as_ref() == Some(&formatted)).then_some(formatted)
    }

    /// `text` if it says the same.
    fn checked(&self, text: String) -> Option<String> {
        let file = SourceFile::new(self.file.name(), text.as_str());
        let (document, _) = Document::parse_as(&file, self.notation);
        let same = document?.equals(&self.document)
            && trace(self.file.text(), self.notation) == trace(&text, self.notation);
        same.then_some(text)
    }
}

const MARK: char = '\u{feff}';

fn lay_out(text: &str, notation: Notation) -> Option<String> {
    let (mark, body) = match text.strip_prefix(MARK) {
        Some(body) => ("\u{feff}", body),
        None => ("", text),
    };
    let line_end = line_end(body);
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

/// How the lines of a text end: as the first one does.
fn line_end(text: &str) -> &'static str {
    match text.split_once('\n') {
        Some((first, _)) if first.ends_with('\r') => "\r\n",
        _ => "\n",
    }
}
