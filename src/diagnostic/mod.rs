//! What is wrong with a recipe: collected, with places, comparable in tests.
//!
//! Every problem type of the front half becomes a [`Diagnostic`]; the command line turns those
//! into text ([`to_text`]) or JSON ([`to_json`]). The text of the recipe is attached there, once.

mod codes;
mod denial;
mod explanation;
mod json;
mod suggestion;
mod text;

use serde::Serialize;

use crate::source::Span;

pub use codes::{Class, Code, UnknownCode};
pub use denial::{Denial, deny};
pub use explanation::{Explanation, manual};
pub use json::to_json;
pub use suggestion::nearest;
pub use text::{TextStyle, to_text};

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
    /// A problem for which the recipe is rejected.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }

    /// A problem for which it is not.
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message)
    }

    /// A proposal.
    pub fn advice(code: Code, message: impl Into<String>) -> Self {
        Self::new(Severity::Advice, code, message)
    }

    fn new(severity: Severity, code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity,
            message: message.into(),
            labels: Vec::new(),
            help: None,
        }
    }

    /// Adds a place; the first one added is the primary.
    #[must_use]
    pub fn label(mut self, span: Span, message: impl Into<String>) -> Self {
        self.labels.push(Label {
            span,
            message: message.into(),
        });
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Where the primary label begins; the start of the file without one.
    pub fn start(&self) -> usize {
        self.labels.first().map_or(0, |label| label.span.start)
    }
}

/// Brings diagnostics into the order of the text.
pub fn sort(diagnostics: &mut [Diagnostic]) {
    diagnostics.sort_by_key(|diagnostic| (diagnostic.start(), diagnostic.code));
}
