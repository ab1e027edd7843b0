//! A root directory handle; every path is resolved beneath it.
//!
//! What lies in a root file system is hostile: a link in it may point anywhere, a name may be a
//! pipe that blocks, a file may never end. A [`Rootfs`] holds the directory open and offers three
//! ways to work on it, both by descriptor (openat2(2)), never by joining strings:
//!
//! - **Reading** follows links as a process chrooted there would: an absolute target starts at
//!   the root, `..` stops there. Only regular files are read, up to a limit.
//! - **Editing** follows no link at all: a path through a link is an error. Paths are relative,
//!   without `..`, of any length.
//! - **Inputs** are named by paths of the host, whose links are the host's; they are opened where
//!   those lead, if that is in the directory, and nowhere else.
//!
//! It works for an ordinary user too: where only root may give a file away, the outcome
//! ([`Permission::Denied`]) is a value, and the caller notes the owner elsewhere.
//!
//! Nothing here expects the tree to change meanwhile, but nothing leaves the root if it does.

mod edit;
mod error;
mod metadata;
mod name;
mod read;
mod remove;
mod within;

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};

pub use edit::{Owner, Permission};
pub use error::RootfsError;
pub use metadata::{FileKind, Metadata};

/// An open root directory.
#[derive(Debug)]
pub struct Rootfs {
    directory: OwnedFd,
    path: PathBuf,
}

impl Rootfs {
    /// Opens the directory `path` of the host, which must not be a link itself.
    ///
    /// # Errors
    /// When it is missing, unreadable, or no directory.
    pub fn open(path: impl Into<PathBuf>) -> Result<Rootfs, RootfsError> {
        let path = path.into();
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::RDONLY;
        match rustix::fs::openat(CWD, &path, flags, Mode::empty()) {
            Ok(directory) => Ok(Rootfs { directory, path }),
            Err(errno) => Err(RootfsError::io("open", &path, errno)),
        }
    }

    /// Whether this process may give files away and open those that nobody may: root's own. To an
    /// ordinary user [`Permission::Granted`] only means that the file was to be the user's.
    pub fn is_privileged() -> bool {
        rustix::process::geteuid().is_root()
    }

    /// Where the root is on the host, as it was opened: for messages only.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// As a process chrooted in the root would see it; links of /proc lead nowhere.
const AS_CHROOTED: ResolveFlags = ResolveFlags::IN_ROOT.union(ResolveFlags::NO_MAGICLINKS);
/// Plain directories only, none above the start.
const NO_LINKS: ResolveFlags = ResolveFlags::BENEATH
    .union(ResolveFlags::NO_SYMLINKS)
    .union(ResolveFlags::NO_MAGICLINKS);
