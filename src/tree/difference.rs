//! What a root has more and less than the one that it started from.

use std::collections::{BTreeMap, BTreeSet};

use super::entry::{Entry, Kind};
use super::merge::Tree;

/// In front of the name of what is gone (image-spec, [layer.md], "Whiteouts").
///
/// [layer.md]: https://github.com/opencontainers/image-spec/blob/v1.1.0/layer.md#whiteouts
const WHITEOUT: &[u8] = b".wh.";

impl Tree {
    /// The entries of a layer that makes this root of `base`, from which its first step started:
    /// what steps wrote (rank above 0), the directories on the way to that, and a
    /// [`Kind::Whiteout`] for each name that is gone.
    ///
    /// Directories on the way are there although nothing about them changed: who unpacks the
    /// layer alone, as overlays do, would otherwise invent their owners and modes.
    pub fn above(&self, base: &Tree) -> Tree {
        let mut entries: BTreeMap<&[u8], Entry> = BTreeMap::new();
        let mut ways: BTreeSet<&[u8]> = BTreeSet::from([&b""[..]]);
        for entry in self.iter().filter(|entry| entry.rank > 0) {
            ways.extend(folders(&entry.path));
            entries.insert(&entry.path, entry.clone());
        }
        let mut gone = Vec::new();
        for entry in base.iter().filter(|entry| !entry.path.is_empty()) {
            let above = folders(&entry.path).next().unwrap_or_default();
            let is_there = self.get(&entry.path).is_some();
            if is_there || !self.get(above).is_some_and(Entry::is_directory) {
                continue;
            }
            ways.insert(above);
            ways.extend(folders(above));
            gone.push(whiteout(entry));
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

fn whiteout(entry: &Entry) -> Entry {
    let name = entry.name();
    let folder = &entry.path[..entry.path.len() - name.len()];
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
