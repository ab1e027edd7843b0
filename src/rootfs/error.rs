//! What can fail in a root directory.

use std::io;
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use thiserror::Error;

/// Work on a root directory failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RootfsError {
    /// A system call failed.
    #[error("cannot {operation} `{}`", path.display())]
    Io {
        /// What was tried.
        operation: &'static str,
        /// Beneath the root, unless the root itself could not be opened.
        path: PathBuf,
        /// What the kernel said. `ELOOP` or `EXDEV` while editing: the path leads through a link
        /// or out of the root.
        source: io::Error,
    },
    /// The path to edit is absolute, leads upwards, or has an impossible component.
    #[error("cannot use the path `{}`: {reason}", path.display())]
    Path {
        /// As it was given.
        path: PathBuf,
        /// Why not.
        reason: &'static str,
    },
    /// What should be read is no regular file.
    #[error("cannot read `{}`: it is no regular file", path.display())]
    NotRegular {
        /// Beneath the root.
        path: PathBuf,
    },
    /// A file is larger than its reader expects.
    #[error("cannot read `{}`: it is larger than {limit} bytes", path.display())]
    TooLarge {
        /// Beneath the root.
        path: PathBuf,
        /// The greatest size that would have been read.
        limit: u64,
    },
}

impl RootfsError {
    pub(super) fn io(operation: &'static str, path: &Path, source: impl Into<io::Error>) -> Self {
        RootfsError::Io {
            operation,
            path: path.to_owned(),
            source: source.into(),
        }
    }

    /// Whether the disk would not take more, whatever was written.
    pub fn is_disk_full(&self) -> bool {
        use io::ErrorKind::{QuotaExceeded, ReadOnlyFilesystem, StorageFull};
        let full = [QuotaExceeded, ReadOnlyFilesystem, StorageFull];
        matches!(self, RootfsError::Io { source, .. } if full.contains(&source.kind()))
    }

    /// Whether the path does not lead to where it was asked for: it is gone, or goes through what is
    /// a link or no directory.
    pub fn is_other_place(&self) -> bool {
        let RootfsError::Io { source, .. } = self else {
            return false;
        };
        let here = [Errno::NOENT, Errno::NOTDIR, Errno::LOOP, Errno::XDEV];
        let errno = Errno::from_io_error(source);
        errno.is_some_and(|errno| here.contains(&errno))
    }

    /// Whether the cause is that there is no such file or directory.
    pub fn is_not_found(&self) -> bool {
        matches!(self, RootfsError::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }
}
