//! Whose turn a step is, among all builds on one store.
//!
//! A file for each step in the making is locked by the process that makes it; the kernel unlocks it
//! when that process ends, however it ends. Nobody waits here: callers ask again. Nothing can wait
//! in a circle: who makes a step may wait for a package manager's downloads, for kept folders (by
//! name, in order) and for what a root starts from, and whoever has one of these waits for no step.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::digest::Digest;

use super::{Store, StoreError};

/// Whose turn a step is.
#[derive(Debug)]
pub enum Turn {
    /// The caller's, until this is dropped.
    Mine(Making),
    /// Somebody else's, who says of himself what is told here.
    Taken(String),
}

/// A step in the making; others wait until this is dropped.
#[derive(Debug)]
pub struct Making {
    path: PathBuf,
    _lock: File,
}

impl Drop for Making {
    fn drop(&mut self) {
        // Before the lock goes: who opened it already sees that it is not the one with the name.
        let _ = fs::remove_file(&self.path);
    }
}

impl Store {
    /// Takes the step with this key, if nobody else makes it; `who` is told to those who ask then.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn turn(&self, key: &Digest, who: &str) -> Result<Turn, StoreError> {
        let path = self.results.join("making").join(key.hex());
        take(&path, who).map_err(|source| StoreError::Io {
            action: "lock",
            path,
            source,
        })
    }
}

fn take(path: &Path, who: &str) -> io::Result<Turn> {
    loop {
        let mut file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                file.read_to_string(&mut text)?;
                return Ok(Turn::Taken(text));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let own = file.metadata()?;
        match fs::symlink_metadata(path) {
            Ok(named) if (named.dev(), named.ino()) == (own.dev(), own.ino()) => {}
            // Whoever had it has removed the name in between.
            Ok(_) => continue,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        }
        file.set_len(0)?;
        file.write_all(who.as_bytes())?;
        return Ok(Turn::Mine(Making {
            path: path.to_owned(),
            _lock: file,
        }));
    }
}

/// Removes what processes that are gone have left.
pub(super) fn sweep(folder: &Path) -> Result<(), StoreError> {
    let failed = |source| StoreError::Io {
        action: "read",
        path: folder.to_owned(),
        source,
    };
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if let Ok(file) = File::open(&path)
            && file.try_lock().is_ok()
        {
            drop(Making { path, _lock: file });
        }
    }
    Ok(())
}
