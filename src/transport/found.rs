//! Finding one image in a layout or archive.

use crate::digest::Digest;
use crate::image::{
    ConfigFile, Descriptor, Document, DocumentError, Index, Manifest, Platform, media_type,
};

use super::failure::TransportError;
use super::layout::is_known;
use super::reference::Tag;
use super::search::{Search, pinned, several};
use super::source::Source;
use super::{INDEX_FILE, LAYOUT_FILE, REF_NAME, docker_source};

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
    /// Both as they came.
    pub documents: Documents,
}

/// The documents of an image, byte for byte.
#[derive(Debug, Clone)]
pub struct Documents {
    /// The manifest; none in a docker archive.
    pub manifest: Option<Document>,
    /// The configuration.
    pub config: Document,
}

/// All images that one name means.
#[derive(Debug, Clone)]
pub struct FoundRelease {
    /// The index, if there is one.
    pub index: Option<Document>,
    /// The images, in its order.
    pub images: Vec<Found>,
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
            let found = docker_source::find(self, archive)?;
            return pinned(self.path(), digest, &[found.digest]).map(|()| found);
        }
        let start = self.tagged(self.tag())?;
        self.search(|search| search.image(start, digest, platform))
    }

    /// Finds everything that the reference means: one image, or an index and all that is in it.
    ///
    /// # Errors
    /// When there is none, or its documents do not fit one another.
    pub fn release(&self) -> Result<FoundRelease, TransportError> {
        if let Some(archive) = self.docker_archive() {
            return Ok(FoundRelease {
                index: None,
                images: vec![docker_source::find(self, archive)?],
            });
        }
        let start = self.tagged(self.tag())?;
        self.search(|search| search.all(start))
    }

    /// Finds the manifest that the reference's tag means: the only one if there is no tag, the one
    /// for `platform` if the tag means several.
    pub fn find(&self, platform: Option<&Platform>) -> Result<Descriptor, TransportError> {
        let start = self.tagged(self.tag())?;
        self.search(|search| search.manifest_of(start, platform, &mut Vec::new()))
    }

    /// Reads the manifest that `descriptor` names.
    pub fn manifest(&self, descriptor: &Descriptor) -> Result<Manifest, TransportError> {
        self.search(|search| search.manifest(descriptor))
    }

    /// Reads the configuration of `manifest`, which has a `diff_id` for each of its layers.
    pub fn config(&self, manifest: &Manifest) -> Result<ConfigFile, TransportError> {
        self.search(|search| search.config(manifest))
    }

    fn search<T>(&self, find: impl FnOnce(&Search<'_>) -> T) -> T {
        find(&Search {
            place: self.path(),
            read: &|descriptor, what| self.document(descriptor, what),
        })
    }

    /// What a layout's own list says of `tag`.
    fn tagged(&self, tag: Option<&Tag>) -> Result<Descriptor, TransportError> {
        self.check_version()?;
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
                Err(several(self.path(), names))
            }
        }
    }

    /// Fails if the mark of a layout says that it is of a version that is not known. Without a mark
    /// the list of images is enough, as it is for the other tools.
    fn check_version(&self) -> Result<(), TransportError> {
        let Some(mark) = self.optional(LAYOUT_FILE, "layout mark")? else {
            return Ok(());
        };
        let path = self.path().join(LAYOUT_FILE);
        match serde_json::from_slice(&mark) {
            Ok(mark) if is_known(&mark) => Ok(()),
            Ok(_) => Err(TransportError::Version { path }),
            Err(source) => Err(TransportError::Index { path, source }),
        }
    }

    pub(super) fn read<T>(&self, result: Result<T, DocumentError>) -> Result<T, TransportError> {
        result.map_err(|source| TransportError::Document {
            path: self.path().to_owned(),
            source,
        })
    }
}
