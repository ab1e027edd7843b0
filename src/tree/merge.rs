//! A whole root, as change sets on top of one another.

use std::ops::Range;

use super::entry::{Entry, Kind};
use super::walk::Changes;

/// All entries of a root, sorted by the bytes of their paths. There is always a root entry, and
/// every other entry's parent is a directory in the tree.
///
/// An entry takes about 130 bytes with a path of usual length, so that a million of them fit in
/// less than two hundred megabytes.
#[derive(Debug, Clone)]
pub struct Tree {
    entries: Vec<Entry>,
    /// Names that change sets of rank 0 brought and later ones took away; some may be back.
    gone: Vec<Box<[u8]>>,
}

impl Tree {
    /// A root with nothing in it: mode 0755, owner 0:0.
    pub fn new() -> Self {
        Self::from_iter([Entry {
            path: Box::default(),
            kind: Kind::Directory,
            mode: 0o755,
            uid: 0,
            gid: 0,
            rank: 0,
            mtime: 0,
            xattrs: None,
        }])
    }

    /// Puts `changes` on top, as step number `rank`.
    ///
    /// Removals come first, then the new entries: a directory over a directory keeps the
    /// children, any other change of type removes what was below. A directory that a change set
    /// only lists, because something in it changed, keeps its rank. Ranks need not rise.
    pub fn apply(&mut self, changes: Changes, rank: u32) {
        let Changes {
            mut entries,
            removed,
            opaque,
            ..
        } = changes;
        let mut gone = Vec::new();
        for path in removed.iter().filter(|path| !path.is_empty()) {
            if let Ok(at) = self.find(path) {
                gone.push(at..at + 1);
            }
            gone.push(self.range_below(path));
        }
        gone.extend(opaque.iter().map(|path| self.range_below(path)));
        self.take_out(gone);

        let mut hidden = Vec::new();
        entries.retain_mut(|entry| {
            entry.rank = rank;
            let Ok(at) = self.find(&entry.path) else {
                return true;
            };
            match (self.entries[at].is_directory(), entry.is_directory()) {
                (true, true) if self.entries[at].same_metadata(entry) => return false,
                (true, false) => hidden.push(self.range_below(&entry.path)),
                _ => {}
            }
            std::mem::swap(&mut self.entries[at], entry);
            false
        });
        self.take_out(hidden);
        // Two sorted lists behind one another, which this sort takes for what they are. The longer
        // one, which may be nearly all of a root, stays where it is.
        if entries.len() > self.entries.len() {
            std::mem::swap(&mut self.entries, &mut entries);
        }
        self.entries.append(&mut entries);
        self.entries.sort_by(|one, other| one.path.cmp(&other.path));
    }

    /// Removes what is in the ranges, which may overlap.
    fn take_out(&mut self, mut ranges: Vec<Range<usize>>) {
        ranges.retain(|range| !range.is_empty());
        if ranges.is_empty() {
            return;
        }
        ranges.sort_by_key(|range| range.start);
        let mut ranges = ranges.into_iter().peekable();
        let mut at = 0;
        let gone = &mut self.gone;
        self.entries.retain_mut(|entry| {
            while ranges.next_if(|range| range.end <= at).is_some() {}
            let is_gone = ranges.peek().is_some_and(|range| range.contains(&at));
            at += 1;
            if is_gone && entry.rank == 0 {
                gone.push(std::mem::take(&mut entry.path));
            }
            !is_gone
        });
    }

    fn find(&self, path: &[u8]) -> Result<usize, usize> {
        self.entries
            .binary_search_by(|entry| (*entry.path).cmp(path))
    }

    /// Where everything below `path` is.
    fn range_below(&self, path: &[u8]) -> Range<usize> {
        if path.is_empty() {
            return 1.min(self.entries.len())..self.entries.len();
        }
        // `0` is the byte after `/`, and no path ends in a slash.
        let [from, to] = [b"/", b"0"].map(|end| [path, &end[..]].concat());
        let first = |bound: &[u8]| self.entries.partition_point(|entry| *entry.path < *bound);
        first(&from)..first(&to)
    }

    /// The entry with exactly this path; symbolic links are not followed.
    pub fn get(&self, path: &[u8]) -> Option<&Entry> {
        self.find(path).ok().map(|at| &self.entries[at])
    }

    /// Names of rank 0 that were taken away, in no order; there may be something else there now.
    pub(super) fn gone(&self) -> &[Box<[u8]>] {
        &self.gone
    }

    /// How many entries there are, with the root.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is nothing but the root.
    pub fn is_empty(&self) -> bool {
        self.len() <= 1
    }

    /// All entries, sorted by the bytes of their paths, the root first.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// Everything below `path`, at any depth, without `path` itself; sorted.
    pub fn below(&self, path: &[u8]) -> impl Iterator<Item = &Entry> + use<'_> {
        self.entries[self.range_below(path)].iter()
    }

    /// The entries of the directory `path`, sorted.
    pub fn children(&self, path: &[u8]) -> impl Iterator<Item = &Entry> + use<'_> {
        let below = &self.entries[self.range_below(path)];
        let length = if path.is_empty() { 0 } else { path.len() + 1 };
        let mut at = 0;
        std::iter::from_fn(move || {
            let found = below.get(at)?;
            at += 1;
            // Of siblings `a`, `a-`, the second lies between `a` and `a/…`: what follows `a`
            // may be a sibling or, later, something below one that was seen before.
            while let Some(next) = below.get(at)
                && let Some(slash) = next.path[length..].iter().position(|&b| b == b'/')
            {
                let past = [&next.path[..length + slash], b"0"].concat();
                at += below[at..].partition_point(|entry| *entry.path < *past);
            }
            Some(found)
        })
    }
}

impl FromIterator<Entry> for Tree {
    /// A tree of exactly these entries; of two with one path, the last.
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        let mut entries: Vec<Entry> = entries.into_iter().collect();
        entries.sort_by(|one, other| one.path.cmp(&other.path));
        entries.dedup_by(|later, kept| {
            let is_same = later.path == kept.path;
            if is_same {
                std::mem::swap(later, kept);
            }
            is_same
        });
        Self {
            entries,
            gone: Vec::new(),
        }
    }
}

impl Default for Tree {
    fn default() -> Self {
        Self::new()
    }
}
