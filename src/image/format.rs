//! The two families of documents that describe an image.

use super::descriptor::media_type;
use super::failure::ImageError;

/// Whose documents describe an image. The configurations are the same but for what only docker
/// knows; media types tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// The OCI image-spec's.
    #[default]
    Oci,
    /// Docker's [image manifest, version 2, schema 2][schema].
    ///
    /// [schema]: https://github.com/distribution/distribution/blob/v2.8.3/docs/spec/manifest-v2-2.md
    Docker,
}

/// How layers are called, by what their tar is compressed with: OCI's name, docker's.
const LAYERS: [(&str, &str); 2] = [
    (
        "application/vnd.oci.image.layer.v1.tar+gzip",
        "application/vnd.docker.image.rootfs.diff.tar.gzip",
    ),
    // No name of the specification, but the one that docker's and podman's libraries share.
    (
        "application/vnd.oci.image.layer.v1.tar",
        "application/vnd.docker.image.rootfs.diff.tar",
    ),
];

impl Format {
    pub(super) fn manifest(self) -> &'static str {
        match self {
            Self::Oci => media_type::MANIFEST,
            Self::Docker => media_type::DOCKER_MANIFEST,
        }
    }

    pub(super) fn config(self) -> &'static str {
        match self {
            Self::Oci => media_type::CONFIG,
            Self::Docker => media_type::DOCKER_CONFIG,
        }
    }

    /// How this format calls the layer that either calls `media_type`.
    ///
    /// # Errors
    /// When docker has no name for it: zstd.
    pub(super) fn layer(self, media_type: &'static str) -> Result<&'static str, ImageError> {
        let found = LAYERS
            .iter()
            .find(|(oci, docker)| media_type == *oci || media_type == *docker);
        match (self, found) {
            (Self::Oci, Some((oci, _))) => Ok(oci),
            (Self::Docker, Some((_, docker))) => Ok(docker),
            (Self::Oci, None) => Ok(media_type),
            (Self::Docker, None) => Err(ImageError::LayerType { media_type }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_have_a_name_in_both_formats() {
        for (oci, docker) in LAYERS {
            for name in [oci, docker] {
                assert_eq!(Format::Oci.layer(name).unwrap(), oci);
                assert_eq!(Format::Docker.layer(name).unwrap(), docker);
            }
        }
        let zstd = "application/vnd.oci.image.layer.v1.tar+zstd";
        assert_eq!(Format::Oci.layer(zstd).unwrap(), zstd);
        assert!(Format::Docker.layer(zstd).is_err());
    }
}
