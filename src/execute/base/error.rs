//! Why a base could not be unpacked.

use std::error::Error;
use std::fmt;
use std::io;

use crate::digest::Digest;
use crate::execute::ExecuteError;
use crate::plan::BytePath;
use crate::tar::EntryProblem;

/// What a base, or a part of it, is stored as.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BasePart {
    /// A layer of an image, by the digest of its blob.
    Layer(Digest),
    /// An archive of a whole root, by its path in the context.
    Archive(String),
    /// A directory that is a root, by its path in the context.
    Directory(String),
}

impl fmt::Display for BasePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Layer(digest) => write!(f, "layer {digest}"),
            Self::Archive(path) => write!(f, "the archive `{path}`"),
            Self::Directory(path) => write!(f, "the directory `{path}`"),
        }
    }
}

impl BasePart {
    fn compressions(&self) -> &'static str {
        match self {
            Self::Archive(_) => "gzip, zstd, xz or bzip2",
            Self::Layer(_) | Self::Directory(_) => "gzip or zstd",
        }
    }

    /// Layers are counted together.
    fn holds(&self) -> String {
        match self {
            Self::Layer(digest) => format!("the layers up to {digest} hold"),
            Self::Archive(_) | Self::Directory(_) => format!("{self} holds"),
        }
    }
}

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
    /// A layer or archive is damaged.
    #[error("cannot read {part}")]
    Read {
        /// Which one.
        part: BasePart,
        /// What is wrong with it.
        source: io::Error,
    },
    /// A layer or archive is no tar, or compressed in a way that it cannot be.
    #[error("{part} is no tar, plain or compressed with {}", part.compressions())]
    Format {
        /// Which one.
        part: BasePart,
    },
    /// The layers hold more than any image does.
    #[error("{} more than {most} {what}{}", part.holds(), last(entry))]
    Limit {
        /// The one that was too much.
        part: BasePart,
        /// The entry that was too much, or the last one before that.
        entry: Option<BytePath>,
        /// What was counted.
        what: &'static str,
        /// How many there may be.
        most: u64,
    },
    /// One of the entries could not be written.
    #[error("cannot write `{entry}` of {part}")]
    Write {
        /// What it is in.
        part: BasePart,
        /// The entry's name, as that has it.
        entry: BytePath,
        /// What the disk said.
        source: Box<ExecuteError>,
    },
    /// One of the entries cannot be.
    #[error("`{entry}` in {part} {problem}")]
    Entry {
        /// What it is in.
        part: BasePart,
        /// The entry's name, as that has it.
        entry: BytePath,
        /// What is wrong with it.
        problem: EntryProblem,
    },
}

impl BaseError {
    /// What the user can do about it.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Entry {
                part: BasePart::Directory(_),
                ..
            } => Some("rename or remove it"),
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
            Self::Limit { .. } => Some("choose another base: no root is as large as that"),
            Self::Bring { .. } | Self::Read { .. } | Self::Write { .. } => None,
        }
    }
}

fn last(entry: &Option<BytePath>) -> String {
    match entry {
        Some(entry) => format!(", up to `{entry}`"),
        None => String::new(),
    }
}
