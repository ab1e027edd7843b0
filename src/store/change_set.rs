//! A kept change set.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::digest::Digest;
use crate::tree::{Attributes, Changes, Marks, Upper, WalkOptions, walk};

use super::record::Record;
use super::{StoreError, age};

/// What one step changed, on disk. As long as a copy of it is there, nobody removes it.
#[derive(Debug, Clone)]
pub struct ChangeSet {
    pub(super) directory: PathBuf,
    pub(super) marks: Marks,
    /// Held shared.
    pub(super) lock: Arc<File>,
}

/// Name of the table beside an upper directory.
pub(super) const ATTRIBUTES: &str = "attributes.jsonl";
/// Name of the file that whoever uses a change set locks.
pub(super) const LOCK: &str = "lock";

impl ChangeSet {
    /// The upper directory of the step's overlay.
    pub fn upper(&self) -> PathBuf {
        self.directory.join("upper")
    }

    /// Lists it, if it is what it was when it was made. That is seen from what stat(2) says of
    /// each entry. Where that differs, as in a copy of the whole store, and once after the machine
    /// was started anew, all of it is read.
    ///
    /// # Errors
    /// When the disk refuses for a reason that is not the change set's own.
    pub fn genuine(&self) -> Result<Option<Changes>, StoreError> {
        sound(self.look(false))
    }

    /// As [`Self::genuine`], but everything is read.
    ///
    /// # Errors
    /// As [`Self::genuine`].
    pub fn verified(&self) -> Result<Option<Changes>, StoreError> {
        sound(self.look(true))
    }

    fn look(&self, whole: bool) -> Result<Option<Changes>, StoreError> {
        let record = self.record()?;
        let (changes, attributes) = list(&self.directory, self.marks)?;
        let found = (&changes, attributes);
        if !whole && record.is_untouched(found) {
            // When it was last used, for those who prune.
            age::mark_used(&self.lock);
            return Ok(Some(changes));
        }
        if !record.is_same(found)? {
            return Ok(None);
        }
        if !whole {
            record.renewed(found).write(&self.directory)?;
            age::mark_used(&self.lock);
        }
        Ok(Some(changes))
    }

    pub(super) fn record(&self) -> Result<Record, StoreError> {
        Record::read(&self.directory).map_err(|source| StoreError::Io {
            action: "read the record of",
            path: self.directory.clone(),
            source,
        })
    }
}

/// Lists the change set in `directory`; the digest is that of the table beside it.
pub(super) fn list(
    directory: &Path,
    marks: Marks,
) -> Result<(Changes, Option<Digest>), StoreError> {
    let path = directory.join(ATTRIBUTES);
    let failed = |source| StoreError::Io {
        action: "read",
        path: path.clone(),
        source,
    };
    let table = match fs::read(&path) {
        Ok(table) => Some(table),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(failed(error)),
    };
    let attributes = table.as_deref().map(Attributes::read).transpose();
    let attributes = attributes.map_err(failed)?;
    let upper = directory.join("upper");
    // A link would lead elsewhere.
    let is_directory = fs::symlink_metadata(&upper).is_ok_and(|found| found.is_dir());
    if !is_directory {
        return Err(StoreError::Io {
            action: "open",
            path: upper,
            source: io::ErrorKind::NotADirectory.into(),
        });
    }
    let options = WalkOptions {
        marks,
        attributes: attributes.as_ref(),
        ..WalkOptions::default()
    };
    // No other change set ever has this name, and nothing in one is changed.
    let name = directory.file_name().unwrap_or_default();
    let upper = Upper::open_known(upper, &name.to_string_lossy())?;
    let changes = walk(&upper, &options)?;
    Ok((changes, table.map(Digest::of)))
}

/// What cannot be listed is damaged, unless this process is at its own limits.
fn sound(looked: Result<Option<Changes>, StoreError>) -> Result<Option<Changes>, StoreError> {
    match looked {
        Err(error) if error.is_scarcity() => Err(error),
        Err(_) => Ok(None),
        Ok(found) => Ok(found),
    }
}
