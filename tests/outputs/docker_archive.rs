//! Archives for `docker load`.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::layouts::{entries, small_tree};
use crate::support::workspace::{Workspace, require_root, require_tool, tool, tool_json};
use crate::support::{image, run, scratch};

use super::{RECIPE, assert_holds, config_digest};

fn list(workspace: &Workspace, archive: &str) -> Value {
    let mut tar = Command::new("tar");
    tool_json(
        tar.arg("-xOf")
            .arg(workspace.path(archive))
            .arg("manifest.json"),
    )
}

#[test]
fn an_archive_has_the_image_and_all_its_names() {
    let workspace = Workspace::with(RECIPE);
    let built = workspace
        .build(&["-o", "docker-archive:d.tar", "-o", "oci:out"])
        .expect(0);
    let names: Vec<&str> = (built.stdout.lines())
        .map(|line| line.split_once('@').unwrap().0)
        .collect();
    let expected = [
        "docker-archive:d.tar:docker.io/library/demo:1",
        "docker-archive:d.tar:docker.io/library/demo:two",
        "oci:out:1",
        "oci:out:two",
    ];
    assert_eq!(names, expected);
    let digests: Vec<&str> = (built.stdout.lines())
        .map(|line| line.split_once('@').unwrap().1)
        .collect();
    assert!(digests.iter().all(|digest| *digest == digests[0]));

    let list = list(&workspace, "d.tar");
    let config = config_digest(&workspace, "out");
    let config = config.strip_prefix("sha256:").unwrap();
    assert_eq!(list[0]["Config"], format!("{config}.json"));
    let names = json!(["docker.io/library/demo:1", "docker.io/library/demo:two"]);
    assert_eq!(list[0]["RepoTags"], names);
    // Every member is named for its own digest.
    for member in [&list[0]["Config"], &list[0]["Layers"][0]] {
        let member = member.as_str().unwrap();
        let mut sum = Command::new("sh");
        sum.args(["-c", "tar -xOf \"$0\" \"$1\" | sha256sum"])
            .arg(workspace.path("d.tar"))
            .arg(member);
        let sum = tool(&mut sum);
        let hex = sum.split(' ').next().unwrap();
        assert!(member.starts_with(hex), "{member}: {sum}");
    }
}

#[test]
fn a_name_of_its_own_is_taken() {
    let workspace = Workspace::with(RECIPE);
    let options = [
        "-o",
        "docker-archive:d.tar:x.example:5000/team/app",
        "-o",
        "docker-archive:d.tar:other:9",
        "-t",
        "v1",
    ];
    workspace.build(&options).expect(0);
    let names = json!(["x.example:5000/team/app:v1", "docker.io/library/other:9"]);
    assert_eq!(list(&workspace, "d.tar")[0]["RepoTags"], names);
    let digest = format!("docker-archive:d.tar:x@sha256:{}", "0".repeat(64));
    let told = workspace.build(&["-o", &digest]).expect(2);
    assert!(told.stderr.contains("names a digest"), "{}", told.stderr);
}

#[test]
fn skopeo_and_podman_see_the_same_image() {
    let _engines = crate::support::engines_mount();
    if !require_root()
        || !["skopeo", "podman"]
            .map(require_tool)
            .iter()
            .all(|found| *found)
    {
        return;
    }
    let workspace = Workspace::with(RECIPE);
    workspace
        .build(&["-o", "docker-archive:d.tar", "-o", "oci:out"])
        .expect(0);
    let config = config_digest(&workspace, "out");
    let archive = format!("docker-archive:{}", workspace.path("d.tar").display());
    let mut skopeo = Command::new("skopeo");
    let raw = tool_json(skopeo.args(["inspect", "--raw", &archive]));
    assert_eq!(raw["config"]["digest"], config);
    let loaded = workspace.podman(&format!(
        "podman load --quiet --input '{}'",
        workspace.path("d.tar").display()
    ));
    let names = ["docker.io/library/demo:1", "docker.io/library/demo:two"];
    assert!(names.iter().all(|name| loaded.contains(name)), "{loaded}");
    for name in names {
        let id = workspace.podman(&format!(
            "podman image inspect --format '{{{{.Id}}}}' {name}"
        ));
        assert_eq!(format!("sha256:{}", id.trim()), config);
    }
}

#[test]
fn two_builds_give_equal_archives() {
    let workspace = Workspace::with(RECIPE);
    for (first, option) in [("1.tar", "--no-cache"), ("2.tar", "--json")] {
        let output = format!("docker-archive:{first}");
        let threads = if first == "1.tar" { "1" } else { "3" };
        workspace
            .build(&["-o", &output, "--threads", threads, option])
            .expect(0);
    }
    // Beside a place that the layer is written to first.
    workspace
        .build(&["-o", "docker-archive:3.tar", "-o", "oci-archive:o.tar"])
        .expect(0);
    let read = |name: &str| fs::read(workspace.path(name)).unwrap();
    assert!(read("1.tar") == read("2.tar"));
    assert!(read("1.tar") == read("3.tar"));
    assert_holds(
        &workspace.path(""),
        &["1.tar", "2.tar", "3.tar", "cache", "context", "o.tar"],
    );
}

#[test]
fn an_image_without_a_name_is_an_archive_too() {
    let scratch = scratch();
    let archive = scratch.path().join("d.tar");
    let place = format!("docker-archive:{}", archive.display());
    let written = image::write(&small_tree(scratch.path(), "x"), &[&place]);
    let listed = run("tar", &["-xOf", archive.to_str().unwrap(), "manifest.json"]);
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!(listed[0]["RepoTags"], Value::Null);
    if require_tool("skopeo") {
        let raw = run("skopeo", &["inspect", "--raw", &place]).stdout;
        let raw: Value = serde_json::from_slice(&raw).unwrap();
        assert_eq!(raw["config"]["digest"], written.config.digest.to_string());
    }
    assert_eq!(entries(scratch.path()).len(), 2);
}
