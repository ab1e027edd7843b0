//! Bases from a real registry, and images to it.

use std::fs;
use std::process::Command;

use serde_json::json;

use crate::registry::credentials::auth_file;
use crate::support::distribution::Distribution;
use crate::support::scratch;
use crate::support::workspace::{Workspace, require_tool, run, tool};

const BASE: &str = "name: base\nbase: scratch\nsteps:\n  - write: /below\n    content: below\n";

/// A workspace whose recipe stands on `team/base` of a registry, which skopeo has pushed.
fn with_base(layers: &str) -> Option<(Workspace, Distribution)> {
    if !["docker-registry", "skopeo"]
        .map(require_tool)
        .iter()
        .all(|found| *found)
    {
        return None;
    }
    let server = Distribution::new(scratch(), json!({}));
    let workspace = Workspace::with(BASE);
    workspace.build(&["-o", "oci:base"]).expect(0);
    server.skopeo(&[
        "copy",
        "--quiet",
        "--dest-tls-verify=false",
        &workspace.layout("base:latest"),
        &format!("docker://{}/team/base:1", server.host),
    ]);
    workspace.write("recipe.yaml", &recipe(&server.host, layers));
    Some((workspace, server))
}

fn recipe(host: &str, layers: &str) -> String {
    format!(
        "name: x\nbase: docker://{host}/team/base:1\noutput: {{layers: {layers}}}\n\
         steps:\n  - write: /above\n    content: above\n"
    )
}

#[test]
fn one_digest_at_the_registry_and_in_a_layout() {
    let Some((workspace, server)) = with_base("one") else {
        return;
    };
    let place = format!("docker://{}/team/app:1", server.host);
    let built = workspace
        .build(&["-o", &place, "-o", "oci:out:1"])
        .expect(0);
    let digests: Vec<&str> = (built.stdout.lines())
        .map(|line| line.rsplit_once('@').unwrap().1)
        .collect();
    assert_eq!(digests.len(), 2);
    assert_eq!(digests[0], digests[1]);
    let layout = workspace.layout("out:1");
    for place in [&place, &layout] {
        let seen = server.skopeo(&[
            "inspect",
            "--tls-verify=false",
            "--format={{.Digest}}",
            place,
        ]);
        assert_eq!(seen.trim(), digests[0], "{place}");
    }
}

#[test]
fn a_second_build_asks_for_the_manifest_alone() {
    let Some((workspace, server)) = with_base("one") else {
        return;
    };
    let first = workspace.build(&["-o", "oci:one"]).digest();
    let before = server.requests().len();
    assert!(before > 0);
    let second = workspace.build(&["-o", "oci:two"]).digest();
    assert_eq!(first, second);
    assert_eq!(
        server.requests()[before..],
        ["GET /v2/team/base/manifests/1"]
    );
}

#[test]
fn layers_of_the_base_are_mounted() {
    let Some((workspace, server)) = with_base("on-base") else {
        return;
    };
    let before = server.requests().len();
    let place = format!("docker://{}/team/app:1", server.host);
    workspace.build(&["-o", &place]).expect(0);
    let asked = server.requests();
    let mounts = asked[before..]
        .iter()
        .filter(|asked| asked.contains("mount="));
    assert_eq!(mounts.count(), 1, "{asked:?}");
}

#[test]
fn a_password_is_right_or_nothing_is_begun() {
    if !["docker-registry", "htpasswd"]
        .map(require_tool)
        .iter()
        .all(|found| *found)
    {
        return;
    }
    let folder = scratch();
    let users = folder.path().join("users");
    let entry = tool(Command::new("htpasswd").args(["-Bbn", "me", "right"]));
    fs::write(&users, entry).unwrap();
    let settings = json!({"auth": {"htpasswd": {"realm": "r", "path": users}}});
    let server = Distribution::new(folder, settings);
    let workspace = Workspace::with(BASE);
    let place = format!("docker://{}/team/app:1", server.host);
    let file = auth_file(&workspace.path(""), &server.host, "me", "wrong");
    let options = ["-o", place.as_str(), "--authfile", file.to_str().unwrap()];
    let told = workspace.build(&options).expect(5);
    assert!(told.stderr.contains("auth.json"), "{}", told.stderr);
    // Before any step.
    assert!(!workspace.cache().exists());
    auth_file(&workspace.path(""), &server.host, "me", "right");
    workspace.build(&options).expect(0);
}

#[test]
fn what_is_not_there_is_told_from_who_does_not_answer() {
    let Some((workspace, server)) = with_base("one") else {
        return;
    };
    let host = server.host.clone();
    let missing = recipe(&host, "one").replace("base:1", "base:none");
    workspace.write("recipe.yaml", &missing);
    let told = workspace.build(&["-o", "oci:out"]).expect(1);
    assert!(told.stderr.contains("image-unusable"), "{}", told.stderr);
    drop(server);
    workspace.write("recipe.yaml", &recipe(&host, "one"));
    let told = run(&mut workspace.command(&["build", "context", "-o", "oci:out"])).expect(5);
    assert!(told.stderr.contains(&host), "{}", told.stderr);
}
