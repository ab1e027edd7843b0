//! Every kind of place that an image goes to, looked at by the tools that read it.

mod daemon;
mod docker_archive;
mod docker_format;
mod failures;
mod layers;
mod merged;
mod roots;
mod storage;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::workspace::Workspace;

/// A recipe that needs no privilege; its image has two tags.
pub(crate) const RECIPE: &str = "
name: demo
base: scratch
steps:
  - write: /message
    content: from the layer
  - write: /private/key
    content: secret
    mode: '0600'
config:
  cmd: [/message]
  labels: {a: b}
output:
  tags: ['1', two]
";

/// A built image whose configuration another output shows.
fn config_digest(workspace: &Workspace, layout: &str) -> String {
    let read =
        |path: PathBuf| -> Value { serde_json::from_slice(&fs::read(path).unwrap()).unwrap() };
    let layout = workspace.path(layout);
    let index = read(layout.join("index.json"));
    let blob = |digest: &Value| {
        let hex = digest.as_str().unwrap().strip_prefix("sha256:").unwrap();
        layout.join("blobs/sha256").join(hex)
    };
    let manifest = read(blob(&index["manifests"][0]["digest"]));
    manifest["config"]["digest"].as_str().unwrap().to_owned()
}

/// Fails if there is anything but `expected` in a folder.
#[track_caller]
fn assert_holds(folder: &Path, expected: &[&str]) {
    let found = crate::layouts::entries(folder);
    let found: Vec<&str> = found.iter().map(String::as_str).collect();
    assert_eq!(found, expected);
}
