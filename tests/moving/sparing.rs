//! What is where it should go already is neither read nor sent.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::distribution::Distribution;
use crate::support::workspace::{Workspace, run};

use super::{base, manifest, ready, registry, seen, send};

/// A registry that has `base:1` of a workspace, as `team/base:1`.
fn with_base() -> Option<(Distribution, Workspace)> {
    if !ready(&["docker-registry", "skopeo", "umoci"]) {
        return None;
    }
    let (server, workspace) = (registry(), Workspace::new());
    base(&workspace);
    send(&server, &workspace, "base", "team/base:1");
    Some((server, workspace))
}

/// The files of the layers of `base:1`.
fn layers(workspace: &Workspace) -> Vec<PathBuf> {
    let manifest = manifest(workspace, "base");
    let blobs = workspace.path("base/blobs/sha256");
    let layers = manifest["layers"].as_array().unwrap().iter();
    let digest = |layer: &Value| layer["digest"].as_str().unwrap()["sha256:".len()..].to_owned();
    layers.map(|layer| blobs.join(digest(layer))).collect()
}

#[test]
fn a_registry_moves_layers_between_its_repositories() {
    let Some((server, workspace)) = with_base() else {
        return;
    };
    let place = |name: &str| format!("docker://{}/{name}", server.host);
    let before = server.requests().len();
    run(&mut workspace.command(&["copy", &place("team/base:1"), &place("copied/base:1")]))
        .expect(0);
    let asked = &server.requests()[before..];
    let count = |start: &str| {
        let begins = |request: &&String| request.contains(start);
        asked.iter().filter(begins).count()
    };
    // The configuration is a document, which is read and sent.
    assert_eq!(count("GET /v2/team/base/blobs/"), 1, "{asked:#?}");
    assert_eq!(count("from=team%2Fbase"), 2, "{asked:#?}");
    assert_eq!(count("PUT /v2/copied/base/blobs/"), 1, "{asked:#?}");
    assert_eq!(seen(&server, "copied/base:1"), seen(&server, "team/base:1"));
}

#[test]
fn layers_that_are_there_are_not_opened() {
    let Some((server, workspace)) = with_base() else {
        return;
    };
    for layer in layers(&workspace) {
        fs::remove_file(layer).unwrap();
    }
    let place = |name: &str| format!("docker://{}/{name}", server.host);
    run(&mut workspace.command(&["copy", "oci:base:1", &place("team/base:2")])).expect(0);
    assert_eq!(seen(&server, "team/base:2"), seen(&server, "team/base:1"));
    let elsewhere = workspace.command(&["copy", "oci:base:1", &place("other/base:1")]);
    let failed = run(&mut { elsewhere }).expect(5).stderr;
    assert!(failed.contains("has no blob sha256:"), "{failed}");
}

#[test]
fn a_damaged_layer_is_not_taken() {
    let Some((server, workspace)) = with_base() else {
        return;
    };
    let layer = layers(&workspace).remove(1);
    let mut bytes = fs::read(&layer).unwrap();
    bytes[20] ^= 1;
    fs::write(&layer, bytes).unwrap();
    let to = format!("docker://{}/other/base:1", server.host);
    let failed = run(&mut workspace.command(&["copy", "oci:base:1", &to]));
    assert_ne!(failed.code, Some(0));
    assert!(
        failed.stderr.contains("does not match its digest"),
        "{}",
        failed.stderr
    );
    let asked = server.requests();
    let tagged = |request: &String| request.contains("PUT /v2/other/base/manifests/");
    assert!(!asked.iter().any(tagged), "{asked:#?}");
}
