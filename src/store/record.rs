//! What a kept change set is, written beside it when it is complete.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::tree::Changes;

use super::{StoreError, age};

/// Name of the record beside an upper directory.
pub(super) const RECORD: &str = "record.json";

/// Who made a change set, for people.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Maker {
    /// Path of the recipe.
    pub recipe: String,
    /// Name of its image.
    pub name: String,
    /// Title of the step, or what a root starts from.
    pub title: String,
}

/// What a change set was when it was complete.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) key: Digest,
    pub(super) maker: Maker,
    /// Seconds since 1970.
    pub(super) made: u64,
    /// Bytes of its files.
    pub(super) size: u64,
    /// Which start of the machine the content was last read in.
    boot: Option<String>,
    /// All that stat(2) says.
    stamp: Digest,
    /// All that it does to a root, with the bytes of files.
    content: Digest,
    /// The table of attributes beside it.
    attributes: Option<Digest>,
}

/// What is in a change set now, listed, with the table beside it.
pub(super) type Found<'a> = (&'a Changes, Option<Digest>);

impl Record {
    pub(super) fn new(
        key: Digest,
        maker: &Maker,
        (changes, attributes): Found<'_>,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            key,
            maker: maker.clone(),
            made: age::now(),
            size: changes.size(),
            boot: boot(),
            stamp: changes.stamp(),
            content: changes.content_digest()?,
            attributes,
        })
    }

    pub(super) fn read(directory: &Path) -> io::Result<Self> {
        Ok(serde_json::from_slice(&fs::read(directory.join(RECORD))?)?)
    }

    /// Appears whole or not at all.
    pub(super) fn write(&self, directory: &Path) -> Result<(), StoreError> {
        let write = || -> io::Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(directory)?;
            serde_json::to_writer(&mut file, self)?;
            file.flush()?;
            file.persist(directory.join(RECORD))?;
            Ok(())
        };
        write().map_err(|source| StoreError::Io {
            action: "write",
            path: directory.join(RECORD),
            source,
        })
    }

    /// Whether nobody has touched anything since the content was read, and no crash can have.
    pub(super) fn is_untouched(&self, (changes, attributes): Found<'_>) -> bool {
        self.attributes == attributes && self.boot == boot() && self.stamp == changes.stamp()
    }

    /// Whether everything is as it was, by reading all of it.
    pub(super) fn is_same(&self, (changes, attributes): Found<'_>) -> Result<bool, StoreError> {
        Ok(self.attributes == attributes && self.content == changes.content_digest()?)
    }

    /// As it must be for what is there now to be untouched, once it was read.
    pub(super) fn renewed(&self, (changes, _): Found<'_>) -> Self {
        Self {
            boot: boot(),
            stamp: changes.stamp(),
            ..self.clone()
        }
    }
}

/// What the kernel calls the time since the machine was started.
fn boot() -> Option<String> {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().to_owned())
}
