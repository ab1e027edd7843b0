//! How the layer's blob is compressed.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the layer's blob is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[schemars(inline)]
pub enum Compression {
    /// Understood by every engine.
    #[default]
    #[serde(rename = "gzip")]
    Gzip,
    /// Smaller and faster, for engines of the last years.
    #[serde(rename = "zstd")]
    Zstd,
    /// zstd with a table of contents, from which engines fetch single files.
    #[serde(rename = "zstd:chunked")]
    ZstdChunked,
    /// The tar as it is.
    #[serde(rename = "none")]
    None,
}

impl Compression {
    /// The spelling of recipes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::ZstdChunked => "zstd:chunked",
            Self::None => "none",
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
