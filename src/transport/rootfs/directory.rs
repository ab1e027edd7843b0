//! A root file system as a directory.

use std::fs;
use std::path::{Path, PathBuf};

use crate::image::Release;
use crate::progress::Event;

use crate::transport::blob::{BlobWriter, Blobs, Place};
use crate::transport::destination::{Destination, single};
use crate::transport::failure::TransportError;
use crate::transport::staged_folder::StagedFolder;
use crate::transport::staging::{Staging, Target};
use crate::transport::watch::Watch;

use super::extraction::Extraction;
use super::merge::{Layers, Merged};

/// The layers of an image, unpacked beside the directory that they become.
pub(super) struct RootDirectoryWriter {
    staging: Staging,
    path: PathBuf,
    folder: StagedFolder,
}

impl RootDirectoryWriter {
    /// Makes sure that nothing, or an empty directory, is at `path`.
    pub(super) fn open(path: &Path) -> Result<Self, TransportError> {
        let target = Target::of(path, "the name of a directory")?;
        let kind = || TransportError::Kind {
            path: path.to_owned(),
            expected: "a directory, so it is not replaced",
        };
        match fs::symlink_metadata(path) {
            Ok(found) if !found.is_dir() => return Err(kind()),
            Ok(_) => {
                let mut entries = fs::read_dir(path).map_err(TransportError::io("list", path))?;
                if entries.next().is_some() {
                    return Err(TransportError::NotEmpty {
                        path: path.to_owned(),
                    });
                }
            }
            Err(_) => {}
        }
        let staging = target.stage()?;
        Ok(Self {
            folder: staging.folder()?,
            staging,
            path: path.to_owned(),
        })
    }
}

impl Destination for RootDirectoryWriter {
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
        let root = self.folder.root()?;
        let merged = Merged::of(Layers {
            layers: &image.layers,
            blobs,
            watch,
            path: &self.path,
        })?;
        let losses = Extraction::new(&root, &self.path, watch).run(&merged)?;
        if !losses.is_empty() {
            let message = format!(
                "`{}` lacks what only root, or another file system, could give it: {losses}",
                self.path.display()
            );
            watch.reporter.report(&Event::Warning { message: &message });
        }
        Ok(())
    }

    fn publish(&mut self, _: &Release, _: &Watch<'_>) -> Result<(), TransportError> {
        self.folder.publish(&self.path)
    }
}
