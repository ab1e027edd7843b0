//! A blob in a file of this disk.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;

use crate::digest::{Digest, Hasher};

use super::blob::Finished;

/// The bytes of a blob. Reading to the end fails with [`io::ErrorKind::InvalidData`] if they are
/// not the announced ones; the last of them are not given out then.
#[derive(Debug)]
pub struct BlobReader {
    file: File,
    /// Where the blob starts in the file. All handles of a file share one position, so that of
    /// this reader is its own.
    start: u64,
    size: u64,
    done: u64,
    expected: Option<Digest>,
    /// None after the end, and if nothing is expected.
    hasher: Option<Hasher>,
}

impl BlobReader {
    /// Reads `size` bytes of `file` from `start` on, which should have the digest `expected`.
    pub(super) fn new(file: File, start: u64, size: u64, expected: Option<Digest>) -> Self {
        Self {
            file,
            start,
            size,
            done: 0,
            expected,
            hasher: expected.map(|_| Hasher::new()),
        }
    }

    /// The first bytes, at most four. Reading goes on from where it was.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn start(&self) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; usize::try_from(self.size).map_or(4, |size| size.min(4))];
        self.file.read_exact_at(&mut bytes, self.start)?;
        Ok(bytes)
    }

    /// Where the bytes are, for others to read; nothing if no digest is expected of them.
    pub(super) fn lend(&self) -> io::Result<Option<(Digest, Finished)>> {
        let Some(digest) = self.expected else {
            return Ok(None);
        };
        let lent = Finished {
            file: self.file.try_clone()?,
            offset: self.start,
            size: self.size,
            origin: None,
            expected: self.expected,
        };
        Ok(Some((digest, lent)))
    }
}

impl Read for BlobReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.size - self.done;
        let most = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
        let read = self
            .file
            .read_at(&mut buffer[..most], self.start + self.done)?;
        self.done += read as u64;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&buffer[..read]);
        }
        let at_end = self.done == self.size || (read == 0 && !buffer.is_empty());
        if at_end
            && let (Some(hasher), Some(expected)) = (self.hasher.take(), self.expected)
            && (self.done < self.size || hasher.finish() != expected)
        {
            let message = format!("a blob does not match its digest {expected}");
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        Ok(read)
    }
}
