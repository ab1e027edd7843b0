//! `output: {format: docker}`.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::workspace::{Workspace, require_root, require_tool, tool_json};

pub(super) const RECIPE: &str = "
name: demo
base: scratch
steps:
  - write: /message
    content: text
config:
  cmd: [/message]
  healthcheck:
    test: [/check, now]
    interval: 90s
    start_period: 1m
    retries: 5
  author: Example Team
  created_by: example
output:
  format: docker
";

/// As the archive's own manifest names it.
fn config(workspace: &Workspace, archive: &str) -> Value {
    let member = |name: &str| {
        let mut tar = Command::new("tar");
        tool_json(tar.arg("-xOf").arg(workspace.path(archive)).arg(name))
    };
    let list = member("manifest.json");
    member(list[0]["Config"].as_str().unwrap())
}

#[test]
fn a_health_check_is_in_the_configuration() {
    let workspace = Workspace::with(RECIPE);
    let built = workspace.build(&[]).expect(0);
    let place = "docker-archive:out/demo.tar:docker.io/library/demo:latest@sha256:";
    assert!(built.stdout.starts_with(place), "{}", built.stdout);
    let config = config(&workspace, "out/demo.tar");
    let expected = json!({
        "Interval": 90_000_000_000_u64,
        "Retries": 5,
        "StartPeriod": 60_000_000_000_u64,
        "Test": ["CMD", "/check", "now"],
    });
    assert_eq!(config["config"]["Healthcheck"], expected);
    assert_eq!(config["history"][0]["created_by"], "example");
    assert_eq!(config["history"][0]["author"], "Example Team");
}

#[test]
fn podman_sees_docker_s_manifest_and_the_check() {
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
    // Its own storage, where podman finds it as well.
    workspace.podman("true");
    let mut build = workspace.command(&["build", "context", "-o", "containers-storage:demo"]);
    let containers = workspace.containers();
    let built = crate::support::workspace::run(
        build.env("CONTAINERS_STORAGE_CONF", containers.join("storage.conf")),
    )
    .expect(0);
    let digest = built.stdout.trim().rsplit_once('@').unwrap().1.to_owned();
    let seen = workspace.podman("podman image inspect docker.io/library/demo:latest");
    let seen: Value = serde_json::from_str(&seen).unwrap();
    assert_eq!(seen[0]["Digest"], digest);
    assert_eq!(
        seen[0]["ManifestType"],
        "application/vnd.docker.distribution.manifest.v2+json"
    );
    assert_eq!(
        seen[0]["Healthcheck"]["Test"],
        json!(["CMD", "/check", "now"])
    );
    let raw =
        workspace.podman("skopeo inspect --raw containers-storage:docker.io/library/demo:latest");
    let raw: Value = serde_json::from_str(&raw).unwrap();
    assert_eq!(
        raw["layers"][0]["mediaType"],
        "application/vnd.docker.image.rootfs.diff.tar.gzip"
    );
    assert_eq!(
        raw["config"]["mediaType"],
        "application/vnd.docker.container.image.v1+json"
    );
}

#[test]
fn layouts_do_not_hold_it() {
    let workspace = Workspace::with(RECIPE);
    for output in ["oci:out", "oci-archive:out.tar"] {
        let told = workspace.build(&["-o", output]).expect(2);
        assert!(
            told.stderr.contains("holds images in OCI format"),
            "{}",
            told.stderr
        );
        assert!(told.stderr.contains("help: write"), "{}", told.stderr);
    }
    super::assert_holds(&workspace.path(""), &["context"]);
}
