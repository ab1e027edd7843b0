//! What the passes went around, told to the document.

use std::sync::Arc;

use super::pass::Pass;
use crate::source::Span;
use crate::syntax::node::{Content, Entry, Node};

/// A node without the items that are bad, in which everything else that is bad or made up is
/// marked as lost; `None` if nothing in it is.
pub(super) fn without(node: &Arc<Node>, pass: &Pass) -> Option<Arc<Node>> {
    let mut lost: Vec<Span> = Vec::new();
    if pass.is_bad(node) || !pass.made_up(node).is_empty() {
        lost.push(node.span);
    }
    // Under another name its value would have been read.
    lost.extend(pass.unknown_in(node));
    let mut changed = !lost.is_empty();
    let content = match &node.content {
        Content::Scalar { text, kind } => Content::Scalar {
            text: text.clone(),
            kind: *kind,
        },
        Content::List(items) => {
            let (bad, good): (Vec<_>, Vec<_>) = items.iter().partition(|item| pass.is_bad(item));
            changed |= !bad.is_empty();
            lost.extend(bad.iter().map(|item| item.span));
            Content::List(
                good.into_iter()
                    .map(|item| below(item, pass, &mut changed))
                    .collect(),
            )
        }
        Content::Mapping(entries) => Content::Mapping(
            entries
                .iter()
                .map(|entry| Entry {
                    value: below(&entry.value, pass, &mut changed),
                    ..entry.clone()
                })
                .collect(),
        ),
    };
    changed.then(|| Node::with_losses(node.span, content, lost))
}

fn below(node: &Arc<Node>, pass: &Pass, changed: &mut bool) -> Arc<Node> {
    match without(node, pass) {
        Some(other) => {
            *changed = true;
            other
        }
        None => Arc::clone(node),
    }
}
