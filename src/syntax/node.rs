//! The tree that both formats become.

use std::sync::{Arc, OnceLock};

use super::ScalarKind;
use crate::source::Span;

/// Most keys and values that a document may have, each use of an anchor counted in full.
pub(super) const MAX_NODES: usize = 100_000;
/// Most problems that are told of one document: whoever has more needs no more to begin with, and
/// showing all would take longer than finding them.
pub(super) const MOST_PROBLEMS: usize = 100;
/// Most collections inside each other.
pub(super) const MAX_DEPTH: usize = 64;

/// A value with its place.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) span: Span,
    pub(super) content: Content,
    /// Number of keys and values in it, itself included.
    pub(super) weight: usize,
    /// Number of collections inside each other, itself included.
    pub(super) depth: usize,
    /// Where something in it was written, or had to be, that could not be read.
    pub(super) lost: Vec<Span>,
    /// Positions of a large mapping's entries in the order of their keys, once one was looked for.
    order: OnceLock<Vec<usize>>,
}

#[derive(Debug)]
pub(super) enum Content {
    Scalar { text: String, kind: ScalarKind },
    List(Vec<Arc<Node>>),
    Mapping(Vec<Entry>),
}

/// A key with its value.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_span: Span,
    pub(super) value: Arc<Node>,
}

impl Node {
    pub(super) fn new(span: Span, content: Content) -> Arc<Self> {
        let (weight, depth) = match &content {
            Content::Scalar { .. } => (1, 0),
            Content::List(items) => (
                1 + items.iter().map(|item| item.weight).sum::<usize>(),
                1 + items.iter().map(|item| item.depth).max().unwrap_or(0),
            ),
            Content::Mapping(entries) => (
                1 + entries
                    .iter()
                    .map(|entry| 1 + entry.value.weight)
                    .sum::<usize>(),
                1 + entries
                    .iter()
                    .map(|entry| entry.value.depth)
                    .max()
                    .unwrap_or(0),
            ),
        };
        Arc::new(Self {
            span,
            content,
            weight,
            depth,
            lost: Vec::new(),
            order: OnceLock::new(),
        })
    }

    /// The same, with something lost in it.
    pub(super) fn with_losses(span: Span, content: Content, lost: Vec<Span>) -> Arc<Self> {
        let mut node = Self::new(span, content);
        if let Some(node) = Arc::get_mut(&mut node) {
            node.lost = lost;
        }
        node
    }

    /// Whether it and everything in it could be read.
    pub(super) fn is_whole(&self) -> bool {
        self.lost.is_empty() && self.children().all(|child| child.is_whole())
    }

    /// The values in a collection.
    pub(super) fn children(&self) -> impl Iterator<Item = &Arc<Self>> {
        let items = match &self.content {
            Content::List(items) => items.as_slice(),
            _ => &[],
        };
        items
            .iter()
            .chain(self.entries().iter().map(|entry| &entry.value))
    }

    /// Whether the other is the same value, wherever it stands.
    pub(super) fn equals(&self, other: &Self) -> bool {
        match (&self.content, &other.content) {
            (
                Content::Scalar { text, kind },
                Content::Scalar {
                    text: other_text,
                    kind: other_kind,
                },
            ) => text == other_text && kind == other_kind,
            (Content::List(items), Content::List(others)) => {
                items.len() == others.len()
                    && items.iter().zip(others).all(|(one, two)| one.equals(two))
            }
            (Content::Mapping(entries), Content::Mapping(others)) => {
                entries.len() == others.len()
                    && (entries.iter().zip(others))
                        .all(|(one, two)| one.key == two.key && one.value.equals(&two.value))
            }
            _ => false,
        }
    }

    /// Whether it is nothing.
    pub(super) fn is_null(&self) -> bool {
        matches!(
            &self.content,
            Content::Scalar {
                kind: ScalarKind::Null,
                ..
            }
        )
    }

    pub(super) fn scalar(span: Span, text: impl Into<String>, kind: ScalarKind) -> Arc<Self> {
        Self::new(
            span,
            Content::Scalar {
                text: text.into(),
                kind,
            },
        )
    }

    /// Its entries, if it is a mapping.
    pub(super) fn entries(&self) -> &[Entry] {
        match &self.content {
            Content::Mapping(entries) => entries,
            _ => &[],
        }
    }

    /// The entry with a key, if it is a mapping that has one.
    pub(super) fn entry(&self, key: &str) -> Option<&Entry> {
        /// Up to this size a look at each is faster.
        const FEW: usize = 16;
        let entries = self.entries();
        if entries.len() <= FEW {
            return entries.iter().find(|entry| entry.key == key);
        }
        let order = self.order.get_or_init(|| {
            let mut order: Vec<usize> = (0..entries.len()).collect();
            order.sort_by_key(|position| entries[*position].key.as_str());
            order
        });
        let found = order.binary_search_by_key(&key, |position| entries[*position].key.as_str());
        found.ok().map(|at| &entries[order[at]])
    }

    /// What it is, for messages: `the number `3.10``.
    pub(super) fn found(&self) -> String {
        match &self.content {
            Content::Scalar {
                kind: ScalarKind::Null,
                ..
            } => ScalarKind::Null.noun().to_owned(),
            Content::Scalar { text, kind } => {
                let mut short: String = text.chars().take(40).collect();
                if short.len() < text.len() {
                    short.push('…');
                }
                format!("{} `{}`", kind.noun(), short.escape_debug())
            }
            Content::List(_) => "a list".to_owned(),
            Content::Mapping(_) => "a mapping".to_owned(),
        }
    }
}
