//! A layer without its compression.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};

use flate2::bufread::MultiGzDecoder;

use crate::digest::{Digest, Hasher};
use crate::layer::Layer;

use super::blob::Blobs;
use super::failure::TransportError;
use super::watch::Watch;

const BUFFER: usize = 1 << 20;

/// The first bytes of gzip ([RFC 1952], section 2.3.1), and those of zstd and of the frames that
/// zstd skips ([RFC 8878], section 3.1), of which the lower half of the first byte is free.
///
/// [RFC 1952]: https://www.rfc-editor.org/rfc/rfc1952
/// [RFC 8878]: https://www.rfc-editor.org/rfc/rfc8878
const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const ZSTD_SKIPPED: [u8; 3] = [0x2a, 0x4d, 0x18];

/// How a blob is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Gzip,
    Zstd,
    None,
}

/// The tar of a layer, read from its blob. What was read is the layer only once
/// [`PlainLayer::finish`] has said so.
pub(super) struct PlainLayer<'a> {
    bytes: Box<dyn Read + 'a>,
    hasher: Hasher,
    diff_id: Digest,
    packing: Packing,
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
        let open = || -> io::Result<(Box<dyn Read + 'a>, Packing)> {
            let mut first = Vec::new();
            blob.reader()?.take(4).read_to_end(&mut first)?;
            let packing = Packing::of(&first);
            let blob: BufReader<io::Take<&File>> = BufReader::with_capacity(BUFFER, blob.reader()?);
            let bytes: Box<dyn Read + 'a> = match packing {
                Packing::Gzip => Box::new(MultiGzDecoder::new(blob)),
                Packing::Zstd => Box::new(zstd::stream::read::Decoder::with_buffer(blob)?),
                Packing::None => Box::new(blob),
            };
            Ok((bytes, packing))
        };
        let (bytes, packing) =
            open().map_err(|source| TransportError::ReadLayer { diff_id, source })?;
        Ok(Self {
            bytes,
            hasher: Hasher::new(),
            diff_id,
            packing,
            watch,
        })
    }

    pub(super) fn packing(&self) -> Packing {
        self.packing
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

impl Packing {
    fn of(first: &[u8]) -> Self {
        let is_skipped = first.len() == 4 && first[0] & 0xf0 == 0x50 && first[1..] == ZSTD_SKIPPED;
        if first.starts_with(&GZIP) {
            Self::Gzip
        } else if first == ZSTD || is_skipped {
            Self::Zstd
        } else {
            Self::None
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
