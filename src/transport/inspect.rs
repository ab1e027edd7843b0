//! An image in summary.

use serde::Serialize;

use crate::digest::Digest;
use crate::image::{ConfigFile, Platform};

use super::failure::TransportError;
use super::found::Found;
use super::reference::Reference;
use super::remote::{Forgetful, Remote};
use super::source::Source;

/// What `inspect` tells.
#[derive(Debug, Clone, Serialize)]
pub struct Inspection {
    /// As asked for.
    pub reference: String,
    /// Digest of the manifest.
    pub digest: Digest,
    /// Configuration: platform, `created`, author, how to run it, history.
    #[serde(flatten)]
    pub config: ConfigFile,
    /// Annotations of the manifest.
    pub annotations: std::collections::BTreeMap<String, String>,
    /// The layers, lowest first.
    pub layers: Vec<LayerSummary>,
    /// Bytes of manifest, configuration and layers, as stored.
    pub size: u64,
}

/// One layer of an inspected image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LayerSummary {
    /// Digest of the blob, compressed.
    pub digest: Digest,
    /// Digest of the tar, uncompressed.
    pub diff_id: Digest,
    /// What the blob is.
    pub media_type: String,
    /// Bytes of the blob, compressed.
    pub size: u64,
    /// Bytes of the tar, where that is known without reading it: if it is not compressed.
    pub uncompressed_size: Option<u64>,
}

/// Reads the documents of the image at `reference`, a layout or archive, the one for `platform` if
/// it has several. The layers' blobs are looked for but not read.
///
/// # Errors
/// When there is no such image, or something of it is missing or does not fit.
pub fn inspect(
    reference: &Reference,
    platform: Option<&Platform>,
) -> Result<Inspection, TransportError> {
    let source = Source::open(reference)?;
    let found = source.image(None, platform)?;
    for layer in &found.manifest.layers {
        source.blob(layer, "layer")?;
    }
    Ok(summary(reference.to_string(), found))
}

impl Remote<'_> {
    /// Reads the documents of the image, the one for `platform` if it is several.
    ///
    /// # Errors
    /// As [`Remote::image`].
    pub fn inspect(&self, platform: Option<&Platform>) -> Result<Inspection, TransportError> {
        let found = self.image(None, platform, &Forgetful)?;
        Ok(summary(self.to_string(), found))
    }
}

fn summary(reference: String, found: Found) -> Inspection {
    let (manifest, config) = (found.manifest, found.config);
    let layers = manifest.layers.iter().zip(&config.diff_ids);
    let layers: Vec<LayerSummary> = layers
        .map(|(layer, diff_id)| LayerSummary {
            digest: layer.digest,
            diff_id: *diff_id,
            media_type: layer.media_type.clone(),
            size: layer.size,
            uncompressed_size: layer.media_type.ends_with(".tar").then_some(layer.size),
        })
        .collect();
    let documents = found.size + manifest.config.size;
    Inspection {
        reference,
        digest: found.digest,
        size: layers
            .iter()
            .fold(documents, |sum, layer| sum.saturating_add(layer.size)),
        config,
        annotations: manifest.annotations,
        layers,
    }
}
