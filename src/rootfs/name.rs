//! A path to edit, opened up to its last component without following any link.

use std::ffi::OsStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{Mode, OFlags, openat2};

use super::{NO_LINKS, Rootfs, RootfsError};

/// Paths are opened in pieces below this length, so that their own length has no limit.
const PIECE: usize = 2048;

/// A directory, and the name of an entry in it that may or may not exist.
pub(super) struct Name<'a> {
    parent: Parent<'a>,
    /// One component.
    pub(super) name: &'a OsStr,
}

enum Parent<'a> {
    Root(BorrowedFd<'a>),
    Opened(OwnedFd),
}

impl AsFd for Name<'_> {
    /// The directory.
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.parent {
            Parent::Root(fd) => fd.as_fd(),
            Parent::Opened(fd) => fd.as_fd(),
        }
    }
}

impl Name<'_> {
    /// A path to the entry for system calls that have no form with a descriptor and do not
    /// follow a link in the last component.
    pub(super) fn in_proc(&self) -> Vec<u8> {
        let mut path = format!(
            "/proc/self/fd/{}/",
            std::os::fd::AsRawFd::as_raw_fd(&self.as_fd())
        )
        .into_bytes();
        path.extend_from_slice(self.name.as_bytes());
        path
    }
}

/// The components of a path to edit.
fn components(path: &Path) -> Result<Vec<&[u8]>, RootfsError> {
    let wrong = |reason| RootfsError::Path {
        path: path.to_owned(),
        reason,
    };
    let bytes = path.as_os_str().as_bytes();
    if bytes.first() == Some(&b'/') {
        return Err(wrong("it is absolute"));
    }
    let mut components = Vec::new();
    for component in bytes.split(|byte| *byte == b'/') {
        match component {
            b"" | b"." => {}
            b".." => return Err(wrong("it leads upwards")),
            _ if component.len() > 255 => {
                return Err(wrong("a component is longer than 255 bytes"));
            }
            _ if component.contains(&0) => return Err(wrong("it contains a NUL byte")),
            _ => components.push(component),
        }
    }
    Ok(components)
}

impl Rootfs {
    /// Opens the directory of `path`.
    pub(super) fn name<'a>(
        &'a self,
        operation: &'static str,
        path: &'a Path,
    ) -> Result<Name<'a>, RootfsError> {
        let components = components(path)?;
        let Some((name, above)) = components.split_last() else {
            return Err(RootfsError::Path {
                path: path.to_owned(),
                reason: "it names the root itself",
            });
        };
        let mut parent = Parent::Root(self.directory.as_fd());
        let mut above = above;
        while !above.is_empty() {
            let mut length = 0;
            let count = above
                .iter()
                .take_while(|component| {
                    length += component.len() + 1;
                    length <= PIECE
                })
                .count();
            let (piece, rest) = above.split_at(count);
            let start = match &parent {
                Parent::Root(fd) => fd.as_fd(),
                Parent::Opened(fd) => fd.as_fd(),
            };
            let opened = openat2(
                start,
                piece.join(&b'/').as_slice(),
                OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
                Mode::empty(),
                NO_LINKS,
            )
            .map_err(|errno| RootfsError::io(operation, path, errno))?;
            parent = Parent::Opened(opened);
            above = rest;
        }
        Ok(Name {
            parent,
            name: OsStr::from_bytes(name),
        })
    }
}
