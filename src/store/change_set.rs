//! A kept change set.

use std::fs::{self, File};
use std::io::{self, BufReader};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use crate::tree::{Attributes, TreeError, Upper};

use super::StoreError;

/// What one step changed, on disk.
#[derive(Debug, Clone)]
pub struct ChangeSet {
    directory: PathBuf,
}

impl ChangeSet {
    pub(super) fn at(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// The upper directory of the step's overlay.
    pub fn upper(&self) -> PathBuf {
        self.directory.join("upper")
    }

    /// Opens that directory, which tells itself from all others: folders may come and go under one
    /// key, but not with one inode at one time.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn open(&self) -> Result<Arc<Upper>, TreeError> {
        let upper = self.upper();
        let identity = fs::symlink_metadata(&upper).and_then(|found| {
            let made = found.created()?.duration_since(SystemTime::UNIX_EPOCH);
            let made = made.unwrap_or_default().as_nanos();
            Ok(format!("{} {} {made}", upper.display(), found.ino()))
        });
        match identity {
            Ok(identity) => Upper::open_known(upper, &identity),
            // A file system that does not say when something was made.
            Err(_) => Upper::open(upper),
        }
    }

    /// Owners and modes that the disk could not take; none if it took them all.
    ///
    /// # Errors
    /// When the table is there and cannot be read.
    pub fn attributes(&self) -> Result<Option<Attributes>, StoreError> {
        read_attributes(&self.directory)
    }
}

/// Name of the table beside an upper directory.
pub(super) const ATTRIBUTES: &str = "attributes.jsonl";

fn read_attributes(directory: &Path) -> Result<Option<Attributes>, StoreError> {
    let path = directory.join(ATTRIBUTES);
    let failed = |source| StoreError::Io {
        action: "read",
        path: path.clone(),
        source,
    };
    match File::open(&path) {
        Ok(file) => {
            let read = Attributes::read(BufReader::new(file));
            read.map(Some).map_err(failed)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(error)),
    }
}
