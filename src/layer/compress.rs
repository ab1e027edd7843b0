//! From a segment of the tar to its part of the blob.

use libdeflater::{CompressionLvl, Compressor};

use super::failure::LayerError;

/// Uncompressed bytes of one gzip member. Larger ones gain nothing worth having (0.1 % at 4 MiB).
const MEMBER: usize = 1 << 20;

/// A rest below this joins the member before it.
const SMALLEST_REST: usize = MEMBER / 4;

/// How the blob is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compression {
    /// Members of 1 MiB behind one another, which [RFC 1952, section 2.2][rfc] lets a reader take
    /// for one stream.
    ///
    /// [rfc]: https://www.rfc-editor.org/rfc/rfc1952#section-2.2
    Gzip {
        /// 1 (fast) to 12 (small).
        level: u8,
    },
    /// The blob is the tar itself.
    None,
}

impl Compression {
    /// The layer media type of the [image-spec, layer.md][spec].
    ///
    /// [spec]: https://github.com/opencontainers/image-spec/blob/v1.1.0/layer.md
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Gzip { .. } => "application/vnd.oci.image.layer.v1.tar+gzip",
            Self::None => "application/vnd.oci.image.layer.v1.tar",
        }
    }
}

/// The media type of a layer whose blob begins with these bytes; four are enough.
pub fn media_type_of(start: &[u8]) -> &'static str {
    match start {
        [0x1f, 0x8b, ..] => "application/vnd.oci.image.layer.v1.tar+gzip",
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => {
            "application/vnd.oci.image.layer.v1.tar+zstd"
        }
        _ => "application/vnd.oci.image.layer.v1.tar",
    }
}

/// The media type of the image-spec for a layer that is called `media_type`, by it or by docker;
/// none if neither knows the name.
pub fn media_type_named(media_type: &str) -> Option<&'static str> {
    match media_type {
        "application/vnd.oci.image.layer.v1.tar"
        | "application/vnd.docker.image.rootfs.diff.tar" => {
            Some("application/vnd.oci.image.layer.v1.tar")
        }
        "application/vnd.oci.image.layer.v1.tar+gzip"
        | "application/vnd.docker.image.rootfs.diff.tar.gzip" => {
            Some("application/vnd.oci.image.layer.v1.tar+gzip")
        }
        "application/vnd.oci.image.layer.v1.tar+zstd"
        | "application/vnd.docker.image.rootfs.diff.tar.zstd" => {
            Some("application/vnd.oci.image.layer.v1.tar+zstd")
        }
        _ => None,
    }
}

impl Default for Compression {
    /// Gzip, which every consumer reads, at the level where libdeflate is twice as fast as zlib's
    /// default for the same size.
    fn default() -> Self {
        Self::Gzip { level: 4 }
    }
}

/// Compresses segments, each on its own. One per thread.
pub(super) enum Encoder {
    Gzip(Box<Compressor>),
    None,
}

impl Encoder {
    pub(super) fn new(compression: Compression) -> Result<Self, LayerError> {
        match compression {
            Compression::None => Ok(Self::None),
            Compression::Gzip { level } => match CompressionLvl::new(level.into()) {
                Ok(valid) if level > 0 => Ok(Self::Gzip(Box::new(Compressor::new(valid)))),
                _ => Err(LayerError::Level { level }),
            },
        }
    }

    /// Replaces `blob` by the compressed `tar`; leaves it empty where both are the same bytes.
    pub(super) fn encode(&mut self, tar: &[u8], blob: &mut Vec<u8>) {
        blob.clear();
        let Self::Gzip(compressor) = self else {
            return;
        };
        let mut rest = tar;
        while !rest.is_empty() {
            let length = if rest.len() < MEMBER + SMALLEST_REST {
                rest.len()
            } else {
                MEMBER
            };
            let (member, after) = rest.split_at(length);
            let start = blob.len();
            blob.resize(start + compressor.gzip_compress_bound(length), 0);
            let written = compressor
                .gzip_compress(member, &mut blob[start..])
                .expect("the bound is enough for any input");
            blob.truncate(start + written);
            rest = after;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_header_says_nothing_of_time_or_host() {
        let mut encoder = Encoder::new(Compression::default()).unwrap();
        let mut blob = Vec::new();
        encoder.encode(b"some bytes", &mut blob);
        // Magic, deflate, no flags, no time; the last byte is the unknown operating system.
        assert_eq!(blob[..8], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0]);
        assert_eq!(blob[9], 255);
    }

    #[test]
    fn levels_outside_the_range_are_refused() {
        for level in [0, 13, 255] {
            assert!(
                Encoder::new(Compression::Gzip { level }).is_err(),
                "{level}"
            );
        }
    }
}
