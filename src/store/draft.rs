//! A change set in the making.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io::{BufWriter, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use crate::digest::Digest;
use crate::rootfs::Rootfs;
use crate::tree::{Attributes, Changes, Marks};

use super::StoreError;
use super::change_set::{self, ATTRIBUTES, LOCK};
use super::record::{Maker, Record};

/// A folder with an empty `upper/` and `work/`, removed when dropped unless it is committed.
#[derive(Debug)]
pub struct Draft {
    directory: PathBuf,
    /// Says to others that somebody still works here; released by the kernel whatever happens.
    lock: File,
}

impl Draft {
    pub(super) fn new(drafts: &Path) -> Result<Self, StoreError> {
        let make = || {
            let directory = tempfile::Builder::new()
                .prefix("")
                .rand_bytes(12)
                .tempdir_in(drafts)?;
            let lock = File::create(directory.path().join(LOCK))?;
            lock.lock()?;
            for name in ["upper", "work", "state"] {
                fs::DirBuilder::new()
                    .mode(0o755)
                    .create(directory.path().join(name))?;
            }
            Ok(Self {
                directory: directory.keep(),
                lock,
            })
        };
        make().map_err(|source| StoreError::Io {
            action: "make a draft in",
            path: drafts.to_owned(),
            source,
        })
    }

    /// What its folder is called.
    pub(super) fn name(&self) -> OsString {
        self.directory.file_name().unwrap_or_default().to_owned()
    }

    /// Where the step's changes go.
    pub fn upper(&self) -> PathBuf {
        self.directory.join("upper")
    }

    /// The overlay's work directory, beside it.
    pub fn work(&self) -> PathBuf {
        self.directory.join("work")
    }

    /// Empties the work directory: the kernel refuses one that a volatile overlay has used before
    /// (overlayfs.rst, "Volatile mount").
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn renew_work(&self) -> Result<(), StoreError> {
        let path = self.work();
        remove(&path)?;
        fs::create_dir(&path).map_err(|source| StoreError::Io {
            action: "make",
            path,
            source,
        })
    }

    /// Room for what a step needs and does not keep.
    pub fn state(&self) -> PathBuf {
        self.directory.join("state")
    }

    /// Records owners and modes that the disk cannot take.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn record(&self, attributes: &Attributes) -> Result<(), StoreError> {
        let path = self.directory.join(ATTRIBUTES);
        let write = || {
            let mut file = BufWriter::new(File::create(&path)?);
            attributes.write(&mut file)?;
            file.flush()
        };
        write().map_err(|source| StoreError::Io {
            action: "write",
            path: path.clone(),
            source,
        })
    }

    /// Becomes the change set in `destination`, for `key`; gives the lock, held shared, and what is
    /// listed there.
    pub(super) fn commit(
        self,
        destination: &Path,
        (key, maker): (&Digest, &Maker),
        marks: Marks,
    ) -> Result<(File, Changes), StoreError> {
        for name in ["work", "state"] {
            remove(&self.directory.join(name))?;
        }
        let (changes, attributes) = change_set::list(&self.directory, marks)?;
        Record::new(*key, maker, (&changes, attributes))?.write(&self.directory)?;
        let failed = |source| StoreError::Io {
            action: "rename a draft to",
            path: destination.to_owned(),
            source,
        };
        let lock = self.lock.try_clone().map_err(failed)?;
        fs::rename(&self.directory, destination).map_err(failed)?;
        Ok((lock, changes))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // What cannot be removed now is swept by the next build.
        let _ = remove(&self.directory);
    }
}

/// Removes every draft that nobody holds. The caller holds the store's lock, so that no draft is
/// between its making and its locking.
///
/// What was replaced stays unless the caller is alone: others may be reading it.
pub(super) fn sweep(drafts: &Path) -> Result<(), StoreError> {
    let failed = |source| StoreError::Io {
        action: "read",
        path: drafts.to_owned(),
        source,
    };
    for entry in fs::read_dir(drafts).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let held = match File::open(path.join(LOCK)) {
            Ok(file) => matches!(file.try_lock(), Err(TryLockError::WouldBlock)),
            Err(_) => false,
        };
        if !held {
            remove(&path)?;
        }
    }
    Ok(())
}

/// Removes a file or a whole directory, whatever foreign code left in it; one that is gone is fine.
pub(super) fn remove(path: &Path) -> Result<(), StoreError> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Ok(());
    };
    (Rootfs::open(parent).and_then(|folder| folder.remove(name))).map_err(|source| {
        StoreError::Remove {
            path: path.to_owned(),
            source,
        }
    })
}
