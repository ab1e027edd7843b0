//! A recipe's text as a tree with places.

use std::sync::Arc;

use super::node::{Content, MAX_DEPTH, MAX_NODES, MOST_PROBLEMS, Node};
use super::{Layout, Notation, PathSegment, toml, yaml};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{SourceFile, Span};

/// One YAML or TOML document. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Document {
    root: Arc<Node>,
    layout: Arc<Layout>,
}

impl Document {
    /// Largest text of a document, in bytes.
    pub const MAX_BYTES: usize = 1 << 20;
    /// Most problems that are told of one document.
    pub const MOST_PROBLEMS: usize = MOST_PROBLEMS;

    /// Reads a file: TOML if its name ends in `.toml`, YAML otherwise. A document may come with
    /// diagnostics (a key stands twice); without one there is at least one.
    pub fn parse(file: &SourceFile) -> (Option<Self>, Vec<Diagnostic>) {
        Self::parse_as(file, Notation::of(file.name()))
    }

    /// Reads a file whose name does not say what it is written in.
    pub fn parse_as(file: &SourceFile, notation: Notation) -> (Option<Self>, Vec<Diagnostic>) {
        let text = file.text();
        if text.len() > Self::MAX_BYTES {
            let problem = Diagnostic::new(Code::Budget, "the recipe is larger than 1 MiB")
                .label(
                    Span::new(Self::MAX_BYTES, Self::MAX_BYTES),
                    "limit reached here",
                )
                .help("move large content to files and copy them");
            return (None, vec![problem]);
        }
        let (root, layout, mut diagnostics) = match notation {
            Notation::Toml => toml::read(text),
            Notation::Yaml => yaml::read(text),
        };
        let Some(root) = root else {
            return (None, diagnostics);
        };
        if root.weight > MAX_NODES || root.depth > MAX_DEPTH {
            diagnostics.push(
                Diagnostic::new(Code::Budget, "the recipe has too many values or levels")
                    .label(Span::default(), "in this file")
                    .help(format!(
                        "keep below {MAX_NODES} values and {MAX_DEPTH} levels"
                    )),
            );
            return (None, diagnostics);
        }
        let layout = Arc::new(layout);
        (Some(Self { root, layout }), diagnostics)
    }

    /// The same text with another tree.
    pub(super) fn with_root(&self, root: Arc<Node>) -> Self {
        Self {
            root,
            layout: Arc::clone(&self.layout),
        }
    }

    /// Where its comments and long scalars stand.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    pub(super) fn root(&self) -> &Arc<Node> {
        &self.root
    }

    /// The value at a path, as a document of its own.
    pub fn part(&self, path: &[PathSegment]) -> Option<Self> {
        self.node(path).map(|node| self.with_root(Arc::clone(node)))
    }

    /// The text at a path, if a scalar stands there.
    pub fn text(&self, path: &[PathSegment]) -> Option<&str> {
        match &self.node(path)?.content {
            Content::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// Whether nothing is written as the value at a path.
    pub fn is_null(&self, path: &[PathSegment]) -> bool {
        self.node(path).is_some_and(|node| node.is_null())
    }

    /// The keys of the mapping that it is, with their values; none of anything else.
    pub fn entries(&self) -> impl Iterator<Item = (&str, Self)> {
        let entries = self.root.entries().iter();
        entries.map(|entry| {
            let value = self.with_root(Arc::clone(&entry.value));
            (entry.key.as_str(), value)
        })
    }

    /// Whether a value stands at a path.
    pub fn has(&self, path: &[PathSegment]) -> bool {
        self.node(path).is_some()
    }

    /// Whether the other says the same: the same keys in the same order, the same values, each
    /// scalar with the same text, wherever they stand.
    pub fn equals(&self, other: &Self) -> bool {
        self.root.equals(&other.root)
    }

    /// Whether a value stands at a path and all of it could be read.
    pub fn is_read(&self, path: &[PathSegment]) -> bool {
        self.node(path).is_some_and(|node| node.is_whole())
    }

    /// Whether a value stands at a path and some of it could not be read.
    pub fn is_lost(&self, path: &[PathSegment]) -> bool {
        self.node(path).is_some_and(|node| !node.is_whole())
    }

    /// Where the items stood that the list at a path had to leave out, or the keys that the mapping
    /// does not know.
    pub fn losses(&self, path: &[PathSegment]) -> &[Span] {
        self.node(path).map_or(&[], |node| node.lost.as_slice())
    }

    fn node(&self, path: &[PathSegment]) -> Option<&Arc<Node>> {
        path.iter()
            .try_fold(&self.root, |node, segment| child(node, segment))
    }

    /// Where the value at a path stands; if there is none, the nearest one around it.
    pub fn value_span(&self, path: &[PathSegment]) -> Span {
        let mut span = self.root.span;
        let mut node = &self.root;
        for segment in path {
            let Some(child) = child(node, segment) else {
                break;
            };
            // A table of TOML has no place of its own where only its keys were written.
            if !child.span.is_empty() {
                span = child.span;
            }
            node = child;
        }
        span
    }

    /// Where the key at the end of a path stands; without one, as [`value_span`].
    ///
    /// [`value_span`]: Self::value_span
    pub fn key_span(&self, path: &[PathSegment]) -> Span {
        let key = path.split_last().and_then(|(last, parents)| {
            let parent = self.node(parents)?;
            match last {
                PathSegment::Key(key) => parent.entry(key).map(|entry| entry.key_span),
                PathSegment::Index(_) => None,
            }
        });
        key.unwrap_or_else(|| self.value_span(path))
    }
}

fn child<'n>(node: &'n Arc<Node>, segment: &PathSegment) -> Option<&'n Arc<Node>> {
    match (&node.content, segment) {
        (Content::List(items), PathSegment::Index(index)) => items.get(*index),
        (_, PathSegment::Key(key)) => node.entry(key).map(|entry| &entry.value),
        _ => None,
    }
}
