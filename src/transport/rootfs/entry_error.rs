//! What can go wrong with one entry of a layer.

use std::io;
use std::path::Path;

use crate::digest::Digest;
use crate::rootfs::RootfsError;
use crate::tar::EntryProblem;

use crate::transport::failure::TransportError;

/// Why an entry could not be unpacked.
pub(super) enum EntryError {
    /// The entry is one that no root file system can have.
    Problem(EntryProblem),
    /// Its content could not be read from the layer.
    Read(io::Error),
    /// Its content could not be written.
    Write(io::Error),
    /// It could not be made, or given what it has.
    Root(RootfsError),
    /// The caller asked to stop.
    Cancelled,
}

impl EntryError {
    /// Says where: the directory or archive that is written, the layer, and the entry's name in it.
    pub(super) fn of(self, directory: &Path, diff_id: Digest, name: &[u8]) -> TransportError {
        match self {
            Self::Read(source) => TransportError::ReadLayer { diff_id, source },
            Self::Write(source) => TransportError::io("write", directory)(source),
            Self::Root(source) => TransportError::Root {
                path: directory.to_owned(),
                source,
            },
            Self::Cancelled => TransportError::Cancelled,
            Self::Problem(problem) => TransportError::Entry {
                diff_id,
                entry: name.escape_ascii().to_string(),
                problem,
            },
        }
    }
}

impl From<EntryProblem> for EntryError {
    fn from(problem: EntryProblem) -> Self {
        Self::Problem(problem)
    }
}

impl From<RootfsError> for EntryError {
    fn from(error: RootfsError) -> Self {
        Self::Root(error)
    }
}
