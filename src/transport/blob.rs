//! A blob on its way into an output.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use tempfile::NamedTempFile;

use crate::digest::Digest;

use super::blob_reader::BlobReader;
use super::reference::ImageName;

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
    /// A repository that has it too.
    pub(super) origin: Option<ImageName>,
    /// What its digest should be, if nobody has looked yet.
    pub(super) expected: Option<Digest>,
}

/// All blobs of an image that were added, for places that need them at the end.
pub(super) type Blobs = BTreeMap<Digest, Finished>;

impl Finished {
    /// Keeps a blob that no place has under a name: its file has none any more.
    pub(super) fn unnamed(file: NamedTempFile) -> io::Result<Self> {
        let file = file.into_file();
        Ok(Self {
            size: file.metadata()?.len(),
            file,
            offset: 0,
            origin: None,
            expected: None,
        })
    }

    /// A reader of its own; it fails at the end if these are not the expected bytes.
    pub(super) fn again(&self) -> io::Result<BlobReader> {
        let file = self.file.try_clone()?;
        Ok(BlobReader::new(file, self.offset, self.size, self.expected))
    }

    /// The bytes from the start. One reader at a time: all share one offset.
    ///
    /// A file that takes them by [`io::copy`] shares their blocks where the file system can
    /// (copy_file_range(2)).
    pub(super) fn reader(&self) -> io::Result<io::Take<&File>> {
        (&self.file).seek(SeekFrom::Start(self.offset))?;
        Ok((&self.file).take(self.size))
    }
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
