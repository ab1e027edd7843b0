//! Why an archive could not be unpacked.

use std::io;

use crate::plan::BytePath;
use crate::tar::EntryProblem;

/// Why an archive could not be unpacked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// It is something else.
    #[error(
        "`{url}` is no archive: neither zip nor tar, plain or compressed with gzip, zstd, xz or bzip2"
    )]
    Format {
        /// The archive.
        url: String,
    },
    /// It is damaged.
    #[error("cannot read the archive `{url}`")]
    Read {
        /// The archive.
        url: String,
        /// What is wrong with it.
        source: io::Error,
    },
    /// What one of its entries holds is damaged, or in a form that is not known.
    #[error("cannot read `{entry}` in the archive `{url}`")]
    Content {
        /// The archive.
        url: String,
        /// The entry's name, as the archive has it.
        entry: BytePath,
        /// What is wrong with it.
        source: io::Error,
    },
    /// It holds more than any archive for an image does.
    #[error("the archive `{url}` holds more than {most} {what}")]
    Limit {
        /// The archive.
        url: String,
        /// What was counted.
        what: &'static str,
        /// How many there may be.
        most: u64,
    },
    /// One of its entries cannot be.
    #[error("`{entry}` in the archive `{url}` {problem}")]
    Entry {
        /// The archive.
        url: String,
        /// The entry's name, as the archive has it.
        entry: BytePath,
        /// What is wrong with it.
        problem: EntryProblem,
    },
}

impl ArchiveError {
    /// What the user can do about it.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Format { .. } => Some("remove `extract` to have the file as it is"),
            Self::Entry { .. } => {
                Some("unpack it with a tool that you trust, look at it, and `copy` what you need")
            }
            Self::Read { .. } | Self::Content { .. } | Self::Limit { .. } => None,
        }
    }
}
