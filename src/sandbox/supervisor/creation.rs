//! Whose a file is that a process is about to make.
//!
//! The kernel makes it, as it would have; pid 1 only sees that nothing is there yet, and notes the
//! owner the next time that anybody could look at the file, give it away or move it.

use std::collections::BTreeMap;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{FileType, Mode, OFlags, fstat, openat, readlinkat};
use rustix::io::Result;

use crate::tree::Recorded;

use super::call::Call;
use super::process::Process;
use super::{Place, Supervisor, descriptor, identity, place, place_below, record, takes_notes};

/// How many links to where there is nothing are followed.
const MOST_LINKS: usize = 40;
const SET_GROUP_ID: u32 = 0o2000;

const HANDLE: OFlags = OFlags::PATH.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// A call that makes a file, with its arguments.
#[derive(Debug, Clone, Copy)]
pub(super) struct Making {
    /// A directory of the process.
    pub(super) directory: i32,
    /// Where the path is in memory.
    pub(super) path: u64,
    /// Whether a link that leads nowhere has the file made where it leads.
    pub(super) follow: bool,
}

/// Places where files will be, and of whom, by the thread that is making one.
#[derive(Default)]
pub(super) struct Expected(BTreeMap<u32, (Place, (u32, u32))>);

impl Making {
    /// What `call` makes, if that is what it does.
    pub(super) fn of(call: Call, arguments: &[u64; 6]) -> Option<Making> {
        let (directory, path, follow) = match call {
            Call::Make {
                directory,
                path,
                follow,
            } => (directory, path, follow),
            Call::Mknod => (None, 0, false),
            Call::Mknodat => (Some(0), 1, false),
            _ => return None,
        };
        Some(Making {
            directory: directory.map_or(libc::AT_FDCWD, |number| descriptor(arguments[number])),
            path: arguments[path],
            follow,
        })
    }
}

impl Supervisor {
    /// Gets ready for a file that a process makes: of others than root its owner has to be noted.
    pub(super) fn prepare(&mut self, making: Making, process: Process<'_>) -> Result<()> {
        let person = self.accounts.of(process.thread);
        match (person.users.file, person.groups.file) {
            (0, 0) => self.displace(making, process),
            owner => self.expect(making, process, owner),
        }
    }

    /// Remembers that the process makes a file of `owner`, if it does.
    fn expect(&mut self, making: Making, process: Process<'_>, owner: (u32, u32)) -> Result<()> {
        let path = process.text(making.path)?;
        // A folder may be named with slashes at the end.
        let length = path.iter().rposition(|byte| *byte != b'/');
        let path = &path[..length.map_or(0, |last| last + 1)];
        let mut found = place(process, making.directory, path)?;
        for _ in 0..MOST_LINKS {
            let Ok(entry) = openat(&found.0, found.1.as_slice(), HANDLE, Mode::empty()) else {
                self.expected.0.insert(process.thread, (found, owner));
                return Ok(());
            };
            let kind = FileType::from_raw_mode(fstat(&entry)?.st_mode);
            if kind != FileType::Symlink || !making.follow {
                return Ok(());
            }
            let target = readlinkat(&entry, "", Vec::new())?.into_bytes();
            found = place_below(process, found.0.as_fd(), &target)?;
        }
        Ok(())
    }

    /// Notes the owners of files that have been made since. `asking` is done with what it was
    /// making.
    pub(super) fn settle(&mut self, asking: Option<u32>) {
        let expected = std::mem::take(&mut self.expected.0);
        for (thread, (place, owner)) in expected {
            let is_there = self.own_up(&place, owner).is_ok();
            if !is_there && asking.is_some_and(|asking| asking != thread) {
                self.expected.0.insert(thread, (place, owner));
            }
        }
    }

    /// Forgets what others were to make where this process makes something.
    fn displace(&mut self, making: Making, process: Process<'_>) -> Result<()> {
        if self.expected.0.is_empty() {
            return Ok(());
        }
        let path = process.text(making.path)?;
        let (parent, name) = place(process, making.directory, &path)?;
        let parent = identity(&fstat(&parent)?);
        self.expected.0.retain(|_, ((other, called), _)| {
            *called != name || fstat(other).is_ok_and(|stat| identity(&stat) != parent)
        });
        Ok(())
    }

    /// Notes the owner of what has been made; fails if nothing has.
    fn own_up(&mut self, (parent, name): &Place, (uid, gid): (u32, u32)) -> Result<()> {
        let entry: OwnedFd = openat(parent, name.as_slice(), HANDLE, Mode::empty())?;
        let stat = fstat(&entry)?;
        if self.noted(&entry, &stat).is_some() {
            return Ok(());
        }
        let above = fstat(parent)?;
        let gid = if above.st_mode & SET_GROUP_ID == 0 {
            gid
        } else {
            let noted = self.noted(parent, &above);
            noted.map_or(above.st_gid, |noted| noted.gid)
        };
        let note = Recorded {
            uid,
            gid,
            device: None,
        };
        if takes_notes(&stat) {
            // On a file system without notes nothing becomes part of the image.
            let _ = record(&entry, Some(note));
        } else {
            self.held
                .hold(identity(&stat), entry, note, &self.handles.eyes.proc);
        }
        Ok(())
    }
}
