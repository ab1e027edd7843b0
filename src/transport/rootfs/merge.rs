//! What is left of layers that are put on top of one another, found before anything is written.
//!
//! Layers are read twice: for their headers alone, from which it follows which entries are left
//! and under which names, and then for the content of those. A directory and a tar are thereby
//! made of the same root, and memory is taken for entries, not for what is in them.
//!
//! Names mean what they mean in a base: links on the way are followed inside the root, removals
//! take away what lower layers brought.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{self, Read};
use std::ops::Bound;
use std::path::Path;

use crate::layer::Layer;
use crate::tar::{
    EntryProblem, Fault, LONGEST_LINK, Member, MemberKind, Removal, Tape, long_parts,
};

use crate::transport::blob::Blobs;
use crate::transport::failure::TransportError;
use crate::transport::plain_layer::PlainLayer;
use crate::transport::watch::Watch;

use super::entry_error::EntryError;
use super::traits::Traits;

/// As many links as Linux follows (path_resolution(7)).
const MOST_LINKS: usize = 40;
/// What an image may hold: entries, with the directories that are only part of a name; headers of a
/// layer; bytes of all that is kept in memory of names, links and attributes; bytes in holes, which
/// a tar has as zeros.
const MOST_ENTRIES: u64 = 4_000_000;
const MOST_HEADERS: u64 = 10_000_000;
const MOST_NAME_BYTES: u64 = 256 << 20;
const MOST_IN_HOLES: u64 = 64 << 30;
/// The largest numbers of a device (makedev(3): 12 and 20 bits).
const LARGEST_MAJOR: u32 = 0xfff;
const LARGEST_MINOR: u32 = 0xf_ffff;

/// An entry's place: number of the layer, and of the entry in it.
type Position = (usize, u64);
type Directories = BTreeMap<Vec<u8>, Traits>;
type Files = BTreeMap<Position, Vec<Vec<u8>>>;

/// The layers of an image, where they are read, and where they go.
#[derive(Clone, Copy)]
pub(super) struct Layers<'a> {
    pub(super) layers: &'a [Layer],
    pub(super) blobs: &'a Blobs,
    pub(super) watch: &'a Watch<'a>,
    /// What is written, for messages.
    pub(super) path: &'a Path,
}

/// The root that layers make. Paths are relative and free of links.
pub(super) struct Merged<'a> {
    from: Layers<'a>,
    /// Those above come first; the root itself is the empty path.
    pub(super) directories: Directories,
    /// The names of everything else, sorted; several where an entry has hard links.
    files: Files,
}

impl<'a> Merged<'a> {
    /// Reads all layers once, and makes sure that they are what the image says.
    pub(super) fn of(from: Layers<'a>) -> Result<Self, TransportError> {
        let mut merging = Merging::new();
        for index in 0..from.layers.len() {
            merging.cleared.clear();
            merging.layer = index;
            from.read(index, |position, member, _| {
                Ok(merging.member(member, (index, position))?)
            })?;
        }
        let (directories, files) = merging.finish();
        Ok(Self {
            from,
            directories,
            files,
        })
    }

    /// Gives everything but directories to `act`, in the order of the layers: the entry, all names
    /// that it is left under, and its content.
    pub(super) fn each(
        &self,
        mut act: impl FnMut(&Member, &[Vec<u8>], &mut dyn Read) -> Result<(), EntryError>,
    ) -> Result<(), TransportError> {
        for index in 0..self.from.layers.len() {
            let here = (index, 0)..(index + 1, 0);
            if self.files.range(here).next().is_none() {
                continue;
            }
            self.from.read(index, |position, member, content| {
                match self.files.get(&(index, position)) {
                    Some(names) => act(member, names, content),
                    None => Ok(()),
                }
            })?;
        }
        Ok(())
    }
}

impl Layers<'_> {
    /// Gives every entry of a layer to `act`.
    fn read(
        &self,
        index: usize,
        mut act: impl FnMut(u64, &Member, &mut dyn Read) -> Result<(), EntryError>,
    ) -> Result<(), TransportError> {
        let layer = &self.layers[index];
        let diff_id = layer.diff_id;
        let mut plain = PlainLayer::open(layer, self.blobs, self.watch)?;
        let mut tape = Tape::new(&mut plain, MOST_HEADERS).with_long_extensions();
        let mut position = 0;
        loop {
            self.watch.check()?;
            let member = match tape.next() {
                Ok(Some(member)) => member,
                Ok(None) => break,
                Err(fault) => return Err(self.fault(fault, index)),
            };
            act(position, &member, &mut tape)
                .map_err(|error| error.of(self.path, diff_id, &member.name))?;
            position += 1;
        }
        plain.finish()
    }

    fn fault(&self, fault: Fault, index: usize) -> TransportError {
        let diff_id = self.layers[index].diff_id;
        let damaged = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what);
        let source = match fault {
            Fault::Entry(name, problem) => {
                return EntryError::Problem(problem).of(self.path, diff_id, &name);
            }
            Fault::Read(source) => source,
            Fault::NoTar => damaged("it is no tar"),
            Fault::TooMany => damaged("it has more entries than any layer"),
        };
        TransportError::ReadLayer { diff_id, source }
    }
}

/// A name in the root so far.
struct Name {
    /// The layer that last wrote it, or something below it.
    layer: usize,
    node: Node,
}

enum Node {
    Directory(Traits),
    /// Anything else, by number: several names may have the same.
    Other(usize),
}

/// What names stand for, if not for a directory.
struct Inode {
    position: Position,
    /// The text of a symbolic link.
    link: Option<Vec<u8>>,
}

struct Merging {
    names: BTreeMap<Vec<u8>, Name>,
    inodes: Vec<Inode>,
    layer: usize,
    /// What the present layer has cleared already: nothing older can come back.
    cleared: BTreeSet<(Vec<u8>, bool)>,
    entries: u64,
    name_bytes: u64,
    holes: u64,
}

impl Merging {
    fn new() -> Self {
        let mut merging = Self {
            names: BTreeMap::new(),
            inodes: Vec::new(),
            layer: 0,
            cleared: BTreeSet::new(),
            entries: 0,
            name_bytes: 0,
            holes: 0,
        };
        merging.put(Vec::new(), Node::Directory(Traits::implied()));
        merging
    }

    fn finish(self) -> (Directories, Files) {
        let mut directories = Directories::new();
        let mut files = Files::new();
        for (path, name) in self.names {
            match name.node {
                Node::Directory(traits) => {
                    directories.insert(path, traits);
                }
                Node::Other(inode) => {
                    let position = self.inodes[inode].position;
                    files.entry(position).or_default().push(path);
                }
            }
        }
        (directories, files)
    }

    fn member(&mut self, member: &Member, position: Position) -> Result<(), EntryProblem> {
        let parts = long_parts(&member.name)?;
        match Removal::of(&parts)? {
            Removal::None => {}
            Removal::Metadata => return Ok(()),
            Removal::Opaque { folder } => {
                let path = self.resolve(folder, true)?;
                self.remove(path, false);
                return Ok(());
            }
            Removal::Name { folder, name } => {
                let path = self.resolve(&[folder, &[name]].concat(), false)?;
                self.remove(path, true);
                return Ok(());
            }
        }
        let traits = Traits::of(member)?;
        let is_directory = member.kind == MemberKind::Directory;
        if parts.is_empty() && !is_directory {
            return Err(EntryProblem::Top);
        }
        let path = self.resolve(&parts, false)?;
        self.parents(&path)?;
        let link = match &member.kind {
            MemberKind::Directory => {
                if !self.is_directory(&path) {
                    self.clear(&path);
                }
                return self.insert(path, Node::Directory(traits));
            }
            MemberKind::HardLink { target } => return self.hard_link(target, path),
            MemberKind::Symlink { target } => {
                if target.is_empty() || target.len() > LONGEST_LINK || target.contains(&0) {
                    return Err(EntryProblem::LinkText);
                }
                Some(target.clone())
            }
            MemberKind::File { size, parts } => {
                if let Some(parts) = parts {
                    let stored: u64 = parts.iter().map(|part| part.length).sum();
                    self.holes = self.holes.saturating_add(size - stored);
                }
                if self.holes > MOST_IN_HOLES {
                    return Err(EntryProblem::TooMuch {
                        what: "bytes in holes",
                        most: MOST_IN_HOLES,
                    });
                }
                None
            }
            MemberKind::Device { number: None, .. } => {
                return Err(EntryProblem::Header("no device number"));
            }
            MemberKind::Device {
                number: Some((major, minor)),
                ..
            } if *major > LARGEST_MAJOR || *minor > LARGEST_MINOR => {
                return Err(EntryProblem::Header("a device number that Linux has not"));
            }
            MemberKind::Device { .. } | MemberKind::Fifo => None,
        };
        self.clear(&path);
        self.inodes.push(Inode { position, link });
        self.insert(path, Node::Other(self.inodes.len() - 1))
    }

    /// The file may be of any layer.
    fn hard_link(&mut self, target: &[u8], path: Vec<u8>) -> Result<(), EntryProblem> {
        let missing = || EntryProblem::HardLink {
            target: target.escape_ascii().to_string(),
        };
        let parts = long_parts(target).map_err(|_| missing())?;
        let existing = self.resolve(&parts, false)?;
        let Some(Node::Other(inode)) = self.names.get(&existing).map(|name| &name.node) else {
            return Err(missing());
        };
        let inode = *inode;
        let inside = existing.strip_prefix(path.as_slice());
        if inside.is_some_and(|rest| rest.first() == Some(&b'/')) {
            // It would be removed before it could be linked.
            return Err(missing());
        }
        self.clear(&path);
        self.insert(path, Node::Other(inode))
    }

    /// The place of a name, all links on the way followed in the root; what does not exist is taken
    /// as it is written.
    fn resolve(&self, parts: &[&[u8]], follow_last: bool) -> Result<Vec<u8>, EntryProblem> {
        let mut rest: VecDeque<&[u8]> = parts.iter().copied().collect();
        let mut at: Vec<u8> = Vec::new();
        let mut followed = 0;
        while let Some(part) = rest.pop_front() {
            let parent = at.len();
            match part {
                b"" | b"." => continue,
                b".." => {
                    let above = at.iter().rposition(|byte| *byte == b'/');
                    at.truncate(above.unwrap_or(0));
                    continue;
                }
                part => join(&mut at, part),
            }
            let Some(target) = self.link(&at) else {
                continue;
            };
            if !follow_last && rest.is_empty() {
                continue;
            }
            followed += 1;
            if followed > MOST_LINKS {
                return Err(EntryProblem::Loop);
            }
            at.truncate(if target.starts_with(b"/") { 0 } else { parent });
            for part in target.split(|byte| *byte == b'/').rev() {
                rest.push_front(part);
            }
        }
        Ok(at)
    }

    fn link(&self, path: &[u8]) -> Option<&[u8]> {
        match self.names.get(path)?.node {
            Node::Directory(_) => None,
            Node::Other(inode) => self.inodes[inode].link.as_deref(),
        }
    }

    fn is_directory(&self, path: &[u8]) -> bool {
        let found = self.names.get(path).map(|name| &name.node);
        matches!(found, Some(Node::Directory(_)))
    }

    /// Counts a name with what is kept of it, and puts it there.
    fn insert(&mut self, path: Vec<u8>, node: Node) -> Result<(), EntryProblem> {
        let kept = match &node {
            Node::Directory(traits) => {
                let lengths = traits
                    .xattrs
                    .iter()
                    .map(|(name, value)| name.len() + value.len());
                lengths.sum()
            }
            Node::Other(inode) => self.inodes[*inode].link.as_ref().map_or(0, Vec::len),
        };
        self.entries += 1;
        self.name_bytes += (path.len() + kept) as u64;
        for (what, found, most) in [
            ("entries", self.entries, MOST_ENTRIES),
            (
                "bytes of names and attributes",
                self.name_bytes,
                MOST_NAME_BYTES,
            ),
        ] {
            if found > most {
                return Err(EntryProblem::TooMuch { what, most });
            }
        }
        self.put(path, node);
        Ok(())
    }

    fn put(&mut self, path: Vec<u8>, node: Node) {
        let layer = self.layer;
        self.names.insert(path, Name { layer, node });
    }

    /// Makes the directories above `path` that no layer lists, and marks them as used by this one.
    fn parents(&mut self, path: &[u8]) -> Result<(), EntryProblem> {
        let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
        for end in slashes.map(|(end, _)| end) {
            match self.names.get_mut(&path[..end]) {
                Some(name) => match name.node {
                    Node::Directory(_) => name.layer = self.layer,
                    Node::Other(_) => return Err(EntryProblem::NotAFolder),
                },
                None => {
                    let implied = Node::Directory(Traits::implied());
                    self.insert(path[..end].to_vec(), implied)?;
                }
            }
        }
        Ok(())
    }

    /// Removes what lower layers have below `path`, and with `itself` there.
    fn remove(&mut self, path: Vec<u8>, itself: bool) {
        if self.cleared.insert((path.clone(), itself)) {
            self.remove_before(&path, itself, self.layer);
        }
    }

    /// Removes what is at `path` with all below, whatever layer brought it.
    fn clear(&mut self, path: &[u8]) {
        self.remove_before(path, true, usize::MAX);
    }

    fn remove_before(&mut self, path: &[u8], itself: bool, layer: usize) {
        let (from, to): (Vec<u8>, Bound<Vec<u8>>) = match path {
            b"" => (Vec::new(), Bound::Unbounded),
            // `0` is the byte after `/`.
            _ => (
                [path, b"/"].concat(),
                Bound::Excluded([path, b"0"].concat()),
            ),
        };
        let below = self.names.range((Bound::Excluded(from), to));
        let own = self.names.get_key_value(path).filter(|_| itself);
        let gone: Vec<Vec<u8>> = (below.chain(own))
            .filter(|(_, name)| name.layer < layer)
            .map(|(path, _)| path.clone())
            .collect();
        for path in gone {
            self.names.remove(&path);
        }
    }
}

fn join(at: &mut Vec<u8>, part: &[u8]) {
    if !at.is_empty() {
        at.push(b'/');
    }
    at.extend_from_slice(part);
}
