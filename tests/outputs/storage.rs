//! The storage of podman and buildah.

use std::os::unix::fs::symlink;
use std::path::Path;

use serde_json::Value;

use crate::support::workspace::{Outcome, Workspace, require_root, require_tool, run};

use super::{RECIPE, config_digest};

/// Builds with the storage that the workspace's podman uses.
fn build(workspace: &Workspace, path: Option<&Path>, outputs: &[&str]) -> Outcome {
    workspace.podman("true");
    let arguments = [&["build", "context"], outputs].concat();
    let mut command = workspace.command(&arguments);
    let settings = workspace.containers().join("storage.conf");
    command.env("CONTAINERS_STORAGE_CONF", settings);
    command.env("TMPDIR", workspace.path("tmp"));
    std::fs::create_dir_all(workspace.path("tmp")).unwrap();
    if let Some(path) = path {
        command.env("PATH", path);
    }
    let outcome = run(&mut command);
    super::assert_holds(&workspace.path("tmp"), &[]);
    outcome
}

fn seen(workspace: &Workspace, name: &str) -> Value {
    let seen = workspace.podman(&format!("podman image inspect {name}"));
    let seen: Value = serde_json::from_str(&seen).unwrap();
    seen[0].clone()
}

#[test]
fn podman_sees_what_skopeo_stored() {
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
    let outputs = ["-o", "containers-storage:localhost/demo", "-o", "oci:out"];
    let digest = build(&workspace, None, &outputs).digest();
    let config = config_digest(&workspace, "out");
    for name in ["localhost/demo:1", "localhost/demo:two"] {
        let seen = seen(&workspace, name);
        assert_eq!(format!("sha256:{}", seen["Id"].as_str().unwrap()), config);
        assert_eq!(seen["Digest"], digest);
    }
}

#[test]
fn podman_stores_where_there_is_no_skopeo() {
    let _engines = crate::support::engines_mount();
    if !require_root() || !require_tool("podman") {
        return;
    }
    let workspace = Workspace::with(RECIPE);
    let tools = workspace.path("tools");
    std::fs::create_dir(&tools).unwrap();
    symlink("/usr/bin/podman", tools.join("podman")).unwrap();
    let outputs = ["-o", "containers-storage:demo:x", "-o", "oci:out"];
    build(&workspace, Some(&tools), &outputs).expect(0);
    let seen = seen(&workspace, "docker.io/library/demo:x");
    let id = format!("sha256:{}", seen["Id"].as_str().unwrap());
    assert_eq!(id, config_digest(&workspace, "out"));
}

#[test]
fn a_host_without_either_is_told() {
    let workspace = Workspace::with(RECIPE);
    let mut command = workspace.command(&["build", "context", "-o", "containers-storage:x"]);
    let told = run(command.env("PATH", workspace.path("nothing"))).expect(4);
    for part in ["without `skopeo` or `podman`", "help: install `skopeo`"] {
        assert!(told.stderr.contains(part), "{}", told.stderr);
    }
    super::assert_holds(&workspace.path(""), &["context"]);
}

#[test]
fn what_the_tool_says_is_shown() {
    if !require_root() || !require_tool("skopeo") {
        return;
    }
    let workspace = Workspace::with(RECIPE);
    let settings = workspace.path("storage.conf");
    let folder = workspace.path("storage").display().to_string();
    let text = format!(
        "[storage]\ndriver = \"nonsense\"\ngraphroot = \"{folder}\"\nrunroot = \"{folder}\"\n"
    );
    std::fs::write(&settings, text).unwrap();
    let mut command = workspace.command(&["build", "context", "-o", "containers-storage:x"]);
    let told = run(command.env("CONTAINERS_STORAGE_CONF", settings)).expect(5);
    for part in ["error: `skopeo ", "copy", "nonsense"] {
        assert!(told.stderr.contains(part), "{}", told.stderr);
    }
}
