//! What an image is.

use std::fmt;

use serde::Serialize;

use crate::digest::Digest;
use crate::image::{Config, Descriptor, History, Platform};
use crate::transport::{self, Reference};

use super::Error;

/// Version of the JSON form.
const VERSION: u32 = 1;

/// Everything that an image says about itself.
#[derive(Debug, Clone, Serialize)]
pub struct Inspection {
    version: u32,
    reference: String,
    digest: Digest,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<String>,
    platform: Platform,
    config: Config,
    annotations: std::collections::BTreeMap<String, String>,
    history: Vec<History>,
    layers: Vec<LayerSummary>,
    /// Bytes of all layers, as stored.
    size: u64,
}

#[derive(Debug, Clone, Serialize)]
struct LayerSummary {
    #[serde(flatten)]
    descriptor: Descriptor,
    diff_id: Digest,
}

/// Reads what `reference` names; layers are not read.
///
/// # Errors
/// When there is no such image, or something about it does not fit.
pub fn inspect(reference: &str) -> Result<Inspection, Error> {
    let reference: Reference = reference.parse()?;
    let stored = transport::read(&reference)?;
    let layers: Vec<LayerSummary> = (stored
        .manifest
        .layers
        .into_iter()
        .zip(stored.config.diff_ids))
    .map(|(descriptor, diff_id)| LayerSummary {
        descriptor,
        diff_id,
    })
    .collect();
    Ok(Inspection {
        version: VERSION,
        reference: reference.to_string(),
        digest: stored.descriptor.digest,
        created: stored.config.created,
        author: stored.config.author,
        platform: stored.config.platform,
        config: stored.config.config,
        annotations: stored.manifest.annotations,
        history: stored.config.history,
        size: layers.iter().map(|layer| layer.descriptor.size).sum(),
        layers,
    })
}

impl Inspection {
    /// As JSON, with an end of line.
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("all keys are text");
        json.push('\n');
        json
    }
}

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = |name: &str, value: &str| {
            // What an image says must not move the cursor or set colours.
            let value: String = value.chars().flat_map(printable).collect();
            writeln!(f, "{name:<14}{value}")
        };
        line("image", &self.reference)?;
        line("digest", &self.digest.to_string())?;
        line("created", self.created.as_deref().unwrap_or("unknown"))?;
        line("author", self.author.as_deref().unwrap_or("unknown"))?;
        line(
            "platform",
            &format!("{}/{}", self.platform.os, self.platform.architecture),
        )?;
        let words = |words: &Option<Vec<String>>| {
            words
                .as_ref()
                .map(|words| serde_json::to_string(words).unwrap_or_default())
        };
        let config = &self.config;
        for (name, value) in [
            ("entrypoint", words(&config.entrypoint)),
            ("cmd", words(&config.cmd)),
            ("user", config.user.clone()),
            ("workdir", config.working_dir.clone()),
            ("stop signal", config.stop_signal.clone()),
        ] {
            if let Some(value) = value {
                line(name, &value)?;
            }
        }
        for (name, value) in &config.env {
            line("env", &format!("{name}={value}"))?;
        }
        for port in &config.exposed_ports {
            line("port", port)?;
        }
        for volume in &config.volumes {
            line("volume", volume)?;
        }
        for (name, value) in &config.labels {
            line("label", &format!("{name}={value}"))?;
        }
        for (name, value) in &self.annotations {
            line("annotation", &format!("{name}={value}"))?;
        }
        for entry in &self.history {
            let what = entry.created_by.as_deref().unwrap_or("unknown");
            let when = entry.created.as_deref().unwrap_or("unknown");
            line("history", &format!("{when}  {what}"))?;
        }
        for layer in &self.layers {
            line("layer", &layer.descriptor.digest.to_string())?;
            line("  diff id", &layer.diff_id.to_string())?;
            line("  type", &layer.descriptor.media_type)?;
            line("  size", &format!("{} bytes", layer.descriptor.size))?;
        }
        line(
            "size",
            &format!(
                "{} bytes in {} layer{}",
                self.size,
                self.layers.len(),
                if self.layers.len() == 1 { "" } else { "s" }
            ),
        )
    }
}

fn printable(c: char) -> Vec<char> {
    if c.is_control() {
        c.escape_default().collect()
    } else {
        vec![c]
    }
}
