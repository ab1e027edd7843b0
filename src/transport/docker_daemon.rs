//! Giving an image to a running docker.

use std::path::Path;

use tempfile::TempDir;

use crate::image::Release;

use super::blob::{BlobWriter, Blobs};
use super::destination::{Destination, spool};
use super::docker_archive::DockerArchiveWriter;
use super::failure::TransportError;
use super::program::Program;
use super::reference::{ImageName, Reference};
use super::watch::Watch;

const ARCHIVE: &str = "image.tar";

/// An archive in a temporary folder, and `docker load` at the end. Which docker, the program's own
/// settings say: `DOCKER_HOST`, contexts (docker(1), "ENVIRONMENT VARIABLES").
pub(super) struct DaemonWriter {
    docker: Program,
    folder: TempDir,
    archive: DockerArchiveWriter,
}

impl DaemonWriter {
    /// Makes sure that docker answers. `names` is not empty.
    pub(super) fn open(names: Vec<ImageName>) -> Result<Self, TransportError> {
        let docker = Program::find("docker").ok_or_else(|| TransportError::NoTool {
            reference: names
                .first()
                .map(|name| Reference::DockerDaemon(name.clone()).to_string())
                .unwrap_or_default(),
            tools: "the program `docker`",
            cure: "install docker's command line (`docker-ce-cli`, or `docker.io` on Debian), or write a \
                   `docker-archive:` for `docker load`",
        })?;
        let ended = docker.run(
            &["version", "--format", "{{.Server.Version}}"],
            Path::new("/"),
            &Watch::default(),
        )?;
        if !ended.status.success() {
            return Err(TransportError::NoDaemon {
                command: ended.command,
                told: ended.told,
            });
        }
        let folder = tempfile::tempdir().map_err(TransportError::io(
            "create a directory in",
            std::env::temp_dir(),
        ))?;
        Ok(Self {
            docker,
            archive: DockerArchiveWriter::open(&folder.path().join(ARCHIVE), names)?,
            folder,
        })
    }
}

impl Destination for DaemonWriter {
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
        self.archive.prepare(release, blobs, watch)?;
        self.archive.publish(release, watch)
    }

    fn publish(&mut self, _: &Release, watch: &Watch<'_>) -> Result<(), TransportError> {
        let words = ["load", "--quiet", "--input", ARCHIVE];
        self.docker.run_well(&words, self.folder.path(), watch)
    }
}
