//! What can go wrong while a layer is written.

use std::io;

use crate::tree::TreeError;

/// A layer could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LayerError {
    /// A file could not be read, or changed meanwhile.
    #[error("cannot put a file into the layer")]
    Content(#[source] TreeError),
    /// A file could not be read to its end.
    #[error("cannot read `{path}`")]
    Read {
        /// The entry.
        path: String,
        /// The kernel's answer.
        source: io::Error,
    },
    /// Layers give the name another meaning: it would remove a file of a lower layer.
    #[error("`{path}` cannot be in a layer, where names with `.wh.` in front are removals")]
    WhiteoutName {
        /// The entry.
        path: String,
    },
    /// A tar header has no way to write the attribute's name.
    #[error("`{path}` has an extended attribute `{xattr}`, which a tar header cannot name")]
    XattrName {
        /// The entry.
        path: String,
        /// The attribute.
        xattr: String,
    },
    /// No such level of compression.
    #[error("{name} has no level {level}; levels are 1 to {most}")]
    Level {
        /// Of the compression.
        name: &'static str,
        /// As asked for.
        level: u8,
        /// The highest there is.
        most: u8,
    },
    /// The compressor gave up, for want of memory.
    #[error("cannot compress the layer")]
    Compress(#[source] io::Error),
    /// The blob could not be written.
    #[error("cannot write the layer")]
    Write(#[source] io::Error),
    /// The work needs a thread, and there can be none.
    #[error("cannot start a thread to write the layer")]
    Thread(#[source] io::Error),
    /// The caller asked to stop.
    #[error("interrupted while writing the layer")]
    Cancelled,
}
