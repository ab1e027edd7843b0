//! Reading an image from a registry.

use std::fmt;
use std::io::Read;
use std::path::PathBuf;

use crate::digest::Digest;
use crate::image::{Descriptor, Manifest, Platform, media_type};

use super::LARGEST_DOCUMENT;
use super::failure::TransportError;
use super::found::{Found, FoundRelease};
use super::reference::{ImageName, Reference};
use super::registry::{Access, Blob, ManifestName, Registry};
use super::search::Search;
use super::watch::Watch;

/// Documents that were read before: what has a digest need not be asked for twice.
pub trait Memory {
    /// The document with this digest, if it was kept. Its bytes are checked by whoever asks.
    fn get(&self, digest: &Digest) -> Option<Vec<u8>>;

    /// Keeps a document, or does not.
    fn keep(&self, digest: &Digest, bytes: &[u8]);
}

/// Nothing is kept.
#[derive(Debug, Clone, Copy)]
pub struct Forgetful;

impl Memory for Forgetful {
    fn get(&self, _: &Digest) -> Option<Vec<u8>> {
        None
    }

    fn keep(&self, _: &Digest, _: &[u8]) {}
}

/// An image in a registry.
pub struct Remote<'a> {
    registry: Registry<'a>,
    name: ImageName,
    /// As messages show it.
    shown: PathBuf,
}

impl<'a> Remote<'a> {
    /// Prepares to read what `name` names; nothing is asked for yet but whether TLS is spoken,
    /// where it need not be.
    ///
    /// # Errors
    /// As [`Registry::open`].
    pub fn open(
        name: &ImageName,
        access: &Access,
        watch: Watch<'a>,
    ) -> Result<Self, TransportError> {
        Ok(Self {
            registry: Registry::open(name, access, watch)?,
            name: name.clone(),
            shown: Reference::Docker(name.clone()).to_string().into(),
        })
    }

    /// Finds the image that the name means: the one for `platform` if it means several. A tag is
    /// asked for every time; what has a digest is looked for in `memory` first.
    ///
    /// # Errors
    /// When there is none or more than one, it has neither itself nor through an index the
    /// `digest` that is asked for, its memory do not fit one another, or the registry fails.
    pub fn image(
        &self,
        digest: Option<&Digest>,
        platform: Option<&Platform>,
        memory: &dyn Memory,
    ) -> Result<Found, TransportError> {
        let start = self.meaning(digest, memory)?;
        self.image_of(start, digest, platform, memory)
    }

    /// As [`image`](Self::image), where what the name means is known from [`meaning`](Self::meaning).
    ///
    /// # Errors
    /// The same.
    pub fn image_of(
        &self,
        start: Descriptor,
        digest: Option<&Digest>,
        platform: Option<&Platform>,
        memory: &dyn Memory,
    ) -> Result<Found, TransportError> {
        let read = |descriptor: &Descriptor, what| self.document(descriptor, what, memory);
        let search = Search {
            place: &self.shown,
            read: &read,
        };
        search.image(start, digest, platform)
    }

    /// Finds everything that the name means: one image, or an index and all that is in it.
    ///
    /// # Errors
    /// When there is none, its documents do not fit one another, or the registry fails.
    pub fn release(&self) -> Result<FoundRelease, TransportError> {
        let memory = &Forgetful;
        let read = |descriptor: &Descriptor, what| self.document(descriptor, what, memory);
        let search = Search {
            place: &self.shown,
            read: &read,
        };
        search.all(self.meaning(None, memory)?)
    }

    /// Opens a layer of the image.
    ///
    /// # Errors
    /// As [`Registry::blob`].
    pub fn layer(&self, descriptor: &Descriptor) -> Result<Blob<'a>, TransportError> {
        Ok(self.registry.blob(descriptor)?)
    }

    /// What the name means, a manifest or an index: that with the name's digest, else with
    /// `digest`, else what the tag means now.
    ///
    /// # Errors
    /// When there is none, or the registry fails.
    pub fn meaning(
        &self,
        digest: Option<&Digest>,
        memory: &dyn Memory,
    ) -> Result<Descriptor, TransportError> {
        let digest = self.name.digest().or(digest);
        let name = match digest {
            Some(digest) => ManifestName::Digest(*digest),
            None => ManifestName::of(&self.name),
        };
        // A digest alone does not say what the document is; the document does, in its own words.
        let kept = digest.and_then(|digest| kept(digest, memory));
        if let (Some(digest), Some(bytes)) = (digest, kept)
            && let Some(media_type) = Manifest::announced(&bytes)
        {
            return Ok(descriptor(&media_type, *digest, bytes.len()));
        }
        let fetched = self.registry.manifest(&name)?;
        memory.keep(&fetched.digest, &fetched.bytes);
        Ok(descriptor(
            &fetched.media_type,
            fetched.digest,
            fetched.bytes.len(),
        ))
    }

    fn document(
        &self,
        descriptor: &Descriptor,
        what: &'static str,
        memory: &dyn Memory,
    ) -> Result<Vec<u8>, TransportError> {
        if descriptor.size > LARGEST_DOCUMENT {
            return Err(TransportError::TooLarge {
                path: self.shown.clone(),
                what,
                limit: LARGEST_DOCUMENT,
            });
        }
        if let Some(bytes) = kept(&descriptor.digest, memory) {
            return self.sized(descriptor, what, bytes);
        }
        let bytes = if is_manifest(&descriptor.media_type) {
            let name = ManifestName::Digest(descriptor.digest);
            self.registry.manifest(&name)?.bytes
        } else {
            let mut bytes = Vec::new();
            let mut blob = self.registry.blob(descriptor)?;
            let read = blob.read_to_end(&mut bytes);
            read.map_err(TransportError::io("read", &self.shown))?;
            bytes
        };
        memory.keep(&descriptor.digest, &bytes);
        self.sized(descriptor, what, bytes)
    }

    fn sized(
        &self,
        descriptor: &Descriptor,
        what: &'static str,
        bytes: Vec<u8>,
    ) -> Result<Vec<u8>, TransportError> {
        if bytes.len() as u64 == descriptor.size {
            return Ok(bytes);
        }
        Err(TransportError::Size {
            path: self.shown.clone(),
            what,
            digest: descriptor.digest,
            size: descriptor.size,
        })
    }
}

impl fmt::Display for Remote<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shown.display().fmt(f)
    }
}

/// A document that was kept, if it is still what it was.
fn kept(digest: &Digest, memory: &dyn Memory) -> Option<Vec<u8>> {
    memory
        .get(digest)
        .filter(|bytes| Digest::of(bytes) == *digest)
}

fn descriptor(media_type: &str, digest: Digest, size: usize) -> Descriptor {
    Descriptor {
        media_type: media_type.to_owned(),
        digest,
        size: size as u64,
        annotations: std::collections::BTreeMap::new(),
        platform: None,
    }
}

fn is_manifest(media_type: &str) -> bool {
    matches!(
        media_type,
        media_type::MANIFEST
            | media_type::INDEX
            | media_type::DOCKER_MANIFEST
            | media_type::DOCKER_INDEX
    )
}
