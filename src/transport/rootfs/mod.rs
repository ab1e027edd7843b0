//! Writing the root file system alone, without what an image says about itself.
//!
//! A name that ends in `.tar`, `.tar.gz`, `.tgz` or `.tar.zst` is an archive, any other a
//! directory. An image of one layer is that layer's tar; of several, they are merged:
//!
//! ```text
//! layers ─► tar ─► Merged: what is left, by name ─► layers once more ─► Extraction: a directory
//!                                                                  └─► packing: a tar
//! ```
//!
//! Equal images give equal archives; a directory is as near to the layers as its file system and
//! this user's privilege allow, and what is missing is told.

mod archive;
mod directory;
mod entry_error;
mod extraction;
mod losses;
mod merge;
mod packing;
mod traits;

use std::path::{Path, PathBuf};

use super::destination::Destination;
use super::failure::TransportError;

use archive::{ArchiveKind, RootArchiveWriter};
use directory::RootDirectoryWriter;

/// Begins the archive or directory that will be at `path`.
pub(super) fn open(path: &Path) -> Result<Box<dyn Destination>, TransportError> {
    // Without a slash at the end, which would follow a link.
    let path: PathBuf = path.components().collect();
    Ok(match ArchiveKind::of(&path) {
        Some(kind) => Box::new(RootArchiveWriter::open(&path, kind)?),
        None => Box::new(RootDirectoryWriter::open(&path)?),
    })
}
