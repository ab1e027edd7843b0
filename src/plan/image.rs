//! What the image says about itself and how it is written, resolved.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::recipe::{Format, Layers};

/// The machine that builds, as far as a plan depends on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPlatform {
    /// Architecture as `uname -m` and rpm spell it (`x86_64`, `aarch64`).
    pub machine: String,
}

/// The image's configuration, in the words of the OCI image-spec, config.md.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct ImageSettings {
    /// Architecture as Go and the image-spec spell it (`amd64`, `arm64`).
    pub architecture: String,
    /// Variant of the architecture (`v7`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Seconds since 1970 that the image names as its birth.
    pub created: u64,
    /// Who made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// What made it, for its history.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// Program to run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entrypoint: Option<Vec<String>>,
    /// Its default arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cmd: Option<Vec<String>>,
    /// Environment.
    pub env: BTreeMap<String, String>,
    /// `NAME[:GROUP]` or ids.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Working directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workdir: Option<String>,
    /// Ports, `NUMBER/PROTOCOL`, sorted.
    pub exposed_ports: Vec<String>,
    /// Volumes, sorted.
    pub volumes: Vec<String>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Signal that ends a container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_signal: Option<String>,
    /// How an engine finds out whether a container is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub healthcheck: Option<HealthcheckSettings>,
    /// Annotations of the manifest.
    pub annotations: BTreeMap<String, String>,
}

/// How an engine finds out whether a container is well, in the words of docker's image
/// configuration. Times are in seconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HealthcheckSettings {
    /// `CMD` or `CMD-SHELL`, and the command.
    pub test: Vec<String>,
    /// Time between two checks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<u64>,
    /// Time after which a check has failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u64>,
    /// Time after the start in which failures do not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_period: Option<u64>,
    /// Failures in a row after which the container is not well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retries: Option<u32>,
}

/// What the image may not exceed.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct LimitSettings {
    /// Most bytes of the image's blobs: layer, config and manifest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_size: Option<u64>,
    /// Most entries of the layer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer_entries: Option<u64>,
}

impl LimitSettings {
    /// Whether there is no limit.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// How the image is written.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OutputSettings {
    /// Format of config and manifest.
    pub format: Format,
    /// Which layers there are.
    pub layers: Layers,
    /// `gzip`, `zstd`, `zstd:chunked` or `none`.
    pub compression: String,
    /// Compression level; none is the default of the compression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<u8>,
    /// Tags; `latest` where the recipe names none.
    pub tags: Vec<String>,
    /// Seconds since 1970 that no time in the layer exceeds.
    pub source_date_epoch: u64,
}
