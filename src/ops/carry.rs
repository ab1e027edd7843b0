//! Layers as they are, from where an image is to where it goes.

use std::io::{self, Read, Write};

use crate::digest::{Digest, HashingWriter};
use crate::image::Descriptor;
use crate::layer::{self, Layer};
use crate::transport::{BlobReader, Destinations, ImageName, TransportError};

use super::Error;

/// Bytes between two looks at the wish to stop.
const BLOCK: usize = 1 << 17;

/// The blob of a layer.
pub(super) enum Content<'a> {
    /// On this disk, where a destination may read it as well.
    Here(BlobReader),
    /// Verified on the way.
    Stream(Box<dyn Read + Send + 'a>),
}

impl<'a> Content<'a> {
    /// The bytes, wherever they are.
    pub(super) fn into_reader(self) -> Box<dyn Read + Send + 'a> {
        match self {
            Self::Here(blob) => Box::new(blob),
            Self::Stream(content) => content,
        }
    }
}

/// Brings a layer to all destinations, and says what it is there. It is opened only if one of them
/// has not got it, and cannot get it from the repository `origin` by itself.
pub(super) fn carry<'a>(
    (descriptor, diff_id): (&Descriptor, Digest),
    origin: Option<&ImageName>,
    destinations: &mut Destinations<'_>,
    cancelled: &dyn Fn() -> bool,
    open: impl FnOnce() -> Result<Content<'a>, Error>,
) -> Result<Layer, Error> {
    let brought = |digest, size, media_type| Layer {
        diff_id,
        digest,
        size,
        // Nobody has counted.
        uncompressed_size: 0,
        media_type,
        entries: 0,
    };
    if let Some(media_type) = layer::media_type_named(&descriptor.media_type)
        && destinations.have(&descriptor.digest, origin)?
    {
        return Ok(brought(descriptor.digest, descriptor.size, media_type));
    }
    let failed = |source: io::Error| Error::BaseLayer {
        digest: descriptor.digest,
        source: source.into(),
    };
    let content = open()?;
    if let Content::Here(blob) = &content
        && destinations.lend(blob).map_err(failed)?
    {
        let start = blob.start().map_err(failed)?;
        let media_type = layer::media_type_of(&start);
        return Ok(brought(descriptor.digest, descriptor.size, media_type));
    }
    let mut content = content.into_reader();
    let mut start = Vec::new();
    let read = (&mut content).take(4).read_to_end(&mut start);
    read.map_err(failed)?;
    let mut blob = HashingWriter::new(destinations.blob()?);
    blob.write_all(&start).map_err(failed)?;
    let mut block = vec![0; BLOCK];
    loop {
        if cancelled() {
            return Err(TransportError::Cancelled.into());
        }
        match content.read(&mut block) {
            Ok(0) => break,
            Ok(length) => blob.write_all(&block[..length]).map_err(failed)?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(failed(error)),
        }
    }
    let (blob, digest, size) = blob.finish();
    destinations.add_from(blob, &digest, origin.cloned())?;
    Ok(brought(digest, size, layer::media_type_of(&start)))
}
