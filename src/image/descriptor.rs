//! References to blobs by digest.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::digest::Digest;

use super::config::Platform;
use super::failure::DocumentError;

/// Media types of documents.
pub mod media_type {
    /// An OCI image manifest.
    pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
    /// An OCI image index.
    pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";
    /// An OCI image configuration.
    pub const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
    /// Docker's name for a manifest, schema 2.
    pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
    /// Docker's name for an image configuration.
    pub const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
    /// The type of a manifest or index that this is, if it is one.
    pub fn known(media_type: &str) -> Option<&'static str> {
        let all = [MANIFEST, INDEX, DOCKER_MANIFEST, DOCKER_INDEX];
        all.into_iter().find(|known| *known == media_type)
    }

    /// Docker's name for an index.
    pub const DOCKER_INDEX: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
}

/// Names a blob: what it is, which bytes, how many. See the image-spec's [descriptor.md].
///
/// [descriptor.md]: https://github.com/opencontainers/image-spec/blob/v1.1.0/descriptor.md
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Descriptor {
    /// What the blob is.
    pub media_type: String,
    /// Digest of the blob, as stored.
    pub digest: Digest,
    /// Bytes of the blob, as stored.
    pub size: u64,
    /// Free text by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// In an index: what the image runs on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
}

impl Descriptor {
    pub(super) fn from_spec(
        spec: &oci_spec::image::Descriptor,
        document: &'static str,
    ) -> Result<Self, DocumentError> {
        let digest = spec.digest().to_string().parse();
        Ok(Self {
            media_type: spec.media_type().to_string(),
            digest: digest.map_err(|source| DocumentError::Digest { document, source })?,
            size: spec.size(),
            annotations: sorted(spec.annotations().as_ref()),
            platform: spec.platform().as_ref().map(|platform| Platform {
                os: platform.os().to_string(),
                architecture: platform.architecture().to_string(),
                variant: platform.variant().clone(),
            }),
        })
    }
}

pub(super) fn sorted(
    map: Option<&std::collections::HashMap<String, String>>,
) -> BTreeMap<String, String> {
    map.into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
