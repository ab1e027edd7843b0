//! From a segment of the tar to its part of the blob.

use libdeflater::{CompressionLvl, Compressor};
use zstd::bulk;

use crate::digest::Digest;

use super::compression::Compression;
use super::failure::LayerError;

/// Uncompressed bytes of one gzip member. Larger ones gain nothing worth having (0.1 % at 4 MiB).
const MEMBER: usize = 1 << 20;

/// Uncompressed bytes of one zstd frame: twice the window of the usual level. Frames of 1 MiB take
/// 1.8 % more room.
const FRAME: usize = 4 << 20;

/// Compresses segments, each on its own. One per thread.
pub(super) enum Encoder {
    Gzip(Box<Compressor>),
    Zstd(bulk::Compressor<'static>),
    None,
}

impl Encoder {
    pub(super) fn new(compression: Compression) -> Result<Self, LayerError> {
        match compression {
            Compression::None => Ok(Self::None),
            Compression::Gzip { level } => match CompressionLvl::new(level.into()) {
                Ok(valid) if level > 0 => Ok(Self::Gzip(Box::new(Compressor::new(valid)))),
                _ => Err(LayerError::Level {
                    name: "gzip",
                    level,
                    most: 12,
                }),
            },
            Compression::Zstd {
                level: level @ 1..=22,
            } => bulk::Compressor::new(level.into())
                .map(Self::Zstd)
                .map_err(LayerError::Compress),
            Compression::Zstd { level } => Err(LayerError::Level {
                name: "zstd",
                level,
                most: 22,
            }),
        }
    }

    /// Replaces `blob` by the compressed `tar`; leaves it empty where both are the same bytes.
    pub(super) fn encode(&mut self, tar: &[u8], blob: &mut Vec<u8>) -> Result<(), LayerError> {
        blob.clear();
        match self {
            Self::None => Ok(()),
            Self::Gzip(compressor) => in_pieces(tar, MEMBER, |member| {
                let start = blob.len();
                blob.resize(start + compressor.gzip_compress_bound(member.len()), 0);
                let written = compressor
                    .gzip_compress(member, &mut blob[start..])
                    .expect("the bound is enough for any input");
                blob.truncate(start + written);
                Ok(())
            }),
            Self::Zstd(compressor) => in_pieces(tar, FRAME, |frame| {
                let start = blob.len();
                blob.resize(start + zstd::zstd_safe::compress_bound(frame.len()), 0);
                let written = compressor
                    .compress_to_buffer(frame, &mut blob[start..])
                    .map_err(LayerError::Compress)?;
                blob.truncate(start + written);
                Ok(())
            }),
        }
    }

    /// What this encoder makes of a text that tells versions of it apart: another one would not
    /// continue the blob that this one began.
    pub(super) fn fingerprint(&mut self) -> Result<Digest, LayerError> {
        let mut sample = Vec::with_capacity(SAMPLE);
        let mut number: u32 = 1;
        while sample.len() < SAMPLE {
            number = number.wrapping_mul(1_103_515_245).wrapping_add(12_345);
            sample.extend_from_slice(format!("{:x} {}", number >> 24, number % 97).as_bytes());
        }
        let mut blob = Vec::new();
        self.encode(&sample, &mut blob)?;
        Ok(Digest::of(&blob))
    }
}

/// Bytes of the text that encoders are told apart by.
const SAMPLE: usize = 16 << 10;

/// Gives out pieces of `size` bytes; a rest below a quarter of that joins the piece before it.
fn in_pieces(
    bytes: &[u8],
    size: usize,
    mut each: impl FnMut(&[u8]) -> Result<(), LayerError>,
) -> Result<(), LayerError> {
    let mut rest = bytes;
    while !rest.is_empty() {
        let length = if rest.len() < size + size / 4 {
            rest.len()
        } else {
            size
        };
        let (piece, after) = rest.split_at(length);
        each(piece)?;
        rest = after;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_header_says_nothing_of_time_or_host() {
        let mut encoder = Encoder::new(Compression::default()).unwrap();
        let mut blob = Vec::new();
        encoder.encode(b"some bytes", &mut blob).unwrap();
        // Magic, deflate, no flags, no time; the last byte is the unknown operating system.
        assert_eq!(blob[..8], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0]);
        assert_eq!(blob[9], 255);
    }

    #[test]
    fn levels_outside_the_range_are_refused() {
        for level in [0, 13, 255] {
            let gzip = Encoder::new(Compression::Gzip { level });
            assert!(gzip.is_err(), "{level}");
        }
        for level in [0, 23, 255] {
            let zstd = Encoder::new(Compression::Zstd { level });
            assert!(zstd.is_err(), "{level}");
        }
    }

    #[test]
    fn encoders_are_told_apart() {
        let mut seen = std::collections::BTreeSet::new();
        for compression in [
            Compression::Gzip { level: 1 },
            Compression::Gzip { level: 4 },
            Compression::Gzip { level: 12 },
            Compression::Zstd { level: 1 },
            Compression::Zstd { level: 19 },
            Compression::None,
        ] {
            let mut encoder = Encoder::new(compression).unwrap();
            assert!(
                seen.insert(encoder.fingerprint().unwrap()),
                "{compression:?}"
            );
        }
    }
}
