//! What an image is.

use std::fmt;

use serde::Serialize;

use crate::diagnostic::printable;
use crate::transport::{self, Reference, Remote};

use super::{Error, Registries};

/// Version of the JSON form.
const VERSION: u32 = 1;

/// Everything that an image says about itself.
#[derive(Debug, Clone, Serialize)]
pub struct Inspection {
    version: u32,
    #[serde(flatten)]
    image: transport::Inspection,
}

/// Reads what `reference` names, that for `platform` (this machine's if `None`) if it is several;
/// layers are looked for and not read.
///
/// # Errors
/// When there is no such image, something about it does not fit, or a registry fails.
pub fn inspect(
    reference: &str,
    platform: Option<&str>,
    registries: &Registries,
) -> Result<Inspection, Error> {
    let reference = Reference::source(reference)?;
    let platform = super::plan::platform(platform)?;
    let image = match &reference {
        Reference::Docker(name) => registries.with(|watch| {
            Remote::open(name, &registries.access, watch)?.inspect(Some(&platform))
        })?,
        local => transport::inspect(local, Some(&platform))?,
    };
    Ok(Inspection {
        version: VERSION,
        image,
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
            writeln!(f, "{name:<14}{}", printable(value))
        };
        let (image, file) = (&self.image, &self.image.config);
        line("image", &image.reference)?;
        line("digest", &image.digest.to_string())?;
        line("created", file.created.as_deref().unwrap_or("unknown"))?;
        line("author", file.author.as_deref().unwrap_or("unknown"))?;
        line(
            "platform",
            &format!("{}/{}", file.platform.os, file.platform.architecture),
        )?;
        let words = |words: &Option<Vec<String>>| {
            words
                .as_ref()
                .map(|words| serde_json::to_string(words).unwrap_or_default())
        };
        let config = &file.config;
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
        for (name, value) in &image.annotations {
            line("annotation", &format!("{name}={value}"))?;
        }
        for entry in &file.history {
            let what = entry.created_by.as_deref().unwrap_or("unknown");
            let when = entry.created.as_deref().unwrap_or("unknown");
            line("history", &format!("{when}  {what}"))?;
        }
        for layer in &image.layers {
            line("layer", &layer.digest.to_string())?;
            line("  diff id", &layer.diff_id.to_string())?;
            line("  type", &layer.media_type)?;
            line("  size", &format!("{} bytes", layer.size))?;
        }
        line(
            "size",
            &format!(
                "{} bytes in {} layer{}",
                image.size,
                image.layers.len(),
                if image.layers.len() == 1 { "" } else { "s" }
            ),
        )
    }
}
