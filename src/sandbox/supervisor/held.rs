//! Links and pipes of which something was noted: they have no room for a note.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, CWD, fstat, readlinkat, statat};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde::{Deserialize, Serialize};

use crate::tree::Recorded;

use super::{identity, own};

/// A link or pipe whose owner could only be recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owned {
    /// Where it is in the root of the sandbox when the command has ended; absolute.
    pub path: Vec<u8>,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
}

/// Descriptors that are needed for all else.
const SPARE: u64 = 128;
/// No more handles than this, even if the system would let: memory of the kernel's.
const MOST: u64 = 100_000;

/// By device and inode.
pub(super) struct Held {
    entries: BTreeMap<(u64, u64), (Place, Recorded)>,
    /// How many handles there may be.
    room: usize,
}

enum Place {
    /// Found wherever it is moved.
    Handle(OwnedFd),
    /// Where it was: when there are too many to hold them all. Package managers move what they
    /// install right after they have given it away, a few at a time; who gives away thousands of
    /// links, as `chown -R` does, leaves them where they are.
    Path(Vec<u8>),
}

impl Held {
    /// Raises this process's limit of open files as far as it may.
    pub(super) fn new() -> Held {
        let limit = getrlimit(Resource::Nofile);
        let most = limit.maximum.unwrap_or(MOST).min(MOST + SPARE);
        let current = limit.current.unwrap_or(most).max(most);
        let raised = Rlimit {
            current: Some(current),
            maximum: limit.maximum,
        };
        let room = match setrlimit(Resource::Nofile, raised) {
            Ok(()) => most,
            Err(_) => limit.current.unwrap_or(most),
        };
        Held {
            entries: BTreeMap::new(),
            room: usize::try_from(room.saturating_sub(SPARE)).unwrap_or(0),
        }
    }

    /// What was noted.
    pub(super) fn get(&self, identity: (u64, u64)) -> Option<Recorded> {
        self.entries.get(&identity).map(|(_, noted)| *noted)
    }

    /// Notes something of an entry.
    pub(super) fn hold(
        &mut self,
        identity: (u64, u64),
        entry: OwnedFd,
        note: Recorded,
        proc: &OwnedFd,
    ) {
        let place = if self.entries.len() < self.room {
            Place::Handle(entry)
        } else {
            match path_of(&entry, proc) {
                Some(path) => Place::Path(path),
                None => return,
            }
        };
        self.entries.insert(identity, (place, note));
    }

    /// The disk says it now.
    pub(super) fn forget(&mut self, identity: (u64, u64)) {
        self.entries.remove(&identity);
    }

    /// Where everything is.
    pub(super) fn finish(self, proc: &OwnedFd) -> Vec<Owned> {
        let places = self.entries.into_iter();
        let mut owned: Vec<Owned> = places
            .filter_map(|(known, (place, Recorded { uid, gid, .. }))| {
                let path = match place {
                    Place::Handle(entry) => path_of(&entry, proc)?,
                    Place::Path(path) => {
                        let flags = AtFlags::SYMLINK_NOFOLLOW;
                        let stat = statat(CWD, path.as_slice(), flags).ok()?;
                        (identity(&stat) == known).then_some(path)?
                    }
                };
                Some(Owned { path, uid, gid })
            })
            .collect();
        owned.sort_by(|a, b| a.path.cmp(&b.path));
        owned
    }
}

/// The path of an entry from this process's root, if it has one.
fn path_of(entry: &OwnedFd, proc: &OwnedFd) -> Option<Vec<u8>> {
    let path = readlinkat(proc, own(entry), Vec::new()).ok()?.into_bytes();
    // "/a/b (deleted)", or something that was never in the root.
    let is_there = path.starts_with(b"/")
        && fstat(entry).is_ok_and(|stat| stat.st_nlink > 0)
        && !path.ends_with(b" (deleted)");
    is_there.then_some(path)
}
