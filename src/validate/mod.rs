//! What the types of a recipe cannot say: rules that need several values, or that depend on what
//! this version carries out.
//!
//! A [`SourceFile`] goes in; a [`ValidRecipe`] comes out unless there is an error, and in any case
//! everything that is to be said about the text. Nothing here looks at a disk.

mod allow;
mod rules;
mod subject;
mod valid_recipe;

use crate::diagnostic::{Diagnostic, Severity, sort};
use crate::recipe;
use crate::source::SourceFile;
use crate::syntax::Document;

pub use crate::syntax::PathSegment;
use subject::Subject;
pub use valid_recipe::ValidRecipe;

/// The outcome of [`check`].
#[derive(Debug, Clone)]
pub struct Checked {
    /// The recipe, unless one of the diagnostics is an error.
    pub recipe: Option<ValidRecipe>,
    /// Errors and warnings in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a recipe and says everything that is wrong with it.
pub fn check(file: &SourceFile) -> Checked {
    let (document, mut diagnostics) = Document::parse(file);
    let mut valid = None;
    if let Some(document) = document {
        let decoded = recipe::decode(document);
        diagnostics.extend(decoded.diagnostics);
        let document = decoded.document;
        if let Some(recipe) = decoded.value {
            diagnostics.extend(rules::apply(&Subject {
                recipe: &recipe,
                document: &document,
            }));
            valid = Some(ValidRecipe::new(recipe, document.clone()));
        }
        allow::apply(file, document.layout(), &mut diagnostics);
    }
    sort(&mut diagnostics);
    let rejected = diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity == Severity::Error);
    Checked {
        recipe: valid.filter(|_| !rejected),
        diagnostics: first(diagnostics),
    }
}

/// As many as are told of one document, in their order; errors before anything else.
fn first(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    if diagnostics.len() > Document::MOST_PROBLEMS {
        // Stable: among those of one severity the first ones stay.
        diagnostics.sort_by_key(|diagnostic| diagnostic.severity);
        diagnostics.truncate(Document::MOST_PROBLEMS);
        sort(&mut diagnostics);
    }
    diagnostics
}
