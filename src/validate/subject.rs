//! What rules look at.

use std::collections::BTreeSet;

use crate::diagnostic::nearest;
use crate::recipe::{Packages, Recipe, Scope};
use crate::source::{SourceFile, Span};
use crate::syntax::{Document, PathSegment};

use super::values::Values;

/// A recipe with the places of its values. Where the shape is wrong, the recipe is only as much
/// as could be read: a rule about a key that must be there asks [`is_read`], a rule about one that
/// is not there [`is_lost`]. A value that is left open counts as one that could not be read.
///
/// [`is_read`]: Self::is_read
/// [`is_lost`]: Self::is_lost
pub(super) struct Subject<'r> {
    pub(super) recipe: &'r Recipe,
    pub(super) document: &'r Document,
    pub(super) values: &'r Values,
    /// Arguments that stand in expressions.
    pub(super) used: &'r BTreeSet<String>,
    /// Whether all values were chosen that will be.
    pub(super) is_final: bool,
    pub(super) file: &'r SourceFile,
}

impl<'r> Subject<'r> {
    /// Where a value stands.
    pub(super) fn value(&self, path: &[PathSegment]) -> Span {
        self.document.value_span(path)
    }

    /// Where the value of a key of the mapping at `path` stands.
    pub(super) fn below(&self, path: &[PathSegment], key: &str) -> Span {
        self.value(&[path, &[key.into()]].concat())
    }

    /// Where a key of the mapping at `path` stands.
    pub(super) fn key(&self, path: &[PathSegment], key: &str) -> Span {
        self.document.key_span(&[path, &[key.into()]].concat())
    }

    /// Whether the value of a key of the mapping at `path` is as the user wrote it.
    pub(super) fn is_read(&self, path: &[PathSegment], key: &str) -> bool {
        self.document.is_read(&[path, &[key.into()]].concat())
    }

    /// Whether a key of the mapping at `path` is written, and its value or a part of it was left
    /// out; or it is meant by a key that the mapping does not know.
    pub(super) fn is_lost(&self, path: &[PathSegment], key: &str) -> bool {
        let place = [path, &[key.into()]].concat();
        if self.document.has(&place) {
            return self.document.is_lost(&place);
        }
        self.document.losses(path).iter().any(|loss| {
            let written = self.file.slice(*loss).trim_matches(['"', '\'']);
            nearest(written, [key]).is_some()
        })
    }

    /// The image itself and all stages.
    pub(super) fn scopes(&self) -> impl Iterator<Item = Scope<'r>> + use<'r> {
        self.recipe.scopes()
    }

    /// All that installs packages, with its place.
    pub(super) fn packages(&self) -> Vec<(Vec<PathSegment>, &'r Packages)> {
        self.scopes()
            .flat_map(|scope| scope.all_packages())
            .collect()
    }
}
