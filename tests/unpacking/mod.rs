//! Archives that `fetch` unpacks: those that real programs write, and those that nobody should.

mod damaged;
mod entries;
mod hostile;
mod limits;
mod links;
pub(crate) mod member;
mod programs;
mod zip;

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::server::Server;
use crate::support::workspace::{Outcome, Workspace, sum};

/// Builds an image with an archive in `/opt`; `rest` are further lines of the step.
pub(crate) fn build(archive: &[u8], before: &str, rest: &str) -> (Workspace, Outcome) {
    let server = Server::with(archive);
    let workspace = Workspace::with(&recipe(&server, archive, before, rest));
    let outcome = workspace.build(&["-o", "oci:out"]);
    (workspace, outcome)
}

pub(crate) fn recipe(server: &Server, archive: &[u8], before: &str, rest: &str) -> String {
    let (url, digest) = (server.url("/file"), sum("sha256sum", archive));
    format!(
        "name: x\nbase: scratch\nsteps:\n{before}  - fetch: {url}\n    sha256: {digest}\n    \
         to: /opt\n    extract: true\n{rest}"
    )
}

/// Looks at a path in the unpacked image.
pub(crate) fn content(root: &Path, path: &str) -> String {
    fs::read_to_string(root.join("opt").join(path)).unwrap()
}

pub(crate) fn compressed(program: &str, bytes: &[u8]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, bytes).unwrap();
    let output = Command::new(program).arg("-c").arg(&path).output().unwrap();
    assert!(output.status.success());
    output.stdout
}
