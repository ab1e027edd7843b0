//! A whole root, as change sets on top of one another.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::ops::Bound;

use super::entry::{Entry, Kind};
use super::walk::Changes;

/// All entries of a root, sorted by the bytes of their paths. There is always a root entry, and
/// every other entry's parent is a directory in the tree.
///
/// An entry takes about 170 bytes with a path of usual length, so that a million of them fit in
/// a few hundred megabytes.
#[derive(Debug, Clone)]
pub struct Tree(BTreeSet<ByPath>);

/// An entry that stands for its path when entries are ordered.
#[derive(Debug, Clone)]
struct ByPath(Entry);

impl Tree {
    /// A root with nothing in it: mode 0755, owner 0:0.
    pub fn new() -> Self {
        Self(BTreeSet::from([ByPath(Entry {
            path: Box::default(),
            kind: Kind::Directory,
            mode: 0o755,
            uid: 0,
            gid: 0,
            rank: 0,
            mtime: 0,
            xattrs: None,
        })]))
    }

    /// Puts `changes` on top, as step number `rank`.
    ///
    /// Removals come first, then the new entries: a directory over a directory keeps the
    /// children, any other change of type removes what was below. A directory that a change set
    /// only lists, because something in it changed, keeps its rank. Ranks need not rise.
    pub fn apply(&mut self, changes: Changes, rank: u32) {
        for path in &changes.removed {
            self.remove(path);
        }
        for path in &changes.opaque {
            self.remove_below(path);
        }
        // Onto an empty root the sorted list is taken as it is.
        let (root, rest) = match changes.entries.split_first() {
            Some((root, _)) if root.path.is_empty() && self.0.len() == 1 => {
                let mut entries = changes.entries.into_iter();
                (entries.next(), entries)
            }
            _ => (None, changes.entries.into_iter()),
        };
        if let Some(root) = root {
            self.put(root, rank);
            let mut rest = rest.map(|entry| ByPath(Entry { rank, ..entry })).collect();
            self.0.append(&mut rest);
        } else {
            rest.for_each(|entry| self.put(entry, rank));
        }
    }

    fn put(&mut self, entry: Entry, rank: u32) {
        if let Some(old) = self.get(&entry.path) {
            match (old.is_directory(), entry.is_directory()) {
                (true, true) if old.same_metadata(&entry) => return,
                (true, false) => self.remove_below(&entry.path),
                _ => {}
            }
        }
        self.0.replace(ByPath(Entry { rank, ..entry }));
    }

    /// Removes `path` and all below it; the root itself stays.
    fn remove(&mut self, path: &[u8]) {
        if path.is_empty() {
            return;
        }
        if let Some(ByPath(entry)) = self.0.take(path)
            && entry.is_directory()
        {
            self.remove_below(path);
        }
    }

    fn remove_below(&mut self, path: &[u8]) {
        let below: Vec<Box<[u8]>> = self.below(path).map(|entry| entry.path.clone()).collect();
        for path in below {
            self.0.remove(&*path);
        }
    }

    /// The entry with exactly this path; symbolic links are not followed.
    pub fn get(&self, path: &[u8]) -> Option<&Entry> {
        self.0.get(path).map(|ByPath(entry)| entry)
    }

    /// How many entries there are, with the root.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is nothing but the root.
    pub fn is_empty(&self) -> bool {
        self.len() <= 1
    }

    /// All entries, sorted by the bytes of their paths, the root first.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.0.iter().map(|ByPath(entry)| entry)
    }

    /// Everything below `path`, at any depth, without `path` itself; sorted.
    pub fn below(&self, path: &[u8]) -> impl Iterator<Item = &Entry> + use<'_> {
        let bounds = if path.is_empty() {
            (Bound::Excluded(Vec::new()), Bound::Unbounded)
        } else {
            // `0` is the byte after `/`.
            let [from, to] = [b"/", b"0"].map(|end| [path, &end[..]].concat());
            (Bound::Excluded(from), Bound::Excluded(to))
        };
        self.range(bounds)
    }

    /// The entries of the directory `path`, sorted.
    pub fn children(&self, path: &[u8]) -> impl Iterator<Item = &Entry> + use<'_> {
        let prefix = if path.is_empty() {
            Vec::new()
        } else {
            [path, b"/"].concat()
        };
        let end = match path {
            b"" => Bound::Unbounded,
            _ => Bound::Excluded([path, b"0"].concat()),
        };
        let length = prefix.len();
        let mut next = self.range((Bound::Excluded(prefix), end.clone())).next();
        std::iter::from_fn(move || {
            let found = next?;
            // Of siblings `a`, `a-`, the second lies between `a` and `a/…`: what follows `a`
            // may be a sibling or, later, something below one that was seen before.
            let mut from = Bound::Excluded(found.path.to_vec());
            next = loop {
                let Some(candidate) = self.range((from, end.clone())).next() else {
                    break None;
                };
                let Some(slash) = candidate.path[length..].iter().position(|&b| b == b'/') else {
                    break Some(candidate);
                };
                let mut past = candidate.path[..length + slash].to_vec();
                past.push(b'0');
                from = Bound::Included(past);
            };
            Some(found)
        })
    }

    fn range(
        &self,
        bounds: (Bound<Vec<u8>>, Bound<Vec<u8>>),
    ) -> impl Iterator<Item = &Entry> + use<'_> {
        let bounds = (as_slice(&bounds.0), as_slice(&bounds.1));
        self.0.range::<[u8], _>(bounds).map(|ByPath(entry)| entry)
    }
}

fn as_slice(bound: &Bound<Vec<u8>>) -> Bound<&[u8]> {
    bound.as_ref().map(Vec::as_slice)
}

impl FromIterator<Entry> for Tree {
    /// A tree of exactly these entries.
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        Self(entries.into_iter().map(ByPath).collect())
    }
}

impl Default for Tree {
    fn default() -> Self {
        Self::new()
    }
}

impl Borrow<[u8]> for ByPath {
    fn borrow(&self) -> &[u8] {
        &self.0.path
    }
}

impl PartialEq for ByPath {
    fn eq(&self, other: &Self) -> bool {
        self.0.path == other.0.path
    }
}

impl Eq for ByPath {}

impl PartialOrd for ByPath {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ByPath {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.path.cmp(&other.0.path)
    }
}
