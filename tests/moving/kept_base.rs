//! One layer on those of the base: the same root, by what changed alone.

use std::process::Command;

use serde_json::{Value, json};

use super::{document, manifest};
use crate::support::listing::{Listing, differences, list};
use crate::support::workspace::{Workspace, require_root, require_tool, tool};

const LOWER: &str = r#"
name: lower
base: scratch
steps:
  - write: /kept/file
    content: kept
  - write: /overwritten
    content: before
  - write: /deleted
    content: ""
  - write: /folder/deleted/a/b
    content: ""
  - write: /recreated/old
    content: old
  - write: /recreated/sub/old
    content: old
  - write: /mode/inside
    content: ""
  - write: /to-folder
    content: a file
  - write: /to-file/inside
    content: ""
  - write: /to-link/inside
    content: ""
  - link: /link-to-folder
    target: kept
  - link: /link-to-file
    target: kept/file
"#;

const UPPER: &str = r#"
name: upper
base: oci:../lower
steps:
  - write: /kept/second
    content: of the second layer
  - write: /recreated/newer
    content: of the second layer
output:
  layers: on-base
"#;

const CHANGES: &str = r#"
steps:
  - write: /added/deep/file
    content: added
  - write: /overwritten
    content: after
    mode: "0600"
  - remove: /deleted
  - remove: /folder/deleted
  - remove: [/recreated, /to-folder, /to-file, /to-link, /link-to-folder, /link-to-file]
  - directory: /recreated
    mode: "0700"
  - write: /recreated/new
    content: new
  - permissions: /mode
    mode: "2750"
    owner: "7:8"
  - write: /to-folder/inside
    content: inside
  - write: /to-file
    content: a file
  - link: /to-link
    target: kept
  - write: /link-to-folder/inside
    content: inside
  - write: /link-to-file
    content: a file
"#;

/// A workspace with the base `base`, of two layers.
fn with_base() -> Option<Workspace> {
    if !require_root() || !require_tool("umoci") {
        return None;
    }
    let workspace = Workspace::with(LOWER);
    workspace.build(&["-o", "oci:lower"]).expect(0);
    workspace.write("recipe.yaml", UPPER);
    workspace
        .build(&["-o", "oci:base", "-o", "docker-archive:base.tar"])
        .expect(0);
    Some(workspace)
}

fn recipe(base: &str, layers: &str) -> String {
    format!("name: x\nbase: {base}\noutput:\n  layers: {layers}\n{CHANGES}")
}

/// Builds the same changes in both ways, as `one` and `above`.
fn build_both(workspace: &Workspace, base: &str) {
    for (layers, output) in [("one", "oci:one"), ("on-base", "oci:above")] {
        workspace.write("recipe.yaml", &recipe(base, layers));
        workspace.build(&["-o", output]).expect(0);
    }
}

/// The root of an image without the times of directories, which umoci sets as it goes.
fn root(workspace: &Workspace, layout: &str) -> Listing {
    let to = workspace.path(&format!("root-{layout}"));
    let image = format!("{}:latest", workspace.path(layout).display());
    let mut umoci = Command::new("umoci");
    tool(umoci.args(["raw", "unpack", "--image", &image]).arg(&to));
    let mut listing = list(&to);
    for line in listing.values_mut() {
        if line.starts_with("Directory") {
            let words = line.split(' ').enumerate();
            let words = words.filter(|(index, _)| *index != 3);
            *line = words.map(|(_, word)| word).collect::<Vec<_>>().join(" ");
        }
    }
    listing
}

#[track_caller]
fn assert_same_root(workspace: &Workspace) -> Listing {
    let (one, above) = (root(workspace, "one"), root(workspace, "above"));
    assert!(one == above, "{}", differences(&one, &above));
    above
}

/// Manifest and configuration of the only image in a layout.
fn documents(workspace: &Workspace, layout: &str) -> (Value, Value) {
    let manifest = manifest(workspace, layout);
    let config = document(workspace, layout, &manifest["config"]["digest"]);
    (manifest, config)
}

fn array(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

#[test]
fn the_root_is_that_of_one_layer() {
    let Some(workspace) = with_base() else { return };
    build_both(&workspace, "oci:../base");
    let root = assert_same_root(&workspace);
    let has = |path: &str| root.contains_key(path.as_bytes());
    for path in ["kept/second", "added/deep/file", "recreated/new", "folder"] {
        assert!(has(path), "{path}");
    }
    for path in [
        "deleted",
        "folder/deleted",
        "recreated/old",
        "recreated/newer",
    ] {
        assert!(!has(path), "{path}");
    }
    assert!(root[&b"mode"[..]].starts_with("Directory 2750 7:8"));
}

#[test]
fn layers_and_history_of_the_base_stay() {
    let Some(workspace) = with_base() else { return };
    build_both(&workspace, "oci:../base");
    let (base, base_config) = documents(&workspace, "base");
    let (above, config) = documents(&workspace, "above");
    assert_eq!(array(&base["layers"]).len(), 2);
    assert_eq!(array(&above["layers"]).len(), 3);
    assert_eq!(array(&above["layers"])[..2], *array(&base["layers"]));
    let ids = |config: &Value| array(&config["rootfs"]["diff_ids"]).to_vec();
    assert_eq!(ids(&config)[..2], ids(&base_config));
    assert_eq!(array(&config["history"]).len(), 3);
    assert_eq!(
        array(&config["history"])[..2],
        *array(&base_config["history"])
    );
    let (one, _) = documents(&workspace, "one");
    assert_eq!(array(&one["layers"]).len(), 1);
    // The new layer does not repeat what it did not touch.
    let listed = layer_names(&workspace, &above["layers"][2]["digest"]);
    let named = |name: &str| {
        listed
            .iter()
            .any(|found| found.trim_end_matches('/') == name)
    };
    assert!(named(".wh.deleted") && named("folder/.wh.deleted") && named("recreated/.wh.old"));
    assert!(
        !named("kept/file") && !named("mode/inside") && !named("kept"),
        "{listed:?}"
    );
}

fn layer_names(workspace: &Workspace, digest: &Value) -> Vec<String> {
    let hex = digest.as_str().unwrap().strip_prefix("sha256:").unwrap();
    let layer = workspace.path("above/blobs/sha256").join(hex);
    let names = tool(Command::new("tar").arg("-tzf").arg(layer));
    let plain = |name: &str| name.trim_start_matches("./").to_owned();
    names.lines().map(plain).collect()
}

#[test]
fn the_base_may_be_an_archive_of_docker() {
    let Some(workspace) = with_base() else { return };
    build_both(&workspace, "docker-archive:../base.tar");
    assert_same_root(&workspace);
    let (_, base) = documents(&workspace, "base");
    let (above, config) = documents(&workspace, "above");
    assert_eq!(array(&above["layers"]).len(), 3);
    let ids = array(&config["rootfs"]["diff_ids"]);
    assert_eq!(json!(ids[..2]), base["rootfs"]["diff_ids"]);
    assert_eq!(array(&config["history"])[..2], *array(&base["history"]));
}

#[test]
fn nothing_changed_is_an_empty_layer_on_top() {
    let Some(workspace) = with_base() else { return };
    let recipe = "name: x\nbase: oci:../base\noutput:\n  layers: on-base\n";
    workspace.write("recipe.yaml", recipe);
    workspace.build(&["-o", "oci:above"]).expect(0);
    let (base, above) = (root(&workspace, "base"), root(&workspace, "above"));
    assert!(base == above, "{}", differences(&base, &above));
}
