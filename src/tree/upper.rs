//! The directory that holds one change set.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{self, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use super::display;
use super::failure::TreeError;

/// Longest string handed to the kernel in one call (`PATH_MAX` is 4096, with the final NUL).
const LONGEST_STRING: usize = 4000;

/// How often an open is repeated that the kernel gave up because of an unrelated rename.
const ATTEMPTS: usize = 16;

/// An open upper directory. All that is read from a change set is opened beneath it, and no
/// symbolic link is followed on the way.
#[derive(Debug)]
pub struct Upper {
    directory: OwnedFd,
    path: PathBuf,
    identity: Option<Box<str>>,
}

impl Upper {
    /// Opens the directory at `path`, which is trusted, unlike what is in it.
    pub fn open(path: impl Into<PathBuf>) -> Result<Arc<Self>, TreeError> {
        Self::open_as(path.into(), None)
    }

    /// As [`Upper::open`], for a directory in which nothing is ever changed, and whose `identity`
    /// no other one has or will have.
    ///
    /// # Errors
    /// As for that.
    pub fn open_known(path: impl Into<PathBuf>, identity: &str) -> Result<Arc<Self>, TreeError> {
        Self::open_as(path.into(), Some(identity.into()))
    }

    fn open_as(path: PathBuf, identity: Option<Box<str>>) -> Result<Arc<Self>, TreeError> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        match fs::open(&path, flags, Mode::empty()) {
            Ok(directory) => Ok(Arc::new(Self {
                directory,
                path,
                identity,
            })),
            Err(errno) => Err(TreeError::Io {
                action: "open",
                path: display(b"").to_string(),
                upper: path.display().to_string(),
                source: errno.into(),
            }),
        }
    }

    /// Takes an open directory; `path` only names it in messages.
    pub fn from_descriptor(directory: OwnedFd, path: impl Into<PathBuf>) -> Arc<Self> {
        Arc::new(Self {
            directory,
            path: path.into(),
            identity: None,
        })
    }

    /// What tells it from all others, if nothing in it is ever changed.
    pub fn identity(&self) -> Option<&str> {
        self.identity.as_deref()
    }

    /// Where the directory was when it was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the directory `path` for listing; `start` is an open directory on the way to it, if
    /// one is at hand, with the length of its path.
    pub(super) fn open_directory(
        &self,
        path: &[u8],
        start: Option<(&OwnedFd, usize)>,
    ) -> Result<OwnedFd, TreeError> {
        let (directory, length) = start.unwrap_or((&self.directory, 0));
        let rest = &path[length..];
        let rest = rest.strip_prefix(b"/").unwrap_or(rest);
        open_beneath(directory, rest, OFlags::RDONLY | OFlags::DIRECTORY)
            .map_err(|errno| self.failed("open", path, errno))
    }

    /// Opens the file `path` for reading; never waits for a peer, should it have become a fifo.
    pub(super) fn open_file(&self, path: &[u8]) -> Result<File, TreeError> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
        match open_beneath(&self.directory, path, flags) {
            Ok(file) => Ok(File::from(file)),
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => Err(self.changed(path)),
            Err(errno) => Err(self.failed("open", path, errno)),
        }
    }

    pub(super) fn failed(
        &self,
        action: &'static str,
        path: &[u8],
        source: impl Into<io::Error>,
    ) -> TreeError {
        TreeError::Io {
            action,
            path: display(path).to_string(),
            upper: self.path.display().to_string(),
            source: source.into(),
        }
    }

    pub(super) fn changed(&self, path: &[u8]) -> TreeError {
        TreeError::Changed {
            path: display(path).to_string(),
            upper: self.path.display().to_string(),
        }
    }
}

/// A path longer than the kernel takes is walked in pieces.
fn open_beneath(directory: &OwnedFd, path: &[u8], flags: OFlags) -> Result<OwnedFd, Errno> {
    let mut rest = path;
    let mut held: Option<OwnedFd> = None;
    while rest.len() > LONGEST_STRING {
        let cut = rest[..LONGEST_STRING]
            .iter()
            .rposition(|&byte| byte == b'/')
            .ok_or(Errno::NAMETOOLONG)?;
        let flags = OFlags::PATH | OFlags::DIRECTORY;
        let directory = held.as_ref().unwrap_or(directory);
        held = Some(open_at(directory, &rest[..cut], flags)?);
        rest = &rest[cut + 1..];
    }
    let name = if rest.is_empty() { b"." } else { rest };
    open_at(held.as_ref().unwrap_or(directory), name, flags)
}

fn open_at(directory: impl AsFd, path: &[u8], flags: OFlags) -> Result<OwnedFd, Errno> {
    let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let mut attempts = 0;
    loop {
        match fs::openat2(&directory, path, flags, Mode::empty(), resolve) {
            Err(Errno::AGAIN | Errno::INTR) if attempts < ATTEMPTS => attempts += 1,
            result => return result,
        }
    }
}
