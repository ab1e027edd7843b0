//! An image in summary.

use serde::Serialize;

use crate::digest::Digest;
use crate::image::{ConfigFile, Descriptor, DocumentError, Index, Manifest, Platform, media_type};

use super::failure::TransportError;
use super::reference::{Reference, Tag};
use super::source::Source;
use super::{INDEX_FILE, REF_NAME};

/// How many indexes may lie in one another.
const DEEPEST_INDEX: usize = 4;

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

/// Reads the documents of the image at `reference`, the one for `platform` if it has several. The
/// layers' blobs are looked for but not read.
pub fn inspect(
    reference: &Reference,
    platform: Option<&Platform>,
) -> Result<Inspection, TransportError> {
    let source = Source::open(reference)?;
    let descriptor = source.find(reference.tag(), platform)?;
    let manifest = source.manifest(&descriptor)?;
    let config = source.config(&manifest)?;
    for layer in &manifest.layers {
        source.blob(layer, "layer")?;
    }
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
    let documents = descriptor.size + manifest.config.size;
    Ok(Inspection {
        reference: reference.to_string(),
        digest: descriptor.digest,
        size: layers
            .iter()
            .fold(documents, |sum, layer| sum.saturating_add(layer.size)),
        config,
        annotations: manifest.annotations,
        layers,
    })
}

impl Source {
    /// Finds the manifest that `tag` means: the only one if there is no tag, the one for `platform`
    /// if the tag means several.
    pub fn find(
        &self,
        tag: Option<&Tag>,
        platform: Option<&Platform>,
    ) -> Result<Descriptor, TransportError> {
        let bytes = self.named(INDEX_FILE, "index")?;
        let index = self.read(Index::parse(&bytes, media_type::INDEX))?;
        let name = |found: &Descriptor| found.annotations.get(REF_NAME).cloned();
        let mut matching = index.manifests.clone();
        if let Some(tag) = tag {
            matching.retain(|found| name(found).as_deref() == Some(tag.as_str()));
        }
        let mut found = match matching.len() {
            0 => {
                let what = tag.map_or("image".to_owned(), |tag| format!("image tagged `{tag}`"));
                return Err(self.missing(what));
            }
            1 => matching.remove(0),
            _ => {
                let names = matching
                    .iter()
                    .map(|d| name(d).unwrap_or(d.digest.to_string()));
                return Err(self.several(names));
            }
        };
        for _ in 0..DEEPEST_INDEX {
            if !Index::is_index(&found.media_type) {
                return Ok(found);
            }
            let bytes = self.document(&found, "index")?;
            let index = self.read(Index::parse(&bytes, &found.media_type))?;
            found = self.select(index, platform)?;
        }
        Err(self.missing(format!("manifest within {DEEPEST_INDEX} nested indexes")))
    }

    /// Reads the manifest that `descriptor` names.
    pub fn manifest(&self, descriptor: &Descriptor) -> Result<Manifest, TransportError> {
        let bytes = self.document(descriptor, "manifest")?;
        self.read(Manifest::parse(&bytes, &descriptor.media_type))
    }

    /// Reads the configuration of `manifest`, which has a `diff_id` for each of its layers.
    pub fn config(&self, manifest: &Manifest) -> Result<ConfigFile, TransportError> {
        let bytes = self.document(&manifest.config, "configuration")?;
        let config = self.read(ConfigFile::parse(&bytes))?;
        self.read(config.check_layers(manifest))?;
        Ok(config)
    }

    fn select(
        &self,
        index: Index,
        platform: Option<&Platform>,
    ) -> Result<Descriptor, TransportError> {
        let mut matching = index.manifests;
        if let Some(wanted) = platform {
            matching.retain(|found| {
                found.platform.as_ref().is_none_or(|found| {
                    (&found.os, &found.architecture) == (&wanted.os, &wanted.architecture)
                        && (wanted.variant.is_none() || found.variant == wanted.variant)
                })
            });
        }
        match matching.len() {
            0 => Err(self.missing("image for this platform")),
            1 => Ok(matching.remove(0)),
            _ => Err(
                self.several(matching.iter().map(|found| match &found.platform {
                    Some(platform) => format!("{}/{}", platform.os, platform.architecture),
                    None => found.digest.to_string(),
                })),
            ),
        }
    }

    fn several(&self, names: impl ExactSizeIterator<Item = String>) -> TransportError {
        TransportError::Several {
            path: self.path().to_owned(),
            count: names.len(),
            candidates: names.take(20).collect::<Vec<_>>().join(", "),
        }
    }

    fn read<T>(&self, result: Result<T, DocumentError>) -> Result<T, TransportError> {
        result.map_err(|source| TransportError::Document {
            path: self.path().to_owned(),
            source,
        })
    }
}
