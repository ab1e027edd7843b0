//! How the image is written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Compression, Tag};

/// How the image is written.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// Format of config and manifest.
    #[serde(default)]
    pub format: Format,
    /// Compression of the layer.
    #[serde(default)]
    pub compression: Compression,
    /// Effort of the compression: 1 to 12 for gzip (4 if not given), 1 to 22 for zstd (3 if not
    /// given).
    pub level: Option<u8>,
    /// Latest time that the image may show, in seconds since 1970; later ones are set to it. 0 if
    /// neither the recipe nor the command line says otherwise.
    pub source_date_epoch: Option<u64>,
    /// Tags under which the image is written, `latest` if there are none.
    #[serde(default)]
    pub tags: Vec<Tag>,
}

/// Format of the image's config and manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Format {
    /// As the OCI image specification says.
    #[default]
    Oci,
}
