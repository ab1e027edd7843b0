//! A recipe that obeys all rules.

use crate::recipe::{Condition, Platform, Recipe};
use crate::source::Span;
use crate::syntax::{Document, PathSegment};

use super::values::Values;

/// A recipe without errors, which still knows where everything stands. Only [`check`] and
/// [`resolve`] make one.
///
/// [`check`]: super::check
/// [`resolve`]: super::resolve
#[derive(Debug, Clone)]
pub struct ValidRecipe {
    recipe: Recipe,
    document: Document,
    values: Values,
}

impl ValidRecipe {
    pub(super) fn new(recipe: Recipe, document: Document, values: Values) -> Self {
        Self {
            recipe,
            document,
            values,
        }
    }

    /// The recipe.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// The platform that was chosen, if one was.
    pub fn platform(&self) -> Option<&Platform> {
        self.values.platform()
    }

    /// Whether whoever builds has named the platform, rather than the recipe or the machine.
    pub fn platform_is_chosen(&self) -> bool {
        self.values.platform_is_chosen()
    }

    /// Whether a condition holds, in a stage or in the image itself. One that cannot be decided
    /// was reported, and holds.
    pub fn holds(&self, condition: Option<&Condition>, stage: Option<&str>) -> bool {
        condition.is_none_or(|condition| {
            let holds = self.values.holds(condition, stage);
            holds.ok().flatten().unwrap_or(true)
        })
    }

    /// Where the value at a path stands; if there is none, the nearest one around it.
    pub fn span(&self, path: &[PathSegment]) -> Span {
        self.document.value_span(path)
    }

    /// Where the key at the end of a path stands; without one, as [`span`](Self::span).
    pub fn key_span(&self, path: &[PathSegment]) -> Span {
        self.document.key_span(path)
    }

    /// Whether something is written at a path.
    pub fn has(&self, path: &[PathSegment]) -> bool {
        self.document.has(path)
    }
}
