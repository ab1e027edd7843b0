//! Images of podman's storage and of docker, taken out by their own programs.
//!
//! Neither storage is an interface: only its owner may read it. What comes out is an archive in a
//! temporary folder, which is then read like any other.

use std::path::PathBuf;

use tempfile::TempDir;

use super::failure::TransportError;
use super::program::Program;
use super::reference::{ImageName, Reference};
use super::watch::Watch;

const ARCHIVE: &str = "image.tar";

/// An archive that vanishes with this.
#[derive(Debug)]
pub(super) struct Exported {
    /// Where the archive is.
    pub(super) reference: Reference,
    _folder: TempDir,
}

/// Takes an image out of podman's storage: by skopeo, or by podman where there is none.
pub(super) fn from_storage(
    name: &ImageName,
    watch: &Watch<'_>,
) -> Result<Exported, TransportError> {
    let (folder, file) = folder()?;
    let reference = Reference::ContainersStorage(name.clone());
    if let Some(skopeo) = Program::find("skopeo") {
        let to = format!("oci-archive:{ARCHIVE}");
        // The policy is about whose signatures are trusted; what is in the storage was taken in.
        let from = reference.to_string();
        let words = ["--insecure-policy", "copy", "--quiet", &from, &to];
        skopeo.run_well(&words, folder.path(), watch)?;
    } else if let Some(podman) = Program::find("podman") {
        let name = name.to_string();
        let words = [
            "save",
            "--quiet",
            "--format",
            "oci-archive",
            "--output",
            ARCHIVE,
            &name,
        ];
        podman.run_well(&words, folder.path(), watch)?;
    } else {
        return Err(TransportError::NoTool {
            reference: reference.to_string(),
            tools: "`skopeo` or `podman`",
            cure: "install `skopeo`, or write the image to an `oci-archive:` where it is",
        });
    }
    Ok(Exported {
        reference: Reference::OciArchive { file, tag: None },
        _folder: folder,
    })
}

/// Takes an image out of a running docker.
pub(super) fn from_docker(name: &ImageName, watch: &Watch<'_>) -> Result<Exported, TransportError> {
    let (folder, file) = folder()?;
    let docker = Program::find("docker").ok_or_else(|| TransportError::NoTool {
        reference: Reference::DockerDaemon(name.clone()).to_string(),
        tools: "the program `docker`",
        cure: "install docker's command line, or name a `docker-archive:` that `docker save` wrote",
    })?;
    let name = name.to_string();
    let words = ["save", "--output", ARCHIVE, &name];
    docker.run_well(&words, folder.path(), watch)?;
    Ok(Exported {
        reference: Reference::DockerArchive { file, name: None },
        _folder: folder,
    })
}

fn folder() -> Result<(TempDir, PathBuf), TransportError> {
    let folder = tempfile::tempdir().map_err(TransportError::io(
        "create a directory in",
        std::env::temp_dir(),
    ))?;
    let file = folder.path().join(ARCHIVE);
    Ok((folder, file))
}
