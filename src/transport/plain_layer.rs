//! A layer without its compression.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};

use crate::digest::{Digest, Hasher};
use crate::layer::Layer;
use crate::tar::Format;

use super::blob::Blobs;
use super::failure::TransportError;
use super::watch::Watch;

const BUFFER: usize = 1 << 20;

/// The tar of a layer, read from its blob. What was read is the layer only once
/// [`PlainLayer::finish`] has said so.
pub(super) struct PlainLayer<'a> {
    bytes: Box<dyn Read + 'a>,
    hasher: Hasher,
    diff_id: Digest,
    format: Format,
    watch: &'a Watch<'a>,
}

impl<'a> PlainLayer<'a> {
    /// Opens `layer`, whose blob is among `blobs`.
    ///
    /// The media type is not asked: images whose blobs are not what their type says are common
    /// enough that other tools look at the first bytes, too.
    pub(super) fn open(
        layer: &Layer,
        blobs: &'a Blobs,
        watch: &'a Watch<'a>,
    ) -> Result<Self, TransportError> {
        let diff_id = layer.diff_id;
        let blob = blobs
            .get(&layer.digest)
            .ok_or(TransportError::Layer { diff_id })?;
        let open = || -> io::Result<(Box<dyn Read + 'a>, Format)> {
            let mut first = Vec::new();
            blob.reader()?.take(6).read_to_end(&mut first)?;
            let format = match Format::of(&first) {
                known @ (Format::Gzip | Format::Zstd) => known,
                // Layers are compressed in no other way.
                _ => Format::Other,
            };
            let blob: BufReader<io::Take<&File>> = BufReader::with_capacity(BUFFER, blob.reader()?);
            Ok((format.read(blob)?, format))
        };
        let (bytes, format) =
            open().map_err(|source| TransportError::ReadLayer { diff_id, source })?;
        Ok(Self {
            bytes,
            hasher: Hasher::new(),
            diff_id,
            format,
            watch,
        })
    }

    /// How the blob is compressed.
    pub(super) fn format(&self) -> Format {
        self.format
    }

    /// Reads all of it into `to`, which a message calls `name`, and makes sure that it is the
    /// layer.
    pub(super) fn copy_to(
        mut self,
        mut to: impl Write,
        name: &std::path::Path,
    ) -> Result<(), TransportError> {
        let mut buffer = vec![0; BUFFER];
        loop {
            self.watch.check()?;
            let read = self.read(&mut buffer).map_err(|error| self.failed(error))?;
            if read == 0 {
                return self.finish();
            }
            to.write_all(&buffer[..read])
                .map_err(TransportError::io("write", name))?;
        }
    }

    /// Reads what is left, and fails unless all that was read is the layer.
    pub(super) fn finish(mut self) -> Result<(), TransportError> {
        let mut buffer = vec![0; BUFFER];
        while self.read(&mut buffer).map_err(|error| self.failed(error))? > 0 {
            self.watch.check()?;
        }
        let diff_id = self.diff_id;
        match self.hasher.finish() == diff_id {
            true => Ok(()),
            false => Err(TransportError::Layer { diff_id }),
        }
    }

    fn failed(&self, source: io::Error) -> TransportError {
        TransportError::ReadLayer {
            diff_id: self.diff_id,
            source,
        }
    }
}

impl Read for PlainLayer<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read(buffer)?;
        self.hasher.update(&buffer[..read]);
        Ok(read)
    }
}
