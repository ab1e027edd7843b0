//! From what a place calls an image to the documents of one.

use std::path::Path;

use crate::digest::Digest;
use crate::image::{
    ConfigFile, Descriptor, Document, DocumentError, Index, Manifest, Platform, media_type,
};

use super::failure::TransportError;
use super::found::{Documents, Found, FoundRelease};
use super::platform;

/// How many indexes may lie in one another.
const DEEPEST_INDEX: usize = 4;

/// A search in a place whose documents have digests.
pub(super) struct Search<'p> {
    /// The place, as messages show it.
    pub(super) place: &'p Path,
    /// Reads a document that a descriptor names; the last word says what it is.
    pub(super) read: &'p Read<'p>,
}

/// Reads a document.
type Read<'p> = dyn Fn(&Descriptor, &'static str) -> Result<Vec<u8>, TransportError> + 'p;

impl Search<'_> {
    /// The image that `start`, a manifest or an index, means: the one for `platform` if it means
    /// several. It has `digest`, or an index on the way has it.
    pub(super) fn image(
        &self,
        start: Descriptor,
        digest: Option<&Digest>,
        platform: Option<&Platform>,
    ) -> Result<Found, TransportError> {
        let mut seen = Vec::new();
        let descriptor = self.manifest_of(start, platform, &mut seen)?;
        pinned(self.place, digest, &seen)?;
        self.found(&descriptor)
    }

    /// Everything that `start` means: one image, or an index and all that is in it.
    pub(super) fn all(&self, start: Descriptor) -> Result<FoundRelease, TransportError> {
        if !Index::is_index(&start.media_type) {
            return Ok(FoundRelease {
                index: None,
                images: vec![self.found(&start)?],
            });
        }
        let bytes = (self.read)(&start, "index")?;
        let index = self.parsed(Index::parse(&bytes, &start.media_type))?;
        let images = index.manifests.iter().map(|manifest| self.found(manifest));
        Ok(FoundRelease {
            images: images.collect::<Result<_, _>>()?,
            index: Some(Document {
                media_type: self.media_type(&start)?,
                digest: start.digest,
                bytes,
            }),
        })
    }

    fn found(&self, descriptor: &Descriptor) -> Result<Found, TransportError> {
        let manifest_bytes = (self.read)(descriptor, "manifest")?;
        let parsed = Manifest::parse(&manifest_bytes, &descriptor.media_type);
        let manifest = self.parsed(parsed)?;
        let config_bytes = (self.read)(&manifest.config, "configuration")?;
        let config = self.parsed(ConfigFile::parse(&config_bytes))?;
        self.parsed(config.check_layers(&manifest))?;
        Ok(Found {
            digest: descriptor.digest,
            size: descriptor.size,
            documents: Documents {
                manifest: Some(Document {
                    media_type: self.media_type(descriptor)?,
                    digest: descriptor.digest,
                    bytes: manifest_bytes,
                }),
                config: Document {
                    media_type: media_type::CONFIG,
                    digest: manifest.config.digest,
                    bytes: config_bytes,
                },
            },
            manifest,
            config,
        })
    }

    fn media_type(&self, descriptor: &Descriptor) -> Result<&'static str, TransportError> {
        let known = media_type::known(&descriptor.media_type);
        self.parsed(known.ok_or_else(|| DocumentError::Unsupported {
            media_type: descriptor.media_type.clone(),
        }))
    }

    /// The manifest that `start` means. `seen` gets the digests of the indexes on the way, and of
    /// the manifest.
    pub(super) fn manifest_of(
        &self,
        start: Descriptor,
        platform: Option<&Platform>,
        seen: &mut Vec<Digest>,
    ) -> Result<Descriptor, TransportError> {
        let mut found = start;
        for _ in 0..=DEEPEST_INDEX {
            seen.push(found.digest);
            if !Index::is_index(&found.media_type) {
                return Ok(found);
            }
            let bytes = (self.read)(&found, "index")?;
            let index = self.parsed(Index::parse(&bytes, &found.media_type))?;
            found = self.select(index, platform)?;
        }
        let what = format!("manifest within {DEEPEST_INDEX} nested indexes");
        Err(self.missing(what))
    }

    /// Reads the manifest that `descriptor` names.
    pub(super) fn manifest(&self, descriptor: &Descriptor) -> Result<Manifest, TransportError> {
        let bytes = (self.read)(descriptor, "manifest")?;
        self.parsed(Manifest::parse(&bytes, &descriptor.media_type))
    }

    /// Reads the configuration of `manifest`, which has a `diff_id` for each of its layers.
    pub(super) fn config(&self, manifest: &Manifest) -> Result<ConfigFile, TransportError> {
        let bytes = (self.read)(&manifest.config, "configuration")?;
        let config = self.parsed(ConfigFile::parse(&bytes))?;
        self.parsed(config.check_layers(manifest))?;
        Ok(config)
    }

    fn select(
        &self,
        index: Index,
        platform: Option<&Platform>,
    ) -> Result<Descriptor, TransportError> {
        let names: Vec<String> = index.manifests.iter().map(shown).collect();
        let mut matching = platform::matching(index.manifests, platform);
        match (matching.len(), platform) {
            (0, Some(wanted)) => Err(TransportError::NoPlatform {
                path: self.place.to_owned(),
                wanted: wanted.to_string(),
                found: names.join(", "),
            }),
            (0, None) => Err(self.missing("image".to_owned())),
            (1, _) => Ok(matching.remove(0)),
            _ => Err(several(self.place, matching.iter().map(shown))),
        }
    }

    fn missing(&self, what: String) -> TransportError {
        TransportError::Missing {
            path: self.place.to_owned(),
            what,
        }
    }

    fn parsed<T>(&self, result: Result<T, DocumentError>) -> Result<T, TransportError> {
        result.map_err(|source| TransportError::Document {
            path: self.place.to_owned(),
            source,
        })
    }
}

/// Fails unless one of the digests that were `seen` is the one that was asked for.
pub(super) fn pinned(
    place: &Path,
    digest: Option<&Digest>,
    seen: &[Digest],
) -> Result<(), TransportError> {
    match (digest, seen.last()) {
        (Some(expected), Some(found)) if !seen.contains(expected) => Err(TransportError::Pinned {
            path: place.to_owned(),
            expected: *expected,
            found: *found,
        }),
        _ => Ok(()),
    }
}

/// More than one image is meant.
pub(super) fn several(
    place: &Path,
    names: impl ExactSizeIterator<Item = String>,
) -> TransportError {
    TransportError::Several {
        path: place.to_owned(),
        count: names.len(),
        candidates: names.take(20).collect::<Vec<_>>().join(", "),
    }
}

/// What tells a manifest in an index from the others.
fn shown(found: &Descriptor) -> String {
    match &found.platform {
        Some(platform) => platform.to_string(),
        None => found.digest.to_string(),
    }
}
