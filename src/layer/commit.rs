//! The end of the pipeline: segments in order, into both digests and the blob.

use std::io::Write;

use crate::digest::{Digest, Hasher};

use super::failure::LayerError;
use super::index::Record;
use super::window::Buffers;

/// Takes the segments of a layer, one after the other.
pub(super) struct Committer<W> {
    blob: W,
    diff_id: Hasher,
    digest: Hasher,
    /// Bytes of the tar so far.
    pub(super) archived: u64,
    /// Bytes of the blob so far.
    pub(super) size: u64,
    /// Bytes of the blob that were not made now.
    pub(super) kept: u64,
    /// What is known of the segments so far; nothing if they are not to be kept.
    pub(super) records: Vec<Record>,
}

impl<W: Write> Committer<W> {
    pub(super) fn new(blob: W) -> Self {
        Self {
            blob,
            diff_id: Hasher::new(),
            digest: Hasher::new(),
            archived: 0,
            size: 0,
            kept: 0,
            records: Vec::new(),
        }
    }

    /// Takes over a segment that stands where it stood before; its bytes pass unhashed, since
    /// what both digests are behind it is on record.
    pub(super) fn take_over(&mut self, record: &Record, part: &[u8]) -> Result<(), LayerError> {
        self.blob.write_all(part).map_err(LayerError::Write)?;
        self.size += record.length;
        self.kept += record.length;
        self.archived = record.archived;
        self.diff_id.clone_from(&record.diff_id);
        self.digest.clone_from(&record.digest);
        self.records.push(record.clone());
        Ok(())
    }

    /// Adds a segment; `keys` are those of all up to it and its own, if it can be told again.
    pub(super) fn add(
        &mut self,
        buffers: &Buffers,
        keys: Option<(Digest, Digest)>,
    ) -> Result<(), LayerError> {
        let part = buffers.part();
        self.blob.write_all(part).map_err(LayerError::Write)?;
        self.diff_id.update(&buffers.tar);
        self.archived += buffers.tar.len() as u64;
        let length = part.len() as u64;
        self.size += length;
        if buffers.found {
            self.kept += length;
        }
        // The tar itself is hashed once.
        if buffers.blob.is_empty() {
            self.digest.clone_from(&self.diff_id);
        } else {
            self.digest.update(part);
        }
        if let (Some((chain, key)), Some(name)) = (keys, buffers.name) {
            self.records.push(Record {
                chain,
                key,
                name,
                archived: self.archived,
                length,
                diff_id: self.diff_id.clone(),
                digest: self.digest.clone(),
            });
        }
        Ok(())
    }

    /// Ends the blob; `diff_id` and `digest`.
    pub(super) fn finish(&mut self) -> Result<(Digest, Digest), LayerError> {
        self.blob.flush().map_err(LayerError::Write)?;
        Ok((self.diff_id.clone().finish(), self.digest.clone().finish()))
    }
}
