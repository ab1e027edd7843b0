//! Images for several platforms under one name.

use std::process::Command;

use serde_json::Value;

use crate::support::workspace::{Workspace, require_tool, tool_json};

pub(crate) const RECIPE: &str = "name: x\nbase: scratch\nplatforms: [linux/amd64, linux/arm64]\n\
     steps:\n  - write: /arch\n    content: ${{ platform.arch }}\n";

#[test]
fn the_index_has_every_platform() {
    let workspace = Workspace::with(RECIPE);
    let digest = workspace.build(&["-o", "oci:out"]).digest();
    let again = workspace.build(&["-o", "oci:again", "--no-cache"]).digest();
    assert_eq!(digest, again);
    let index = super::document(&workspace, "out", &Value::from(digest));
    let images = index["manifests"].as_array().unwrap();
    let architectures = images
        .iter()
        .map(|image| &image["platform"]["architecture"]);
    assert_eq!(architectures.collect::<Vec<_>>(), ["amd64", "arm64"]);
    assert_ne!(images[0]["digest"], images[1]["digest"]);
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
    let digest = workspace.build(&options).digest();
    let manifest = super::document(&workspace, "out", &Value::from(digest));
    assert!(manifest["manifests"].is_null());
    let config = super::document(&workspace, "out", &manifest["config"]["digest"]);
    assert_eq!(config["architecture"], "arm64");
}
