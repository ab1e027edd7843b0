//! A root file system as a tar.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use tempfile::NamedTempFile;
use zstd::stream::write::Encoder;

use crate::image::Release;
use crate::layer::Layer;
use crate::tar::Format;

use crate::transport::blob::{BlobWriter, Blobs, Place};
use crate::transport::destination::{Destination, single};
use crate::transport::failure::TransportError;
use crate::transport::plain_layer::PlainLayer;
use crate::transport::staging::Staging;
use crate::transport::watch::Watch;

use super::merge::{Layers, Merged};
use super::packing::pack;

/// Level of zstd where the layer's blob is not zstd: the library's own default.
const ZSTD_LEVEL: i32 = 3;
const BUFFER: usize = 1 << 20;

/// How an archive is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ArchiveKind {
    Plain,
    Gzip,
    Zstd,
}

impl ArchiveKind {
    /// By the end of the name, as tar(1) does with `--auto-compress`.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.as_encoded_bytes();
        let endings: [(&[u8], Self); 4] = [
            (b".tar", Self::Plain),
            (b".tar.gz", Self::Gzip),
            (b".tgz", Self::Gzip),
            (b".tar.zst", Self::Zstd),
        ];
        let mut endings = endings.into_iter();
        endings.find_map(|(ending, kind)| name.ends_with(ending).then_some(kind))
    }

    fn format(self) -> Format {
        match self {
            Self::Plain => Format::Other,
            Self::Gzip => Format::Gzip,
            Self::Zstd => Format::Zstd,
        }
    }

    /// Compresses what goes to `to`, which a message calls `path`.
    fn writer<W: Write>(self, to: W, path: &Path) -> Result<Packed<W>, TransportError> {
        Ok(match self {
            Self::Plain => Packed::Plain(to),
            // Neither name nor time in the header, which is the default.
            Self::Gzip => Packed::Gzip(GzBuilder::new().write(to, Compression::default())),
            Self::Zstd => {
                let encoder = Encoder::new(to, ZSTD_LEVEL);
                Packed::Zstd(encoder.map_err(TransportError::io("write", path))?)
            }
        })
    }
}

/// A tar on its way to an archive.
enum Packed<W: Write> {
    Plain(W),
    Gzip(GzEncoder<W>),
    Zstd(Encoder<'static, W>),
}

impl<W: Write> Packed<W> {
    /// Ends the compressed stream.
    fn finish(self) -> io::Result<W> {
        match self {
            Self::Plain(to) => Ok(to),
            Self::Gzip(to) => to.finish(),
            Self::Zstd(to) => to.finish(),
        }
    }
}

impl<W: Write> Write for Packed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(to) => to.write(bytes),
            Self::Gzip(to) => to.write(bytes),
            Self::Zstd(to) => to.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(to) => to.flush(),
            Self::Gzip(to) => to.flush(),
            Self::Zstd(to) => to.flush(),
        }
    }
}

/// The tar of a root file system: of an image's only layer, or of what several make together.
///
/// Where an only layer's blob is compressed as the archive shall be, the archive is that blob.
pub(super) struct RootArchiveWriter {
    staging: Staging,
    path: PathBuf,
    kind: ArchiveKind,
    complete: Option<NamedTempFile>,
}

impl RootArchiveWriter {
    /// Begins the archive that will be at `path`.
    pub(super) fn open(path: &Path, kind: ArchiveKind) -> Result<Self, TransportError> {
        Ok(Self {
            staging: Staging::beside(path)?,
            path: path.to_owned(),
            kind,
            complete: None,
        })
    }
}

impl RootArchiveWriter {
    /// Writes the tar of an only layer.
    fn one(
        &self,
        layer: &Layer,
        file: &mut File,
        blobs: &Blobs,
        watch: &Watch<'_>,
    ) -> Result<(), TransportError> {
        let plain = PlainLayer::open(layer, blobs, watch)?;
        let failed = || TransportError::io("write", &self.path);
        if plain.format() != self.kind.format() {
            let mut packed = self.kind.writer(file, &self.path)?;
            plain.copy_to(&mut packed, &self.path)?;
            return packed.finish().map(drop).map_err(failed());
        }
        // Read as a layer as well, so that what is given out is one.
        plain.finish()?;
        let diff_id = layer.diff_id;
        let blob = blobs
            .get(&layer.digest)
            .ok_or(TransportError::Layer { diff_id })?;
        blob.reader()
            .and_then(|mut blob| io::copy(&mut blob, file))
            .map(drop)
            .map_err(failed())
    }
}

impl Destination for RootArchiveWriter {
    fn blob(&mut self) -> Result<BlobWriter, TransportError> {
        Ok(BlobWriter(Place::Whole(self.staging.file()?)))
    }

    fn prepare(
        &mut self,
        release: &Release,
        blobs: &Blobs,
        watch: &Watch<'_>,
    ) -> Result<(), TransportError> {
        let image = single(release, "a root file system")?;
        let mut file = self.staging.file()?;
        match image.layers.as_slice() {
            [layer] => self.one(layer, file.as_file_mut(), blobs, watch)?,
            layers => {
                let path = &self.path;
                let merged = Merged::of(Layers {
                    layers,
                    blobs,
                    watch,
                    path,
                })?;
                let file = BufWriter::with_capacity(BUFFER, file.as_file_mut());
                let packed = pack(&merged, self.kind.writer(file, path)?, path, watch)?;
                (packed.finish().and_then(|mut file| file.flush()))
                    .map_err(TransportError::io("write", path))?;
            }
        }
        self.complete = Some(file);
        Ok(())
    }

    fn publish(&mut self, _: &Release, _: &Watch<'_>) -> Result<(), TransportError> {
        match self.complete.take() {
            Some(file) => self.staging.publish(file, &self.path),
            None => Err(TransportError::ForeignBlob),
        }
    }
}
