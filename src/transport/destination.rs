//! What a kind of place does with an image.

use crate::digest::Digest;
use crate::image::{Image, Release};

use super::blob::{BlobWriter, Blobs, Finished, Place};
use super::failure::TransportError;
use super::reference::ImageName;
use super::watch::Watch;

/// One place, of any kind, that takes one image.
///
/// The calls come in this order: for every blob [`has`](Self::has), and unless it is there
/// [`blob`](Self::blob) and [`finish`](Self::finish), or [`copy`](Self::copy) if another place has
/// it, or nothing more if it [borrows](Self::borrows); then
/// [`prepare`](Self::prepare) in all places, and last [`publish`](Self::publish). Until then
/// nothing may be seen; dropped at any time, a place is as it was.
pub(super) trait Destination {
    /// Whether a blob is written straight to where it stays, so that this place is the one to
    /// write it first.
    fn streams(&self) -> bool {
        false
    }

    /// Whether it is handed to a program or a server, which can fail late. Such a place publishes
    /// before those that only rename.
    fn is_foreign(&self) -> bool {
        false
    }

    /// Whether it reads blobs only to send them on, so that one which lies on this disk already
    /// can be lent to it.
    fn borrows(&self) -> bool {
        false
    }

    /// Whether it has a blob already, or can get it by itself from the repository `origin`.
    fn has(&mut self, digest: &Digest, origin: Option<&ImageName>) -> Result<bool, TransportError> {
        let _ = (digest, origin);
        Ok(false)
    }

    /// Starts a blob.
    fn blob(&mut self) -> Result<BlobWriter, TransportError>;

    /// Ends a blob that was started here, and tells where it can be read.
    fn finish(&mut self, place: Place, digest: &Digest) -> Result<Finished, TransportError> {
        let _ = digest;
        match place {
            Place::Whole(file) => Finished::unnamed(file).map_err(TransportError::io(
                "look at a file in",
                std::env::temp_dir(),
            )),
            Place::Member { .. } => Err(TransportError::ForeignBlob),
        }
    }

    /// Takes a blob that was finished elsewhere. What needs whole images waits for
    /// [`prepare`](Self::prepare).
    fn copy(&mut self, digest: &Digest, from: &Finished) -> Result<(), TransportError> {
        let _ = (digest, from);
        Ok(())
    }

    /// Does everything but what makes the images visible. `blobs` has every layer of them
    /// that this place has not.
    fn prepare(
        &mut self,
        release: &Release,
        blobs: &Blobs,
        watch: &Watch<'_>,
    ) -> Result<(), TransportError>;

    /// Makes the image visible.
    fn publish(&mut self, release: &Release, watch: &Watch<'_>) -> Result<(), TransportError>;
}

/// The only image, for a place that takes no more than one.
pub(super) fn single<'r>(release: &'r Release, place: &str) -> Result<&'r Image, TransportError> {
    match (&release.index, release.images.as_slice()) {
        (None, [image]) => Ok(image),
        _ => Err(TransportError::SeveralPlatforms {
            place: place.to_owned(),
        }),
    }
}

/// Starts a blob that no place has use for as it is.
pub(super) fn spool() -> Result<BlobWriter, TransportError> {
    tempfile::NamedTempFile::new()
        .map(|file| BlobWriter(Place::Whole(file)))
        .map_err(TransportError::io("create a file in", std::env::temp_dir()))
}
