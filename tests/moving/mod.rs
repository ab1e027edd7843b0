//! Images on their way between registries, files and builds, as a user moves them.

mod copying;
mod interrupted_pull;
mod interrupted_push;
mod moved_tag;
mod on_base;
mod platforms;
mod pull;
mod push;
mod sparing;

use std::collections::BTreeSet;
use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use serde_json::{Value, json};

use crate::bases::entry::{Entry, layer};
use crate::layouts::entries;
use crate::support::distribution::Distribution;
use crate::support::nasty::noise;
use crate::support::workspace::{Outcome, Workspace, require_tool, sum, tool};
use crate::support::{LONG, require_root, scratch};

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

/// Layers of some hundred thousand bytes that nothing makes smaller.
fn large_layers(mark: &str) -> Vec<Vec<u8>> {
    let large = |name: &str, length| {
        let content = [mark.as_bytes(), &noise(length)].concat();
        layer(&[
            Entry::folder("d/"),
            Entry::file(format!("d/{name}"), content),
        ])
    };
    vec![
        large("one", 300_000),
        large("two", 400_000),
        large("three", 200_000),
    ]
}

/// The program, with a folder for temporary files of its own.
fn started(workspace: &Workspace, arguments: &[&str]) -> Child {
    let temporary = workspace.path("tmp");
    fs::create_dir_all(&temporary).unwrap();
    let mut command = workspace.command(arguments);
    (command.env("TMPDIR", temporary))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// Ends what was started by a signal. SIGINT is obeyed soon, and leaves nothing that was half done.
#[track_caller]
fn interrupt(workspace: &Workspace, child: Child, signal: &str) {
    let begun = Instant::now();
    tool(Command::new("kill").args([signal, &child.id().to_string()]));
    let told: Outcome = child.wait_with_output().unwrap().into();
    if signal == "-KILL" {
        assert_eq!(told.code, None, "{}", told.stderr);
        return;
    }
    assert_eq!(told.code, Some(130), "{}", told.stderr);
    assert!(begun.elapsed() < LONG);
    assert_eq!(told.stdout, "");
    assert_nothing_half_done(workspace);
}

/// No temporary file is left, and what the cache has is whole.
#[track_caller]
fn assert_nothing_half_done(workspace: &Workspace) {
    for folder in [workspace.path("tmp"), workspace.cache().join("drafts")] {
        if folder.exists() {
            assert_eq!(entries(&folder), BTreeSet::new(), "{}", folder.display());
        }
    }
    assert_blobs_whole(workspace);
}

/// Every blob in the cache has the digest that it is called by; there are so many.
#[track_caller]
fn assert_blobs_whole(workspace: &Workspace) -> usize {
    let folder = workspace.cache().join("blobs/sha256");
    if !folder.exists() {
        return 0;
    }
    let names = entries(&folder);
    for name in &names {
        let bytes = fs::read(folder.join(name)).unwrap();
        assert_eq!(sum("sha256sum", &bytes), *name);
    }
    names.len()
}
