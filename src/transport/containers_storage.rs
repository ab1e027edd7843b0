//! Giving an image to the storage that podman, buildah and CRI-O share.

use tempfile::TempDir;

use crate::digest::Digest;
use crate::image::Release;

use super::archive::ArchiveWriter;
use super::blob::{BlobWriter, Blobs, Finished, Place};
use super::destination::{Destination, single};
use super::docker_archive::DockerArchiveWriter;
use super::failure::TransportError;
use super::program::Program;
use super::reference::{ImageName, Reference};
use super::watch::Watch;

const ARCHIVE: &str = "image.tar";

/// An archive in a temporary folder, and the program that reads it at the end. Which storage, the
/// program's own settings say (containers-storage.conf(5)).
///
/// The layout of the storage is no interface: only containers/storage itself may write it. skopeo
/// keeps the manifest as it is; podman, where there is no skopeo, makes another one around the same
/// configuration, so that the image id is the same and the manifest's digest is not.
pub(super) struct StorageWriter {
    folder: TempDir,
    archive: Box<dyn Destination>,
    loader: Loader,
}

enum Loader {
    Skopeo(Program, Vec<ImageName>),
    Podman(Program),
}

impl StorageWriter {
    /// Looks for a program that can. `names` is not empty.
    pub(super) fn open(names: Vec<ImageName>) -> Result<Self, TransportError> {
        let folder = tempfile::tempdir().map_err(TransportError::io(
            "create a directory in",
            std::env::temp_dir(),
        ))?;
        let file = folder.path().join(ARCHIVE);
        let (archive, loader): (Box<dyn Destination>, Loader) =
            if let Some(skopeo) = Program::find("skopeo") {
                let archive = ArchiveWriter::open(&file, None)?;
                (Box::new(archive), Loader::Skopeo(skopeo, names))
            } else if let Some(podman) = Program::find("podman") {
                let archive = DockerArchiveWriter::open(&file, names)?;
                (Box::new(archive), Loader::Podman(podman))
            } else {
                return Err(TransportError::NoTool {
                    reference: names
                        .first()
                        .map(|name| Reference::ContainersStorage(name.clone()).to_string())
                        .unwrap_or_default(),
                    tools: "`skopeo` or `podman`",
                    cure: "install `skopeo`, or write an `oci-archive:` for `podman load`",
                });
            };
        Ok(Self {
            folder,
            archive,
            loader,
        })
    }
}

impl Destination for StorageWriter {
    fn is_foreign(&self) -> bool {
        true
    }

    fn blob(&mut self) -> Result<BlobWriter, TransportError> {
        self.archive.blob()
    }

    fn finish(&mut self, place: Place, digest: &Digest) -> Result<Finished, TransportError> {
        self.archive.finish(place, digest)
    }

    fn copy(&mut self, digest: &Digest, from: &Finished) -> Result<(), TransportError> {
        self.archive.copy(digest, from)
    }

    fn prepare(
        &mut self,
        release: &Release,
        blobs: &Blobs,
        watch: &Watch<'_>,
    ) -> Result<(), TransportError> {
        single(release, "the storage of podman")?;
        self.archive.prepare(release, blobs, watch)?;
        self.archive.publish(release, watch)
    }

    fn publish(&mut self, _: &Release, watch: &Watch<'_>) -> Result<(), TransportError> {
        let folder = self.folder.path();
        match &self.loader {
            Loader::Skopeo(skopeo, names) => {
                for name in names {
                    // The policy is about whose signatures are trusted, and this image has none:
                    // it is our own.
                    let words = [
                        "--insecure-policy",
                        "copy",
                        "--quiet",
                        "--preserve-digests",
                        &format!("oci-archive:{ARCHIVE}"),
                        &Reference::ContainersStorage(name.clone()).to_string(),
                    ];
                    skopeo.run_well(&words, folder, watch)?;
                }
                Ok(())
            }
            Loader::Podman(podman) => {
                podman.run_well(&["load", "--quiet", "--input", ARCHIVE], folder, watch)
            }
        }
    }
}
