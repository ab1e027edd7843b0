//! What rules look at.

use crate::recipe::{Packages, Recipe, Step};
use crate::source::Span;
use crate::syntax::{Document, PathSegment};

/// A recipe with the places of its values. Where the shape is wrong, the recipe is only as much
/// as could be read: a rule about a key that must be there asks [`is_read`], a rule about one that
/// is not there [`is_lost`].
///
/// [`is_read`]: Self::is_read
/// [`is_lost`]: Self::is_lost
pub(super) struct Subject<'r> {
    pub(super) recipe: &'r Recipe,
    pub(super) document: &'r Document,
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
    /// out.
    pub(super) fn is_lost(&self, path: &[PathSegment], key: &str) -> bool {
        self.document.is_lost(&[path, &[key.into()]].concat())
    }

    /// All that installs packages, with its path.
    pub(super) fn packages(&self) -> Vec<(Vec<PathSegment>, &'r Packages)> {
        let first = self
            .recipe
            .packages
            .iter()
            .map(|packages| (vec!["packages".into()], packages));
        let steps = self
            .recipe
            .steps
            .iter()
            .enumerate()
            .filter_map(|(index, step)| match step {
                Step::Packages(step) => Some((
                    vec!["steps".into(), index.into(), "packages".into()],
                    &step.packages,
                )),
                _ => None,
            });
        first.chain(steps).collect()
    }
}
