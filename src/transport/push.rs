//! Pushing to a registry.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;

use crate::digest::Digest;
use crate::image::{Document, Release};

use super::blob::{BlobWriter, Blobs, Finished};
use super::destination::{Destination, spool};
use super::failure::TransportError;
use super::reference::ImageName;
use super::registry::{Access, ManifestName, Mount, Registry};
use super::watch::Watch;

/// A repository that takes one release under any number of tags.
///
/// Blobs are sent when all of them are there, those that the repository lacks and that cannot be
/// mounted from where a base came from; documents after them, and the tags last.
pub(super) struct RegistryWriter {
    /// All of one repository.
    names: Vec<ImageName>,
    access: Access,
}

impl RegistryWriter {
    /// Makes sure that the registry lets the caller write. `names` is not empty.
    pub(super) fn open(
        names: Vec<ImageName>,
        access: &Access,
        watch: Watch<'_>,
    ) -> Result<Self, TransportError> {
        let writer = Self {
            names,
            access: access.clone(),
        };
        if let Some(registry) = writer.registry(watch)? {
            // Whoever may not write is told so, whatever is asked for.
            registry.has_blob(&Digest::of(""))?;
        }
        Ok(writer)
    }

    fn registry<'w>(&self, watch: Watch<'w>) -> Result<Option<Registry<'w>>, TransportError> {
        let first = self.names.first();
        let opened = first.map(|name| Registry::open(name, &self.access, watch));
        Ok(opened.transpose()?)
    }

    /// Lets the repository have a blob.
    fn send(
        &self,
        registry: &Registry<'_>,
        digest: &Digest,
        blob: &Finished,
    ) -> Result<(), TransportError> {
        if registry.has_blob(digest)? {
            return Ok(());
        }
        let origin = blob.origin.as_ref().filter(|origin| {
            let first = self.names.first();
            first.is_some_and(|name| name.registry() == origin.registry())
        });
        let session = match origin {
            None => None,
            Some(origin) => match registry.mount(digest, origin.repository())? {
                Mount::Mounted => return Ok(()),
                Mount::Send(session) => session,
            },
        };
        let mut open = || -> io::Result<Box<dyn Read>> {
            Ok(Box::new(Part {
                file: blob.file.try_clone()?,
                offset: blob.offset,
                left: blob.size,
            }))
        };
        Ok(registry.upload(digest, blob.size, session, &mut open)?)
    }

    fn send_document(
        &self,
        registry: &Registry<'_>,
        document: &Document,
    ) -> Result<(), TransportError> {
        if registry.has_blob(&document.digest)? {
            return Ok(());
        }
        let bytes = &document.bytes;
        let mut open =
            || -> io::Result<Box<dyn Read>> { Ok(Box::new(io::Cursor::new(bytes.clone()))) };
        let size = bytes.len() as u64;
        Ok(registry.upload(&document.digest, size, None, &mut open)?)
    }
}

impl Destination for RegistryWriter {
    fn is_foreign(&self) -> bool {
        true
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
        let Some(registry) = self.registry(*watch)? else {
            return Ok(());
        };
        for image in &release.images {
            for layer in &image.layers {
                watch.check()?;
                let diff_id = layer.diff_id;
                let blob = blobs.get(&layer.digest);
                let blob = blob.ok_or(TransportError::Layer { diff_id })?;
                self.send(&registry, &layer.digest, blob)?;
            }
            self.send_document(&registry, &image.config)?;
        }
        // Without a tag they are not seen, and the index needs them.
        let below = release.index.iter().flat_map(|_| &release.images);
        for image in below {
            let manifest = &image.manifest;
            let name = ManifestName::Digest(manifest.digest);
            registry.put_manifest(&name, manifest.media_type, &manifest.bytes)?;
        }
        Ok(())
    }

    fn publish(&mut self, release: &Release, watch: &Watch<'_>) -> Result<(), TransportError> {
        let Some(registry) = self.registry(*watch)? else {
            return Ok(());
        };
        let document = release.document();
        for name in &self.names {
            let name = ManifestName::of(name);
            registry.put_manifest(&name, document.media_type, &document.bytes)?;
        }
        Ok(())
    }
}

/// A part of a file, read at an offset of its own: all handles of a file share theirs.
struct Part {
    file: File,
    offset: u64,
    left: u64,
}

impl Read for Part {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX);
        let most = most.min(buffer.len());
        let length = self.file.read_at(&mut buffer[..most], self.offset)?;
        self.offset += length as u64;
        self.left -= length as u64;
        Ok(length)
    }
}
