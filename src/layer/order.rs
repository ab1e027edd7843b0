//! In which order entries stand in the layer, and which names are hard links.

use std::collections::HashMap;

use crate::tree::{Entry, Kind, Tree, display};

use super::failure::LayerError;

/// One entry of the archive.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item<'t> {
    pub(super) entry: &'t Entry,
    /// The earlier name of the same file, if there is one.
    pub(super) link_to: Option<&'t Entry>,
}

impl Item<'_> {
    /// Bytes of content that follow the header.
    pub(super) fn size(&self) -> u64 {
        match self.entry.kind {
            Kind::File { size, .. } if self.link_to.is_none() => size,
            _ => 0,
        }
    }
}

/// Sorts by step and path. Of the names of one file the first holds the content and the others
/// link to it, since a link's target must precede it.
pub(super) fn order(tree: &Tree) -> Result<Vec<Item<'_>>, LayerError> {
    let mut entries: Vec<&Entry> = tree.iter().collect();
    // The tree is sorted by path already, and the sort is stable.
    entries.sort_by_key(|entry| entry.rank);
    let mut first_names = HashMap::new();
    entries
        .into_iter()
        .map(|entry| {
            let is_removal = matches!(entry.kind, Kind::Whiteout);
            if entry.name().starts_with(b".wh.") && !is_removal {
                let path = display(&entry.path).to_string();
                return Err(LayerError::WhiteoutName { path });
            }
            let identity = match &entry.kind {
                Kind::File { content, .. } => content.link_identity(),
                _ => None,
            };
            let first = identity.map_or(entry, |id| first_names.entry(id).or_insert(entry));
            let link_to = (first.path != entry.path).then_some(first);
            Ok(Item { entry, link_to })
        })
        .collect()
}
