//! A directory that appears complete or not at all.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::rootfs::Rootfs;

use super::failure::TransportError;

/// The directory inside the temporary one that is filled and published. One more, so that its own
/// owner, mode and times can be set like those of everything below it.
pub(super) const FILLED: &str = "root";

/// A temporary directory beside the one that it becomes.
///
/// It is locked (flock(2)) for as long as its writer lives, as temporary files are.
pub(super) struct StagedFolder {
    directory: TempDir,
    handle: File,
}

impl StagedFolder {
    /// Makes it in `directory`, under a name with `prefix`.
    pub(super) fn make(directory: &Path, prefix: &str) -> Result<Self, TransportError> {
        let failed = || TransportError::io("create a directory in", directory);
        // Without links, since no link is followed when it is removed.
        let made = fs::canonicalize(directory)
            .and_then(|directory| {
                tempfile::Builder::new()
                    .prefix(prefix)
                    .tempdir_in(directory)
            })
            .map_err(failed())?;
        let handle = File::open(made.path()).map_err(failed())?;
        match handle.try_lock() {
            Err(fs::TryLockError::Error(error)) if error.kind() != ErrorKind::Unsupported => {
                Err(failed()(error))
            }
            _ => Ok(Self {
                directory: made,
                handle,
            }),
        }
    }

    /// Opens it for filling [`FILLED`].
    pub(super) fn root(&self) -> Result<Rootfs, TransportError> {
        Rootfs::open(self.directory.path()).map_err(|source| TransportError::Root {
            path: self.directory.path().to_owned(),
            source,
        })
    }

    /// Brings everything to the disk and gives [`FILLED`] the name `to`, where nothing or an
    /// empty directory may be.
    pub(super) fn publish(&self, to: &Path) -> Result<(), TransportError> {
        rustix::fs::syncfs(&self.handle)
            .map_err(|errno| TransportError::io("write", to)(errno.into()))?;
        fs::rename(self.directory.path().join(FILLED), to).map_err(|error| match error.kind() {
            ErrorKind::DirectoryNotEmpty | ErrorKind::AlreadyExists => TransportError::NotEmpty {
                path: to.to_owned(),
            },
            _ => TransportError::io("write", to)(error),
        })?;
        let parent: PathBuf = self.directory.path().join("..");
        File::open(&parent)
            .and_then(|directory| directory.sync_all())
            .map_err(TransportError::io("write", parent))
    }
}

impl Drop for StagedFolder {
    /// Removes what was not published, however deep it is; [`TempDir`] would fail on names longer
    /// than the kernel takes, and on directories that their owner closed.
    fn drop(&mut self) {
        let path = self.directory.path();
        if let (Some(above), Some(name)) = (path.parent(), path.file_name()) {
            // What is left is removed by the next writer.
            let _ = Rootfs::open(above).and_then(|root| root.remove(name));
        }
    }
}
