//! A recipe that obeys all rules.

use crate::recipe::Recipe;
use crate::source::Span;
use crate::syntax::{Document, PathSegment};

/// A recipe without errors, which still knows where everything stands. Only [`check`] makes one.
///
/// [`check`]: super::check
#[derive(Debug, Clone)]
pub struct ValidRecipe {
    recipe: Recipe,
    document: Document,
}

impl ValidRecipe {
    pub(super) fn new(recipe: Recipe, document: Document) -> Self {
        Self { recipe, document }
    }

    /// The recipe.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// Where the value at a path stands; if there is none, the nearest one around it.
    pub fn span(&self, path: &[PathSegment]) -> Span {
        self.document.value_span(path)
    }
}
