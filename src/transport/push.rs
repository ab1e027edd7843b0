//! Pushing to a registry.

use std::collections::BTreeMap;
use std::io::{self, Read};

use crate::digest::Digest;
use crate::image::{Document, Release};

use super::blob::{BlobWriter, Blobs};
use super::destination::{Destination, spool};
use super::failure::TransportError;
use super::reference::ImageName;
use super::registry::{Access, ManifestName, Mount, Registry, Session};
use super::watch::Watch;

/// A repository that takes one release under any number of tags.
///
/// Blobs are sent when all of them are there, those that the repository lacks and that cannot be
/// mounted from where a base came from; documents after them, and the tags last.
pub(super) struct RegistryWriter<'w> {
    /// All of one repository.
    names: Vec<ImageName>,
    registry: Registry<'w>,
    /// What the repository has said of blobs.
    told: BTreeMap<Digest, Told>,
}

/// Whether the repository has a blob.
enum Told {
    There,
    /// It is to be sent, into this place if the registry made one.
    Missing(Option<Session>),
}

impl<'w> RegistryWriter<'w> {
    /// Makes sure that the registry lets the caller write into the repository of `first`.
    pub(super) fn open(
        first: &ImageName,
        names: Vec<ImageName>,
        access: &Access,
        watch: Watch<'w>,
    ) -> Result<Self, TransportError> {
        let registry = Registry::open(first, access, watch)?;
        // Whoever may not write is told so, whatever is asked for.
        registry.has_blob(&Digest::of(""))?;
        Ok(Self {
            names,
            registry,
            told: BTreeMap::new(),
        })
    }

    /// Finds out whether the repository has a blob, or can have it from the repository `origin`.
    fn ask(&self, digest: &Digest, origin: Option<&ImageName>) -> Result<Told, TransportError> {
        if self.registry.has_blob(digest)? {
            return Ok(Told::There);
        }
        let is_near = |origin: &&ImageName| {
            let mut names = self.names.iter();
            names.any(|name| name.registry() == origin.registry())
        };
        Ok(match origin.filter(is_near) {
            None => Told::Missing(None),
            Some(origin) => match self.registry.mount(digest, origin.repository())? {
                Mount::Mounted => Told::There,
                Mount::Send(session) => Told::Missing(session),
            },
        })
    }

    /// Lets the repository have a blob.
    fn send(&mut self, digest: &Digest, blobs: &Blobs) -> Result<(), TransportError> {
        let told = match self.told.remove(digest) {
            Some(told) => told,
            None => {
                let origin = blobs.get(digest).and_then(|blob| blob.origin.as_ref());
                self.ask(digest, origin)?
            }
        };
        if let Told::Missing(session) = told {
            let blob = blobs.get(digest).ok_or(TransportError::ForeignBlob)?;
            let mut open = || -> io::Result<Box<dyn Read>> { Ok(Box::new(blob.again()?)) };
            self.registry
                .upload(digest, blob.size, session, &mut open)?;
        }
        self.told.insert(*digest, Told::There);
        Ok(())
    }

    fn send_document(&self, document: &Document) -> Result<(), TransportError> {
        if self.registry.has_blob(&document.digest)? {
            return Ok(());
        }
        let bytes = &document.bytes;
        let mut open =
            || -> io::Result<Box<dyn Read>> { Ok(Box::new(io::Cursor::new(bytes.clone()))) };
        let size = bytes.len() as u64;
        Ok(self
            .registry
            .upload(&document.digest, size, None, &mut open)?)
    }
}

impl Destination for RegistryWriter<'_> {
    fn is_foreign(&self) -> bool {
        true
    }

    fn borrows(&self) -> bool {
        true
    }

    fn has(&mut self, digest: &Digest, origin: Option<&ImageName>) -> Result<bool, TransportError> {
        let told = self.ask(digest, origin)?;
        let has = matches!(told, Told::There);
        self.told.insert(*digest, told);
        Ok(has)
    }

    fn blob(&mut self) -> Result<BlobWriter, TransportError> {
        spool()
    }

    fn prepare(
        &mut self,
        release: &Release,
        blobs: &Blobs,
        watch: &Watch<'_>,
    ) -> Result<(), TransportError> {
        for image in &release.images {
            for layer in &image.layers {
                watch.check()?;
                self.send(&layer.digest, blobs)?;
            }
            self.send_document(&image.config)?;
        }
        // Without a tag they are not seen, and the index needs them.
        let below = release.index.iter().flat_map(|_| &release.images);
        for image in below {
            let manifest = &image.manifest;
            let name = ManifestName::Digest(manifest.digest);
            self.registry
                .put_manifest(&name, manifest.media_type, &manifest.bytes)?;
        }
        Ok(())
    }

    fn publish(&mut self, release: &Release, _: &Watch<'_>) -> Result<(), TransportError> {
        let document = release.document();
        for name in &self.names {
            let name = ManifestName::of(name);
            self.registry
                .put_manifest(&name, document.media_type, &document.bytes)?;
        }
        Ok(())
    }
}
