//! All the outputs of one build.

use std::collections::BTreeSet;

use crate::digest::Digest;
use crate::image::Image;

use super::archive::ArchiveWriter;
use super::blob::{BlobWriter, Finished, Place};
use super::failure::TransportError;
use super::layout::LayoutWriter;
use super::reference::Reference;

/// The places that one image goes to.
///
/// ```no_run
/// # fn demo(references: &[onelayer::transport::Reference], digest: &onelayer::digest::Digest,
/// #     image: &onelayer::image::Image) -> Result<(), Box<dyn std::error::Error>> {
/// use onelayer::transport::Destinations;
///
/// let mut destinations = Destinations::open(references)?;
/// let mut blob = destinations.blob()?;
/// std::io::Write::write_all(&mut blob, b"the layer")?;
/// destinations.add(blob, digest)?;
/// destinations.commit(image)?;
/// # Ok(()) }
/// ```
///
/// Nothing is visible before [`Destinations::commit`] but unnamed blobs; dropped before that, the
/// outputs are as they were.
pub struct Destinations(Vec<Destination>);

enum Destination {
    Layout(LayoutWriter),
    Archive(ArchiveWriter),
}

impl Destinations {
    /// Opens all places, so that one which cannot be written fails before any work is done.
    pub fn open(references: &[Reference]) -> Result<Self, TransportError> {
        let mut files = BTreeSet::new();
        let open = |reference: &Reference| match reference {
            Reference::Oci { directory, tag } => {
                LayoutWriter::open(directory, tag.clone()).map(Destination::Layout)
            }
            Reference::OciArchive { file, .. } if !files.insert(file.clone()) => {
                Err(TransportError::SameOutput { path: file.clone() })
            }
            Reference::OciArchive { file, tag } => {
                ArchiveWriter::open(file, tag.clone()).map(Destination::Archive)
            }
            other => Err(TransportError::Unusable {
                reference: other.to_string(),
                used: "written",
            }),
        };
        let destinations = references.iter().map(open).collect::<Result<_, _>>()?;
        Ok(Self(destinations))
    }

    /// Starts a blob in the first place. One at a time: finish it by [`Destinations::add`].
    /// Without any place the bytes go to a file that vanishes.
    pub fn blob(&mut self) -> Result<BlobWriter, TransportError> {
        match self.0.first_mut() {
            Some(Destination::Layout(layout)) => layout.blob(),
            Some(Destination::Archive(archive)) => archive.blob(),
            None => tempfile::NamedTempFile::new()
                .map(|file| BlobWriter(Place::Whole(file)))
                .map_err(TransportError::io("create a file in", std::env::temp_dir())),
        }
    }

    /// Names the blob in the first place and copies it to the others.
    pub fn add(&mut self, blob: BlobWriter, digest: &Digest) -> Result<(), TransportError> {
        let Some((first, others)) = self.0.split_first_mut() else {
            return Ok(());
        };
        let Some(mut finished) = first.finish(blob, digest)? else {
            return Ok(());
        };
        for other in others {
            match other {
                Destination::Layout(layout) => layout.copy(digest, &mut finished)?,
                Destination::Archive(archive) => archive.copy(digest, &mut finished)?,
            }
        }
        Ok(())
    }

    /// Publishes `image`, whose layers were added, in every place.
    pub fn commit(self, image: &Image) -> Result<(), TransportError> {
        for destination in self.0 {
            match destination {
                Destination::Layout(mut layout) => layout.commit(image)?,
                Destination::Archive(archive) => archive.commit(image)?,
            }
        }
        Ok(())
    }
}

impl Destination {
    fn finish(
        &mut self,
        blob: BlobWriter,
        digest: &Digest,
    ) -> Result<Option<Finished>, TransportError> {
        match (self, blob.0) {
            (Self::Layout(layout), Place::Whole(file)) => layout.finish(file, digest).map(Some),
            (Self::Archive(archive), Place::Member { header, .. }) => {
                archive.finish(header, digest).map(Some)
            }
            // A blob that was started in other destinations.
            _ => Ok(None),
        }
    }
}
