//! Why a base could not be unpacked.

use std::error::Error;
use std::io;

use crate::digest::Digest;
use crate::execute::{EntryProblem, ExecuteError};
use crate::plan::BytePath;

/// Why a base could not be unpacked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BaseError {
    /// A layer could not be brought.
    #[error("cannot bring layer {layer}")]
    Bring {
        /// Digest of its blob.
        layer: Digest,
        /// What the place that it is in answered.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A layer is damaged.
    #[error("cannot read layer {layer}")]
    Read {
        /// Digest of its blob.
        layer: Digest,
        /// What is wrong with it.
        source: io::Error,
    },
    /// A layer is no tar, or compressed in a way that layers are not.
    #[error("layer {layer} is no tar, plain or compressed with gzip or zstd")]
    Format {
        /// Digest of its blob.
        layer: Digest,
    },
    /// The layers hold more than any image does.
    #[error("the layers up to {layer} hold more than {most} {what}")]
    Limit {
        /// Digest of the blob that was too much.
        layer: Digest,
        /// What was counted.
        what: &'static str,
        /// How many there may be.
        most: u64,
    },
    /// One of the entries could not be written.
    #[error("cannot write `{entry}` of layer {layer}")]
    Write {
        /// Digest of the layer's blob.
        layer: Digest,
        /// The entry's name, as the layer has it.
        entry: BytePath,
        /// What the disk said.
        source: Box<ExecuteError>,
    },
    /// One of the entries cannot be.
    #[error("`{entry}` in layer {layer} {problem}")]
    Entry {
        /// Digest of the layer's blob.
        layer: Digest,
        /// The entry's name, as the layer has it.
        entry: BytePath,
        /// What is wrong with it.
        problem: EntryProblem,
    },
}

impl BaseError {
    /// What the user can do about it.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Entry { .. } | Self::Format { .. } => {
                Some("choose another base, or have this one built again by those who made it")
            }
            Self::Read { source, .. }
                if matches!(
                    source.kind(),
                    io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof
                ) =>
            {
                Some("bring the image there again: it was damaged or changed on the way")
            }
            Self::Bring { .. } | Self::Read { .. } | Self::Limit { .. } | Self::Write { .. } => {
                None
            }
        }
    }
}
