//! How a layer's blob is compressed, and what that is called.

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
    /// Frames of 4 MiB behind one another ([RFC 8878, section 3.1][rfc]).
    ///
    /// [rfc]: https://www.rfc-editor.org/rfc/rfc8878#section-3.1
    Zstd {
        /// 1 (fast) to 22 (small).
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
            Self::Zstd { .. } => "application/vnd.oci.image.layer.v1.tar+zstd",
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
