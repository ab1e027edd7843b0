//! What passes over one document have found, and what the next one goes around.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use super::error::{Error, NodeId};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::source::Span;
use crate::syntax::node::{Content, Entry, MOST_PROBLEMS, Node};

/// Most keys and values that all passes together look at. Recipes of thousands of lines stay far below, and
/// have all of their problems told; of a hundred thousand values each pass takes its time.
const MOST_VISITS: usize = 300_000;
/// What stands in for required values: one of them is accepted by nearly every key.
const MADE_UP: [&str; 2] = ["a", "/"];

#[derive(Default)]
pub(super) struct Pass {
    found: RefCell<BTreeMap<(Span, Code, String), Diagnostic>>,
    bad: RefCell<BTreeSet<NodeId>>,
    /// Required keys that have no value, with the number of the text that is made up for each.
    filled: RefCell<BTreeMap<(NodeId, &'static str), usize>>,
    /// Where keys stand that their mapping does not know.
    unknown: RefCell<BTreeSet<(NodeId, Span)>>,
    /// Keys that were proposed instead of unknown ones, by mapping.
    suggested: RefCell<BTreeSet<(NodeId, &'static str)>>,
    /// Whether this pass has learnt what the next one may go around.
    learnt: Cell<bool>,
    /// Keys and values that all passes looked at.
    visits: Cell<usize>,
}

impl Pass {
    /// Whether there is reason for another pass.
    pub(super) fn begin_next(&self) -> bool {
        self.learnt.replace(false) && !self.is_full() && self.visits.get() < MOST_VISITS
    }

    /// Counts a key or value that is looked at.
    pub(super) fn visit(&self) {
        self.visits.set(self.visits.get() + 1);
    }

    /// Whether enough was found.
    pub(super) fn is_full(&self) -> bool {
        self.found.borrow().len() >= MOST_PROBLEMS
    }

    pub(super) fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.found.into_inner().into_values().collect()
    }

    pub(super) fn is_bad(&self, node: &Node) -> bool {
        let reported = matches!(node.content, Content::Scalar { .. }) && !node.lost.is_empty();
        reported || self.bad.borrow().contains(&NodeId::of(node))
    }

    /// Remembers a key that the mapping `node` does not know, and which one is meant by it: that is
    /// not missing as well.
    pub(super) fn unknown(&self, node: &Node, entry: &Entry, known: &[&'static str]) {
        let id = NodeId::of(node);
        self.unknown.borrow_mut().insert((id, entry.key_span));
        if let Some(meant) = nearest(&entry.key, known.iter().copied())
            && let Some(meant) = known.iter().find(|known| **known == meant)
        {
            self.suggested.borrow_mut().insert((id, meant));
        }
    }

    /// Where keys of a mapping stand that it does not know.
    pub(super) fn unknown_in(&self, node: &Node) -> Vec<Span> {
        let id = NodeId::of(node);
        let unknown = self.unknown.borrow();
        let after = unknown.range((id, Span::default())..);
        after
            .take_while(|(of, _)| *of == id)
            .map(|(_, span)| *span)
            .collect()
    }

    /// Reports a problem, once.
    pub(super) fn report(&self, diagnostic: Diagnostic) {
        let mut found = self.found.borrow_mut();
        if found.len() < MOST_PROBLEMS {
            let span = diagnostic
                .labels
                .first()
                .map(|label| label.span)
                .unwrap_or_default();
            let key = (span, diagnostic.code, diagnostic.message.clone());
            found.entry(key).or_insert(diagnostic);
        }
    }

    /// Gives an error its place, if it has none: at `node`, whose mark is `span`.
    pub(super) fn place(&self, error: Error, node: &Node, span: Span) -> Error {
        match error {
            Error::Placed => {}
            Error::Missing(key) => {
                let written = node.entries().iter().any(|entry| entry.key == key);
                let suggested = self.suggested.borrow().contains(&(NodeId::of(node), key));
                if !written
                    && !suggested
                    && let Some(diagnostic) = error.diagnostic(node, span)
                {
                    self.report(diagnostic);
                }
                self.make_up(node, key);
            }
            // What is said of a collection without its bad parts may not be true with them.
            _ if node.children().any(|child| self.is_bad(child)) => self.avoid(node),
            _ => {
                if let Some(diagnostic) = error.diagnostic(node, span) {
                    self.report(diagnostic);
                }
                self.avoid(node);
            }
        }
        Error::Placed
    }

    fn avoid(&self, node: &Node) {
        if self.bad.borrow_mut().insert(NodeId::of(node)) {
            self.learnt.set(true);
        }
    }

    /// Makes up a value for a key, another one if that was tried; gives up on the mapping when
    /// nothing is left to try.
    pub(super) fn make_up(&self, node: &Node, key: &'static str) {
        let mut filled = self.filled.borrow_mut();
        let next = filled
            .get(&(NodeId::of(node), key))
            .map_or(0, |tried| tried + 1);
        filled.insert((NodeId::of(node), key), next);
        if next < MADE_UP.len() {
            self.learnt.set(true);
        } else {
            self.avoid(node);
        }
    }

    /// The keys of a mapping for which a value is made up.
    pub(super) fn made_up(&self, node: &Node) -> Vec<(&'static str, &'static str)> {
        let id = NodeId::of(node);
        self.filled
            .borrow()
            .iter()
            .filter(|((of, _), _)| *of == id)
            .filter_map(|((_, key), tried)| Some((*key, *MADE_UP.get(*tried)?)))
            .collect()
    }
}
