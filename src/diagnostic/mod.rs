//! What is wrong with a recipe: collected, with places, comparable in tests.
//!
//! Every problem type of the front half becomes a [`Diagnostic`]; the command line turns those
//! into text ([`to_text`]), JSON ([`to_json`]) or what code hosts read. The text of the recipe is
//! attached there, once. Whatever a message quotes is made [`printable`] when it is put in.

mod codes;
mod denial;
mod explanation;
mod formats;
mod printable;
mod suggestion;

use std::borrow::Cow;

use serde::Serialize;

use crate::source::Span;

pub use codes::{Class, Code, UnknownCode};
pub use denial::{Denial, deny};
pub use explanation::{Explanation, manual};
pub use formats::{TextStyle, to_github, to_gitlab, to_json, to_sarif, to_text};
pub use printable::{harmless, harmless_json, printable};
pub use suggestion::nearest;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The recipe is rejected.
    Error,
    /// The recipe works, and probably not as meant.
    Warning,
    /// The recipe could be better.
    Advice,
}

/// A place, with a few words on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// At most four words.
    pub message: String,
}

/// One thing that is wrong with a recipe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which kind of problem.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one line.
    pub message: String,
    /// Where; the first is the primary place.
    pub labels: Vec<Label>,
    /// What to do about it, beginning with a verb.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A problem that is as bad as its code says.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            message: shown(message),
            labels: Vec::new(),
            help: None,
        }
    }

    /// Adds a place; the first one added is the primary.
    #[must_use]
    pub fn label(mut self, span: Span, message: impl Into<String>) -> Self {
        self.labels.push(Label {
            span,
            message: shown(message),
        });
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(shown(help));
        self
    }

    /// Where the primary label begins; the start of the file without one.
    pub fn start(&self) -> usize {
        self.labels.first().map_or(0, |label| label.span.start)
    }
}

/// Characters of a message; a recipe may quote a whole mebibyte in one.
const LONGEST_MESSAGE: usize = 1000;

fn shown(text: impl Into<String>) -> String {
    let text = text.into();
    let mut text = match printable(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(text) => text,
    };
    if let Some((end, _)) = text.char_indices().nth(LONGEST_MESSAGE) {
        text.replace_range(end.., "…");
    }
    text
}

/// Brings diagnostics into the order of the text.
pub fn sort(diagnostics: &mut [Diagnostic]) {
    diagnostics.sort_by_key(|diagnostic| (diagnostic.start(), diagnostic.code));
}
