//! What a root has more and less than the one that its steps started from.

use std::collections::{BTreeMap, BTreeSet};

use super::entry::{Entry, Kind};
use super::merge::Tree;

/// In front of the name of what is gone (image-spec, [layer.md], "Whiteouts").
///
/// [layer.md]: https://github.com/opencontainers/image-spec/blob/v1.1.0/layer.md#whiteouts
const WHITEOUT: &[u8] = b".wh.";

impl Tree {
    /// The entries of a layer that makes this root of what change sets of rank 0 brought: what
    /// later ones wrote, the directories on the way to that, and a [`Kind::Whiteout`] for each name
    /// that is gone.
    ///
    /// Directories on the way are there although nothing about them changed: who unpacks the
    /// layer alone, as overlays do, would otherwise invent their owners and modes.
    pub fn above(&self) -> Tree {
        let mut entries: BTreeMap<&[u8], Entry> = BTreeMap::new();
        let mut ways: BTreeSet<&[u8]> = BTreeSet::from([&b""[..]]);
        for entry in self.iter().filter(|entry| entry.rank > 0) {
            ways.extend(folders(&entry.path));
            entries.insert(&entry.path, entry.clone());
        }
        let mut gone = Vec::new();
        for path in self.gone() {
            let above = folders(path).next().unwrap_or_default();
            let is_there = self.get(path).is_some();
            if is_there || !self.get(above).is_some_and(Entry::is_directory) {
                continue;
            }
            ways.insert(above);
            ways.extend(folders(above));
            gone.push(whiteout(path));
        }
        for path in ways {
            if let Some(entry) = self.get(path) {
                entries.entry(path).or_insert_with(|| entry.clone());
            }
        }
        entries.into_values().chain(gone).collect()
    }
}

/// The directories above a path, innermost first.
fn folders(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let slashes = path.iter().enumerate().rev();
    let slashes = slashes.filter(|(_, byte)| **byte == b'/');
    let ends = slashes.map(|(end, _)| end);
    let root = (!path.is_empty()).then_some(0);
    ends.chain(root).map(|end| &path[..end])
}

fn whiteout(path: &[u8]) -> Entry {
    let slash = path.iter().rposition(|&byte| byte == b'/');
    let (folder, name) = path.split_at(slash.map_or(0, |slash| slash + 1));
    Entry {
        path: [folder, WHITEOUT, name].concat().into(),
        kind: Kind::Whiteout,
        mode: 0,
        uid: 0,
        gid: 0,
        rank: 0,
        mtime: 0,
        xattrs: None,
    }
}
