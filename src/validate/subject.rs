//! What rules look at.

use crate::recipe::{Packages, Recipe, Step};
use crate::source::Span;
use crate::syntax::{Document, PathSegment};

/// A recipe with the places of its values.
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
