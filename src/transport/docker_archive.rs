//! Writing what `docker load` reads.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::json;
use tempfile::NamedTempFile;

use crate::image::Release;

use super::blob::{BlobWriter, Blobs, Place};
use super::destination::{Destination, single};
use super::failure::TransportError;
use super::plain_layer::PlainLayer;
use super::reference::ImageName;
use super::staging::Staging;
use super::tape::Tape;
use super::watch::Watch;

/// The file that says what the others are (moby's [image-spec v1.2], "Combined Image JSON +
/// Filesystem Changeset Format").
///
/// [image-spec v1.2]: https://github.com/moby/docker-image-spec/blob/v1.2.0/v1.2.md
const LIST: &str = "manifest.json";

/// An archive of one image with any number of names.
///
/// Layers are stored as plain tars named for their `diff_id`, the configuration is the image's
/// own: whoever loads it gets the same image id. `repositories` and a folder for each layer, which
/// docker wanted before 1.10, are left out. Equal images with equal names give equal archives.
pub(super) struct DockerArchiveWriter {
    staging: Staging,
    path: PathBuf,
    names: Vec<ImageName>,
    complete: Option<NamedTempFile>,
}

impl DockerArchiveWriter {
    /// Begins the archive that will be at `path`.
    pub(super) fn open(path: &Path, names: Vec<ImageName>) -> Result<Self, TransportError> {
        Ok(Self {
            staging: Staging::beside(path)?,
            path: path.to_owned(),
            names,
            complete: None,
        })
    }
}

impl Destination for DockerArchiveWriter {
    fn blob(&mut self) -> Result<BlobWriter, TransportError> {
        Ok(BlobWriter(Place::Whole(self.staging.file()?)))
    }

    fn prepare(
        &mut self,
        release: &Release,
        blobs: &Blobs,
        watch: &Watch<'_>,
    ) -> Result<(), TransportError> {
        let image = single(release, "a docker archive")?;
        let mut tape = Tape::new(self.staging.file()?, &self.path);
        let config = format!("{}.json", image.config.digest.hex());
        tape.member(&config, &image.config.bytes)?;
        let mut written = BTreeSet::new();
        let mut layers = Vec::new();
        for layer in &image.layers {
            let name = format!("{}.tar", layer.diff_id.hex());
            if written.insert(layer.diff_id) {
                let plain = PlainLayer::open(layer, blobs, watch)?;
                let (file, header) = tape.begin_member()?;
                plain.copy_to(file, &self.path)?;
                tape.end_member(header, &name)?;
            }
            layers.push(name);
        }
        let names: Vec<String> = self.names.iter().map(ToString::to_string).collect();
        // Null where docker writes it: for an image without a name.
        let names = (!names.is_empty()).then_some(names);
        let list = json!([{ "Config": config, "RepoTags": names, "Layers": layers }]);
        tape.member(LIST, list.to_string().as_bytes())?;
        self.complete = Some(tape.end()?);
        Ok(())
    }

    fn publish(&mut self, _: &Release, _: &Watch<'_>) -> Result<(), TransportError> {
        match self.complete.take() {
            Some(file) => self.staging.publish(file, &self.path),
            None => Err(TransportError::ForeignBlob),
        }
    }
}
