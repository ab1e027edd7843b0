//! A blob on its way into an output.

use std::fs::File;
use std::io::{self, Write};

use tempfile::NamedTempFile;

/// Takes the bytes of one blob. It has no name until [`super::Destinations::add`] is told its
/// digest; dropped before that, it leaves nothing behind.
pub struct BlobWriter(pub(super) Place);

/// Where the bytes go.
pub(super) enum Place {
    /// A file of its own.
    Whole(NamedTempFile),
    /// The end of an archive, whose header for it starts at this offset.
    Member { archive: File, header: u64 },
}

/// Where the bytes of a finished blob can be read again.
pub(super) struct Finished {
    pub(super) file: File,
    pub(super) offset: u64,
    pub(super) size: u64,
}

impl Write for BlobWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.0 {
            Place::Whole(file) => file.write(bytes),
            Place::Member { archive, .. } => archive.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
