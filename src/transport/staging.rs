//! Files that appear complete or not at all.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use tempfile::NamedTempFile;

use crate::digest::Digest;
use crate::rootfs::Rootfs;

use super::failure::TransportError;
use super::staged_folder::StagedFolder;

/// A directory in which files are written under temporary names.
///
/// A temporary file is locked (flock(2)) for as long as its writer lives, so that the next writer
/// can tell one in use from one that a killed writer left behind.
pub(super) struct Staging {
    directory: PathBuf,
    handle: File,
    prefix: String,
}

/// Which part of a path names what is written, and where that stands.
pub(super) struct Target<'a> {
    directory: &'a Path,
    name: &'a OsStr,
}

/// Keeps other writers out of a directory until dropped.
pub(super) struct Lock<'a>(&'a File);

impl Drop for Lock<'_> {
    fn drop(&mut self) {
        // Closing the descriptor would do as well; nothing can be done about a failure.
        let _ = self.0.unlock();
    }
}

impl Staging {
    /// Opens `directory` and removes what killed writers left under names with `prefix`.
    pub(super) fn open(directory: &Path, prefix: String) -> Result<Self, TransportError> {
        let handle = OpenOptions::new()
            .read(true)
            .custom_flags(OFlags::DIRECTORY.bits().cast_signed())
            .open(directory)
            .map_err(TransportError::io("open", directory))?;
        let staging = Self {
            directory: directory.to_owned(),
            handle,
            prefix,
        };
        staging.clean()?;
        Ok(staging)
    }

    /// Makes the directory that `path` is in and opens it for writing the file `path`, which may
    /// be there already.
    ///
    /// # Errors
    /// When something else than a regular file is there: it would be lost, or would lead the
    /// writer elsewhere.
    pub(super) fn beside(path: &Path) -> Result<Self, TransportError> {
        match fs::symlink_metadata(path) {
            Ok(found) if !found.is_file() => {
                return Err(TransportError::Kind {
                    path: path.to_owned(),
                    expected: "a regular file, so it is not replaced",
                });
            }
            _ => {}
        }
        Target::of(path, "the name of a file")?.stage()
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Waits for other writers.
    pub(super) fn lock(&self) -> Result<Lock<'_>, TransportError> {
        match self.handle.lock() {
            // Some network file systems have no locks; one writer alone is safe there.
            Err(error) if error.kind() != ErrorKind::Unsupported => {
                Err(TransportError::io("lock", &self.directory)(error))
            }
            _ => Ok(Lock(&self.handle)),
        }
    }

    /// Whether `name` is that of a temporary file.
    pub(super) fn owns(&self, name: &OsStr) -> bool {
        name.as_encoded_bytes().starts_with(self.prefix.as_bytes())
    }

    /// Makes a temporary file, which vanishes unless it is published.
    pub(super) fn file(&self) -> Result<NamedTempFile, TransportError> {
        // Under the lock, so that nobody takes the new file for an abandoned one.
        let _lock = self.lock()?;
        let failed = || TransportError::io("create a file in", &self.directory);
        let file = tempfile::Builder::new()
            .prefix(&self.prefix)
            .tempfile_in(&self.directory)
            .map_err(failed())?;
        match file.as_file().try_lock() {
            Err(fs::TryLockError::Error(error)) if error.kind() != ErrorKind::Unsupported => {
                Err(failed()(error))
            }
            _ => Ok(file),
        }
    }

    /// Makes a temporary directory, which is removed unless what is in it is published.
    pub(super) fn folder(&self) -> Result<StagedFolder, TransportError> {
        // As above.
        let _lock = self.lock()?;
        StagedFolder::make(&self.directory, &self.prefix)
    }

    /// Gives a finished file its name, replacing what has it. After a power failure the name
    /// leads to the old file or to the whole new one.
    pub(super) fn publish(&self, file: NamedTempFile, to: &Path) -> Result<(), TransportError> {
        file.as_file()
            .set_permissions(Permissions::from_mode(0o644))
            .and_then(|()| file.as_file().sync_all())
            .map_err(TransportError::io("write", to))?;
        file.persist(to)
            .map_err(|failure| TransportError::io("write", to)(failure.error))?;
        let parent = match to.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => &self.directory,
        };
        File::open(parent)
            .and_then(|directory| directory.sync_all())
            .map_err(TransportError::io("write", parent))
    }

    /// Writes a small file in one go.
    pub(super) fn write(&self, to: &Path, bytes: &[u8]) -> Result<(), TransportError> {
        let mut file = self.file()?;
        file.write_all(bytes)
            .map_err(TransportError::io("write", to))?;
        self.publish(file, to)
    }

    fn clean(&self) -> Result<(), TransportError> {
        let _lock = self.lock()?;
        let failed = || TransportError::io("list", &self.directory);
        for found in fs::read_dir(&self.directory).map_err(failed())? {
            let found = found.map_err(failed())?;
            if !self.owns(&found.file_name()) {
                continue;
            }
            let path = found.path();
            let abandoned = open_own(&path).filter(|(file, _)| file.try_lock().is_ok());
            match abandoned {
                Some((_, false)) => {
                    fs::remove_file(&path).map_err(TransportError::io("remove", &path))?;
                }
                Some((_, true)) => {
                    let directory = fs::canonicalize(&self.directory).map_err(failed())?;
                    Rootfs::open(directory)
                        .and_then(|root| root.remove(found.file_name()))
                        .map_err(|source| TransportError::Root { path, source })?;
                }
                None => {}
            }
        }
        Ok(())
    }
}

impl<'a> Target<'a> {
    /// Takes `path` apart; the error says that it is not `expected`.
    pub(super) fn of(path: &'a Path, expected: &'static str) -> Result<Self, TransportError> {
        let name = path.file_name().ok_or_else(|| TransportError::Kind {
            path: path.to_owned(),
            expected,
        })?;
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        Ok(Self { directory, name })
    }

    /// Makes the directory and opens it. Temporary names in it are those of this target alone.
    pub(super) fn stage(&self) -> Result<Staging, TransportError> {
        fs::create_dir_all(self.directory).map_err(TransportError::io("create", self.directory))?;
        let hex = Digest::of(self.name.as_encoded_bytes()).hex();
        Staging::open(self.directory, format!(".{hex}.onelayer-"))
    }
}

/// Opens a regular file or a directory and nothing else: links are not followed, fifos not waited
/// for. Tells which of the two it is.
fn open_own(path: &Path) -> Option<(File, bool)> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)
        .ok()?;
    let found = file.metadata().ok()?;
    (found.is_file() || found.is_dir()).then(|| (file, found.is_dir()))
}
