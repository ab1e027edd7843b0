//! Texts of a document, exchanged for others.

use std::sync::Arc;

use super::node::{Content, Entry, Node};
use super::{Document, PathSegment, ScalarKind};
use crate::source::Span;

/// What becomes of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rewritten {
    /// It stays as it is.
    Kept,
    /// Another text.
    Text(String),
    /// A value that is whatever its key wants.
    Value(String),
    /// Nothing is known of it: it counts as one that could not be read and was reported.
    Unknown,
}

impl Document {
    /// The document after `rewrite` was asked about every text (no number, no key), with its path
    /// and place. Places stay those of the source.
    #[must_use]
    pub fn rewrite(
        &self,
        rewrite: &mut dyn FnMut(&[PathSegment], &str, Span) -> Rewritten,
    ) -> Self {
        let mut path = Vec::new();
        match rewritten(self.root(), &mut path, rewrite) {
            Some(root) => self.with_root(root),
            None => self.clone(),
        }
    }
}

/// The node with its texts exchanged; `None` if none of them is another one.
fn rewritten(
    node: &Arc<Node>,
    path: &mut Vec<PathSegment>,
    rewrite: &mut dyn FnMut(&[PathSegment], &str, Span) -> Rewritten,
) -> Option<Arc<Node>> {
    let mut changed = false;
    let mut child = |segment: PathSegment, node: &Arc<Node>| {
        path.push(segment);
        let other = rewritten(node, path, rewrite);
        path.pop();
        changed |= other.is_some();
        other.unwrap_or_else(|| Arc::clone(node))
    };
    let content = match &node.content {
        Content::Scalar {
            text,
            kind: ScalarKind::String,
        } => {
            let (text, kind) = match rewrite(path, text, node.span) {
                Rewritten::Kept => return None,
                Rewritten::Text(text) => (text, ScalarKind::String),
                Rewritten::Value(text) => (text, ScalarKind::Expanded),
                Rewritten::Unknown => {
                    let (text, kind) = (text.clone(), ScalarKind::Expanded);
                    let content = Content::Scalar { text, kind };
                    return Some(Node::with_losses(node.span, content, vec![node.span]));
                }
            };
            return Some(Node::scalar(node.span, text, kind));
        }
        Content::Scalar { .. } => return None,
        Content::List(items) => Content::List(
            (items.iter().enumerate())
                .map(|(index, item)| child(index.into(), item))
                .collect(),
        ),
        Content::Mapping(entries) => Content::Mapping(
            (entries.iter())
                .map(|entry| Entry {
                    value: child(entry.key.as_str().into(), &entry.value),
                    ..entry.clone()
                })
                .collect(),
        ),
    };
    changed.then(|| Node::with_losses(node.span, content, node.lost.clone()))
}
