//! Finding one image in a place.

use crate::digest::Digest;
use crate::image::{ConfigFile, Descriptor, DocumentError, Index, Manifest, Platform, media_type};

use super::failure::TransportError;
use super::reference::Tag;
use super::source::Source;
use super::{INDEX_FILE, REF_NAME, docker_archive, platform};

/// How many indexes may lie in one another.
const DEEPEST_INDEX: usize = 4;

/// An image whose documents were read and fit one another.
#[derive(Debug, Clone)]
pub struct Found {
    /// Digest of the manifest. Of an image that has none (in a docker archive) that of the
    /// configuration, which docker calls the image's id.
    pub digest: Digest,
    /// Bytes of the manifest.
    pub size: u64,
    /// The manifest.
    pub manifest: Manifest,
    /// The configuration, with a `diff_id` for each layer.
    pub config: ConfigFile,
}

impl Source {
    /// Finds the image that the reference means: the one for `platform` if it means several.
    ///
    /// # Errors
    /// When there is none or more than one, it has neither itself nor through an index the
    /// `digest` that is asked for, or its documents do not fit one another.
    pub fn image(
        &self,
        digest: Option<&Digest>,
        platform: Option<&Platform>,
    ) -> Result<Found, TransportError> {
        if let Some(archive) = self.docker_archive() {
            let found = docker_archive::find(self, archive)?;
            return self.pinned(digest, &[found.digest]).map(|()| found);
        }
        let mut seen = Vec::new();
        let descriptor = self.find_in(platform, &mut seen)?;
        self.pinned(digest, &seen)?;
        let manifest = self.manifest(&descriptor)?;
        let config = self.config(&manifest)?;
        Ok(Found {
            digest: descriptor.digest,
            size: descriptor.size,
            manifest,
            config,
        })
    }

    /// Finds the manifest that the reference's tag means: the only one if there is no tag, the one
    /// for `platform` if the tag means several.
    pub fn find(&self, platform: Option<&Platform>) -> Result<Descriptor, TransportError> {
        self.find_in(platform, &mut Vec::new())
    }

    /// `seen` gets the digests of the indexes on the way, and of the manifest.
    fn find_in(
        &self,
        platform: Option<&Platform>,
        seen: &mut Vec<Digest>,
    ) -> Result<Descriptor, TransportError> {
        let mut found = self.tagged(self.tag())?;
        for _ in 0..DEEPEST_INDEX {
            seen.push(found.digest);
            if !Index::is_index(&found.media_type) {
                return Ok(found);
            }
            let bytes = self.document(&found, "index")?;
            let index = self.read(Index::parse(&bytes, &found.media_type))?;
            found = self.select(index, platform)?;
        }
        Err(self.missing(format!("manifest within {DEEPEST_INDEX} nested indexes")))
    }

    /// What a layout's own list says of `tag`.
    fn tagged(&self, tag: Option<&Tag>) -> Result<Descriptor, TransportError> {
        let bytes = self.named(INDEX_FILE, "index")?;
        let index = self.read(Index::parse(&bytes, media_type::INDEX))?;
        let name = |found: &Descriptor| found.annotations.get(REF_NAME).cloned();
        let mut matching = index.manifests;
        if let Some(tag) = tag {
            matching.retain(|found| name(found).as_deref() == Some(tag.as_str()));
        }
        match matching.len() {
            0 => {
                let what = tag.map_or("image".to_owned(), |tag| format!("image tagged `{tag}`"));
                Err(self.missing(what))
            }
            1 => Ok(matching.remove(0)),
            _ => {
                let names = matching
                    .iter()
                    .map(|d| name(d).unwrap_or(d.digest.to_string()));
                Err(self.several(names))
            }
        }
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
        let names: Vec<String> = index.manifests.iter().map(shown).collect();
        let mut matching = platform::matching(index.manifests, platform);
        match (matching.len(), platform) {
            (0, Some(wanted)) => Err(TransportError::NoPlatform {
                path: self.path().to_owned(),
                wanted: wanted.to_string(),
                found: names.join(", "),
            }),
            (0, None) => Err(self.missing("image")),
            (1, _) => Ok(matching.remove(0)),
            _ => Err(self.several(matching.iter().map(shown))),
        }
    }

    fn pinned(&self, digest: Option<&Digest>, seen: &[Digest]) -> Result<(), TransportError> {
        match (digest, seen.last()) {
            (Some(expected), Some(found)) if !seen.contains(expected) => {
                Err(TransportError::Pinned {
                    path: self.path().to_owned(),
                    expected: *expected,
                    found: *found,
                })
            }
            _ => Ok(()),
        }
    }

    fn several(&self, names: impl ExactSizeIterator<Item = String>) -> TransportError {
        TransportError::Several {
            path: self.path().to_owned(),
            count: names.len(),
            candidates: names.take(20).collect::<Vec<_>>().join(", "),
        }
    }

    pub(super) fn read<T>(&self, result: Result<T, DocumentError>) -> Result<T, TransportError> {
        result.map_err(|source| TransportError::Document {
            path: self.path().to_owned(),
            source,
        })
    }
}

/// What tells a manifest in an index from the others.
fn shown(found: &Descriptor) -> String {
    match &found.platform {
        Some(platform) => platform.to_string(),
        None => found.digest.to_string(),
    }
}
