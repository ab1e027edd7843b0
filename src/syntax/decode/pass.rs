//! What passes over one document have found, and what the next one goes around.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use super::error::{Error, NodeId};
use super::node_deserializer::children;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::node::Node;

/// Most problems that are looked for in one document.
const MOST: usize = 100;
/// What stands in for required values: one of them is accepted by nearly every key.
const MADE_UP: [&str; 2] = ["a", "/"];

#[derive(Default)]
pub(super) struct Pass {
    found: RefCell<BTreeMap<(Span, Code, String), Diagnostic>>,
    bad: RefCell<BTreeSet<NodeId>>,
    /// Required keys that have no value, with the number of the text that is made up for each.
    filled: RefCell<BTreeMap<(NodeId, &'static str), usize>>,
    /// Whether this pass has learnt what the next one may go around.
    learnt: Cell<bool>,
}

impl Pass {
    /// Whether there is reason for another pass.
    pub(super) fn begin_next(&self) -> bool {
        self.learnt.replace(false) && !self.is_full()
    }

    /// Whether enough was found.
    pub(super) fn is_full(&self) -> bool {
        self.found.borrow().len() >= MOST
    }

    pub(super) fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.found.into_inner().into_values().collect()
    }

    pub(super) fn is_bad(&self, node: &Node) -> bool {
        self.bad.borrow().contains(&NodeId::of(node))
    }

    /// Reports a problem, once.
    pub(super) fn report(&self, diagnostic: Diagnostic) {
        let mut found = self.found.borrow_mut();
        if found.len() < MOST {
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
                if !written && let Some(diagnostic) = error.diagnostic(node, span) {
                    self.report(diagnostic);
                }
                self.make_up(node, key);
            }
            // What is said of a collection without its bad parts may not be true with them.
            _ if children(node).any(|child| self.is_bad(child)) => self.avoid(node),
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
