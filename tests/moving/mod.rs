//! Images on their way between registries, files and builds, as a user moves them.

mod copying;
mod indexes;
mod kept_base;
mod on_base;
mod platforms;
mod pull;
mod push;
mod registries;
mod sparing;
mod ways;

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::distribution::Distribution;
use crate::support::workspace::{Workspace, require_tool, tool};
use crate::support::{require_root, scratch};

/// Whether all tools are here, and the right to own files.
fn ready(tools: &[&str]) -> bool {
    require_root() && tools.iter().all(|tool| require_tool(tool))
}

/// A registry without a lock.
fn registry() -> Distribution {
    Distribution::new(scratch(), json!({}))
}

/// Makes the image `base:1` of two layers by umoci, in the folder of the workspace.
fn base(workspace: &Workspace) {
    let script = r"set -eu; umask 022
        mkdir -p root/opt/sub root/gone/deep root/again/old root/etc root/kind two
        echo a > root/opt/sub/a; echo b > root/gone/deep/f; echo c > root/again/old/x
        echo d > root/etc/conf; echo e > root/kind/f; echo l > root/filekind
        ln -s conf root/etc/link; chmod 700 root/opt; echo two > two/two; chmod 711 two
        umoci init --layout base; umoci new --image base:1
        umoci insert --image base:1 root /; umoci insert --image base:1 two /srv
        umoci config --image base:1 --config.env A=b --author me";
    let mut shell = Command::new("sh");
    tool(shell.args(["-c", script]).current_dir(workspace.path("")));
}

/// A blob of a layout, as JSON.
fn document(workspace: &Workspace, layout: &str, digest: &Value) -> Value {
    let hex = digest.as_str().unwrap().strip_prefix("sha256:").unwrap();
    let path = workspace.path(layout).join("blobs/sha256").join(hex);
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// The manifest of the only image in a layout.
pub(crate) fn manifest(workspace: &Workspace, layout: &str) -> Value {
    let index = fs::read(workspace.path(layout).join("index.json")).unwrap();
    let index: Value = serde_json::from_slice(&index).unwrap();
    document(workspace, layout, &index["manifests"][0]["digest"])
}

/// Copies an image of a layout into a registry by skopeo.
fn send(server: &Distribution, workspace: &Workspace, layout: &str, name: &str) {
    let from = format!("oci:{}", workspace.path(layout).display());
    let to = format!("docker://{}/{name}", server.host);
    server.skopeo(&["copy", "--quiet", "--dest-tls-verify=false", &from, &to]);
}

/// The digest that skopeo sees under a name.
fn seen(server: &Distribution, name: &str) -> String {
    let name = format!("docker://{}/{name}", server.host);
    let words = [
        "inspect",
        "--tls-verify=false",
        "--format={{.Digest}}",
        &name,
    ];
    server.skopeo(&words).trim().to_owned()
}
