//! Layers on those of a base.

use std::process::Command;

use crate::support::listing::{differences, list};
use crate::support::workspace::{Workspace, tool};

use super::{base, document, manifest, ready};

const STEPS: &str = "
steps:
  - remove: /gone
  - remove: /again
  - directory: /again
  - {write: /again/new, content: new}
  - {write: /etc/conf, content: other}
  - remove: /kind
  - {write: /kind, content: file}
  - remove: /filekind
  - directory: /filekind
  - {write: /opt/sub/b, content: b}
  - {remove: /opt/sub/a}
  - {permissions: /srv, mode: '0750'}
output:
  layers: ";

fn build(workspace: &Workspace, layers: &str, layout: &str) {
    let text = format!("name: app\nbase: oci:../base:1{STEPS}{layers}\n");
    workspace.write("recipe.yaml", &text);
    workspace.build(&["-o", &format!("oci:{layout}")]).expect(0);
}

#[test]
fn unpacked_they_are_what_one_layer_is() {
    if !ready(&["umoci"]) {
        return;
    }
    let workspace = Workspace::new();
    base(&workspace);
    build(&workspace, "on-base", "several");
    build(&workspace, "one", "single");
    let root = |layout: &str| {
        let image = format!("{}:latest", workspace.path(layout).display());
        let root = workspace.path(&format!("root-{layout}"));
        let mut umoci = Command::new("umoci");
        tool(umoci.args(["raw", "unpack", "--image", &image]).arg(&root));
        let mut found = list(&root);
        // Times differ by nature: one layer has no time above `SOURCE_DATE_EPOCH`, a base its own.
        for line in found.values_mut() {
            let mut words: Vec<&str> = line.split(' ').collect();
            words.remove(3);
            *line = words.join(" ");
        }
        found
    };
    let (several, single) = (root("several"), root("single"));
    assert!(several == single, "{}", differences(&single, &several));
    assert!(!several.contains_key(&b"again/old"[..]));
    assert!(several[&b"kind"[..]].starts_with("RegularFile"));

    // The base's blobs and history are the image's.
    let (below, image) = (
        manifest(&workspace, "base"),
        manifest(&workspace, "several"),
    );
    let layers = image["layers"].as_array().unwrap();
    let kept = below["layers"].as_array().unwrap();
    let digest = |layer: &serde_json::Value| layer["digest"].clone();
    assert_eq!(layers.len(), 3);
    assert!(kept.iter().zip(layers).all(|(a, b)| digest(a) == digest(b)));
    let config = document(&workspace, "several", &image["config"]["digest"]);
    assert_eq!(
        config["history"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|line| line["empty_layer"] != true)
            .count(),
        3
    );
    assert_eq!(config["config"]["Env"][0], "A=b");

    // The layer alone has the folders on the way, with their modes.
    let hex = layers[2]["digest"].as_str().unwrap().replace("sha256:", "");
    let blob = workspace.path("several/blobs/sha256").join(hex);
    let told = tool(Command::new("tar").arg("tvzf").arg(blob));
    for (mode, name) in [
        ("drwx------", " opt/"),
        ("drwxr-xr-x", " opt/sub/"),
        ("drwxr-x---", " srv/"),
        ("-", " .wh.gone"),
        ("-", " opt/sub/.wh.a"),
    ] {
        let is_there = |line: &str| line.starts_with(mode) && line.ends_with(name);
        assert!(told.lines().any(is_there), "no `{mode}{name}`:\n{told}");
    }
}
