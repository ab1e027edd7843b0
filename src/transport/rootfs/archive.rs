//! A root file system as a tar.

use std::io;
use std::path::{Path, PathBuf};

use flate2::{Compression, GzBuilder};
use tempfile::NamedTempFile;

use crate::image::Release;

use crate::transport::blob::{BlobWriter, Blobs, Place};
use crate::transport::destination::{Destination, single};
use crate::transport::failure::TransportError;
use crate::transport::plain_layer::{Packing, PlainLayer};
use crate::transport::staging::Staging;
use crate::transport::watch::Watch;

/// Level of zstd where the layer's blob is not zstd: the library's own default.
const ZSTD_LEVEL: i32 = 3;

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

    fn packing(self) -> Packing {
        match self {
            Self::Plain => Packing::None,
            Self::Gzip => Packing::Gzip,
            Self::Zstd => Packing::Zstd,
        }
    }
}

/// The tar of an image's only layer, under a name of its own.
///
/// Where the layer's blob is compressed as the archive shall be, the archive is that blob.
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
        let [layer] = image.layers.as_slice() else {
            return Err(TransportError::SeveralLayers {
                path: self.path.clone(),
                layers: image.layers.len(),
            });
        };
        let mut file = self.staging.file()?;
        let plain = PlainLayer::open(layer, blobs, watch)?;
        let failed = || TransportError::io("write", &self.path);
        if plain.packing() == self.kind.packing() {
            // Read as a layer as well, so that what is given out is one.
            plain.finish()?;
            let diff_id = layer.diff_id;
            let blob = blobs
                .get(&layer.digest)
                .ok_or(TransportError::Layer { diff_id })?;
            blob.reader()
                .and_then(|mut blob| io::copy(&mut blob, file.as_file_mut()))
                .map_err(failed())?;
        } else {
            let file = file.as_file_mut();
            match self.kind {
                ArchiveKind::Plain => plain.copy_to(file, &self.path)?,
                ArchiveKind::Gzip => {
                    // Neither name nor time in the header, which is the default.
                    let mut gzip = GzBuilder::new().write(file, Compression::default());
                    plain.copy_to(&mut gzip, &self.path)?;
                    gzip.finish().map_err(failed())?;
                }
                ArchiveKind::Zstd => {
                    let mut zstd =
                        zstd::stream::write::Encoder::new(file, ZSTD_LEVEL).map_err(failed())?;
                    plain.copy_to(&mut zstd, &self.path)?;
                    zstd.finish().map_err(failed())?;
                }
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
