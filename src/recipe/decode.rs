//! A document becomes a recipe.

use super::Recipe;
use crate::diagnostic::Diagnostic;
use crate::syntax::{self, Document};

/// Reads a recipe, or says everything that is wrong with its shape.
pub fn decode(document: &Document) -> (Option<Recipe>, Vec<Diagnostic>) {
    syntax::decode(document)
}
