//! Parts of layers that were written, and lists of them.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::digest::Digest;

use super::{Store, StoreError, age, make_private};

/// What is kept of layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayerFile {
    /// A part of a blob.
    Part,
    /// A list of parts.
    Index,
}

impl LayerFile {
    /// The kind that is kept in the folder of this name.
    pub(super) fn of(folder: &str) -> Option<Self> {
        [Self::Part, Self::Index]
            .into_iter()
            .find(|kind| kind.folder() == folder)
    }

    fn folder(self) -> &'static str {
        match self {
            Self::Part => "parts",
            Self::Index => "indexes",
        }
    }
}

impl Store {
    /// Replaces `bytes` by those of the file of this kind and name; whether it is there. They are
    /// not checked.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn layer_file(
        &self,
        kind: LayerFile,
        name: &Digest,
        bytes: &mut Vec<u8>,
    ) -> Result<bool, StoreError> {
        let path = self.layers(kind).join(name.hex());
        bytes.clear();
        let mut read = || -> io::Result<()> {
            // Looked at before it is opened: of a pipe that stands there nothing ever comes.
            let found = fs::symlink_metadata(&path)?;
            if !found.is_file() {
                return Err(io::ErrorKind::NotFound.into());
            }
            let mut file = File::open(&path)?;
            bytes.reserve(usize::try_from(found.len()).unwrap_or_default());
            file.read_to_end(bytes)?;
            age::mark_used_again(&file, found.modified()?);
            Ok(())
        };
        match read() {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(source) => Err(StoreError::Io {
                action: "read",
                path,
                source,
            }),
        }
    }

    /// Keeps a file, in place of the one that was there.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn keep_layer_file(
        &self,
        kind: LayerFile,
        name: &Digest,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        let folder = self.layers(kind);
        let path = folder.join(name.hex());
        keep(&folder, &path, bytes).map_err(|source| StoreError::Io {
            action: "write",
            path,
            source,
        })
    }

    fn layers(&self, kind: LayerFile) -> PathBuf {
        self.directory.join("layers").join(kind.folder())
    }
}

fn keep(folder: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    make_private(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    // What stands there may be a folder that somebody put there.
    if fs::symlink_metadata(path).is_ok_and(|found| found.is_dir()) {
        fs::remove_dir_all(path)?;
    }
    file.persist(path)?;
    Ok(())
}
