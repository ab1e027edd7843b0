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
    /// Which layers the image has.
    #[serde(default)]
    pub layers: Layers,
    /// Compression of the layer.
    #[serde(default)]
    pub compression: Compression,
    /// Effort of the compression: 1 to 12 for gzip (4 if not given), 1 to 22 for zstd (3 if not
    /// given).
    #[schemars(example = 4)]
    pub level: Option<u8>,
    /// Latest time that the image may show, in seconds since 1970; later ones are set to it. 0 if
    /// not given.
    #[schemars(example = 1780000000_u64)]
    #[schemars(extend("default" = 0))]
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
    /// As docker has it: the only one with a `healthcheck`. It has neither annotations nor zstd, and
    /// image layouts do not hold it: without `-o` it is written to `docker-archive:out/NAME.tar`.
    Docker,
}

/// Which layers an image has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum Layers {
    /// One, with all that the base and the steps left.
    #[default]
    One,
    /// Those of the base, and one with what the steps changed.
    OnBase,
}
