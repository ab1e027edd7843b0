//! Images for several platforms under one name.

use std::process::Command;

use serde_json::Value;

use crate::support::workspace::{Workspace, require_tool, run, tool_json};

use super::{document, manifest, ready, registry, seen};

const RECIPE: &str = "name: x\nbase: scratch\nplatforms: [linux/amd64, linux/arm64]\n\
     steps:\n  - write: /arch\n    content: ${{ platform.arch }}\n";

/// Architectures in the order of an index.
fn architectures(index: &Value) -> Vec<&str> {
    let images = index["manifests"].as_array().unwrap().iter();
    images
        .map(|image| image["platform"]["architecture"].as_str().unwrap())
        .collect()
}

#[test]
fn the_index_has_every_platform() {
    let workspace = Workspace::with(RECIPE);
    let digest = workspace.build(&["-o", "oci:out"]).digest();
    let again = workspace.build(&["-o", "oci:again", "--no-cache"]).digest();
    assert_eq!(digest, again);
    let index = document(&workspace, "out", &Value::from(digest));
    assert_eq!(architectures(&index), ["amd64", "arm64"]);
    assert_ne!(
        index["manifests"][0]["digest"],
        index["manifests"][1]["digest"]
    );
    if !require_tool("skopeo") {
        return;
    }
    for architecture in ["amd64", "arm64"] {
        let mut skopeo = Command::new("skopeo");
        skopeo.args(["--override-arch", architecture, "inspect"]);
        let seen = tool_json(skopeo.arg(workspace.layout("out:latest")));
        assert_eq!(seen["Architecture"], architecture);
    }
}

#[test]
fn one_platform_is_no_index() {
    let workspace = Workspace::with(RECIPE);
    let options = ["-o", "oci:out", "--platform", "linux/arm64"];
    workspace.build(&options).expect(0);
    let manifest = manifest(&workspace, "out");
    assert!(manifest["manifests"].is_null());
    let config = document(&workspace, "out", &manifest["config"]["digest"]);
    assert_eq!(config["architecture"], "arm64");
}

#[test]
fn an_index_goes_on_with_all_of_its_images() {
    if !ready(&["docker-registry", "skopeo"]) {
        return;
    }
    let (server, workspace) = (registry(), Workspace::with(RECIPE));
    let to = format!("docker://{}/team/app:1", server.host);
    let digest = workspace.build(&["-o", &to, "-o", "oci:out:1"]).digest();
    let raw = |name: &str| server.skopeo(&["inspect", "--raw", "--tls-verify=false", name]);
    let index = raw(&to);
    assert_eq!(
        architectures(&serde_json::from_str(&index).unwrap()),
        ["amd64", "arm64"]
    );
    let on = format!("docker://{}/team/copy:1", server.host);
    let copy = |words: &[&str]| run(&mut workspace.command(&[&["copy", "--all"], words].concat()));
    assert_eq!(copy(&[&to, &on, "oci:second:1"]).digest(), digest);
    assert_eq!(copy(&["oci:out:1", &on]).digest(), digest);
    assert_eq!(copy(&[&on, "oci:third:1"]).digest(), digest);
    assert_eq!(raw(&on), index);
    assert_eq!(seen(&server, "team/copy:1"), digest);
}

#[test]
fn a_place_for_one_image_takes_no_index() {
    let workspace = Workspace::with(RECIPE);
    let refused = run(&mut workspace.command(&["build", "context", "-o", "docker-archive:a.tar"]));
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("docker-archive:a.tar"),
        "{}",
        refused.stderr
    );
    workspace.build(&["-o", "oci:out:1"]).expect(0);
    let words = ["copy", "--all", "oci:out:1", "docker-archive:a.tar"];
    run(&mut workspace.command(&words)).expect(2);
    assert!(!workspace.path("a.tar").exists());
}
