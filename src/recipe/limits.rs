//! What the image may not exceed.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Size;

/// What the image may not exceed; the build fails above it and writes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Most bytes of the image as it is stored and pushed: its compressed layer with config and
    /// manifest.
    pub image_size: Option<Size>,
    /// Most files, folders and links in the layer.
    #[schemars(example = 50_000)]
    pub layer_entries: Option<u64>,
}
