//! A document becomes a recipe.

use super::Recipe;
use crate::syntax::{self, Decoded, Document};

/// Reads a recipe, as far as its shape lets it, and says everything that is wrong with that.
pub fn decode(document: Document) -> Decoded<Recipe> {
    syntax::decode(document)
}
