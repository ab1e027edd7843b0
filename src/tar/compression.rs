//! How an archive is compressed, told by its first bytes and not by its name.

use std::io::{self, BufRead, Read};

use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::MultiGzDecoder;
use lzma_rust2::XzReader;

/// The largest window that a zstd frame may ask for, as a power of two: what `zstd -19` uses and
/// every decoder takes.
const ZSTD_WINDOW_LOG: u32 = 27;
/// The most memory that an xz stream may ask for; `xz -9` takes 65 MiB.
const XZ_KIB: u32 = 192 << 10;

/// What the first bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Zip,
    Gzip,
    Zstd,
    Xz,
    Bzip2,
    /// Perhaps a tar, whose mark comes later.
    Other,
}

impl Format {
    /// Needs six bytes.
    pub(crate) fn of(start: &[u8]) -> Self {
        match start {
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Self::Zip,
            [0x1f, 0x8b, ..] => Self::Gzip,
            // The second is a frame to be skipped, which parallel compressors begin with.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => Self::Bzip2,
            _ => Self::Other,
        }
    }

    /// What `from` holds, uncompressed; members that follow one another are one stream.
    pub(crate) fn read<'a>(self, from: impl BufRead + 'a) -> io::Result<Box<dyn Read + 'a>> {
        Ok(match self {
            Self::Gzip => Box::new(MultiGzDecoder::new(from)),
            Self::Zstd => {
                let mut decoder = zstd::Decoder::with_buffer(from)?;
                decoder.window_log_max(ZSTD_WINDOW_LOG)?;
                Box::new(decoder)
            }
            Self::Xz => Box::new(XzReader::new_mem_limit(from, true, XZ_KIB)),
            Self::Bzip2 => Box::new(MultiBzDecoder::new(from)),
            Self::Zip | Self::Other => Box::new(from),
        })
    }
}
