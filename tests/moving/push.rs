//! Images that go to a registry.

use std::fs;
use std::process::Command;

use serde_json::json;

use crate::registry::credentials::auth_file;
use crate::support::distribution::Distribution;
use crate::support::scratch;
use crate::support::workspace::{Workspace, tool};

use super::{base, ready, registry, seen, send};

#[test]
fn all_outputs_and_tags_have_one_digest() {
    if !ready(&["docker-registry", "skopeo"]) {
        return;
    }
    let server = registry();
    let workspace = Workspace::with(
        "name: app\nbase: scratch\nsteps: [{write: /new, content: x}]\noutput: {tags: ['1', two]}\n",
    );
    let places = ["team/app", "other/app"].map(|name| format!("docker://{}/{name}", server.host));
    let built = workspace.build(&["-o", &places[0], "-o", &places[1], "-o", "oci:out"]);
    let built = built.expect(0);
    assert_eq!(built.stdout.lines().count(), 6);
    let (_, digest) = built
        .stdout
        .lines()
        .next()
        .unwrap()
        .rsplit_once('@')
        .unwrap();
    assert!(built.stdout.lines().all(|line| line.ends_with(digest)));
    for name in ["team/app:1", "team/app:two", "other/app:1", "other/app:two"] {
        assert_eq!(seen(&server, name), digest);
    }
    let layout = workspace.layout("out:two");
    let shown = server.skopeo(&["inspect", "--format={{.Digest}}", &layout]);
    assert_eq!(shown.trim(), digest);
}

#[test]
fn layers_of_the_base_are_mounted() {
    if !ready(&["docker-registry", "skopeo", "umoci"]) {
        return;
    }
    let (server, workspace) = (registry(), Workspace::new());
    base(&workspace);
    send(&server, &workspace, "base", "team/base:1");
    let host = &server.host;
    let text = format!(
        "name: app\nbase: docker://{host}/team/base:1\nsteps: [{{write: /new, content: x}}]\n\
         output: {{layers: on-base}}\n"
    );
    workspace.write("recipe.yaml", &text);
    let digest = workspace
        .build(&["-o", &format!("docker://{host}/team/app:1")])
        .digest();
    assert_eq!(seen(&server, "team/app:1"), digest);
    let asked = server.requests();
    let count = |part: &str| {
        asked
            .iter()
            .filter(|request| request.contains(part))
            .count()
    };
    assert_eq!(count("from=team%2Fbase"), 2, "{asked:#?}");
    // The new layer and the configuration.
    assert_eq!(count("PUT /v2/team/app/blobs/uploads/"), 2, "{asked:#?}");
}

#[test]
fn who_may_not_write_is_told_before_anything_runs() {
    if !ready(&["docker-registry", "htpasswd"]) {
        return;
    }
    let folder = scratch();
    let path = folder.path().join("users");
    let users = tool(Command::new("htpasswd").args(["-Bbn", "me", "right"]));
    fs::write(&path, users).unwrap();
    let auth = json!({"auth": {"htpasswd": {"realm": "r", "path": path}}});
    let server = Distribution::new(folder, auth);
    let workspace =
        Workspace::with("name: app\nbase: scratch\nsteps: [{write: /new, content: x}]\n");
    let to = format!("docker://{}/team/app:1", server.host);
    let wrong = auth_file(&workspace.path(""), &server.host, "me", "wrong");
    let wrong = wrong.to_str().unwrap();
    for (options, part) in [
        (&["-o", &to][..], "credentials"),
        (&["-o", &to, "--authfile", wrong], "auth.json"),
    ] {
        let refused = workspace.build(options).expect(5).stderr;
        assert!(refused.contains(part), "{refused}");
        assert!(!refused.contains("write: /new"), "{refused}");
        assert!(!workspace.cache().exists());
    }
    let right = auth_file(&workspace.path(""), &server.host, "me", "right");
    let options = ["-o", &to, "--authfile", right.to_str().unwrap()];
    workspace.build(&options).expect(0);
}

#[test]
fn podman_pulls_what_was_pushed() {
    let _engines = crate::support::engines_mount();
    if !ready(&["docker-registry", "podman"]) {
        return;
    }
    let server = registry();
    let workspace = Workspace::with(
        "name: app\nbase: scratch\nsteps: [{write: /new, content: x}]\n\
         platforms: [linux/amd64, linux/arm64]\n",
    );
    let name = format!("{}/team/app:1", server.host);
    let index = workspace.build(&["-o", &format!("docker://{name}"), "-o", "oci:out:1"]);
    let digest = index.digest();
    for pulled in [name.clone(), format!("{}/team/app@{digest}", server.host)] {
        workspace.podman(&format!("podman pull --quiet --tls-verify=false {pulled}"));
        let digests = "podman image inspect --format '{{.RepoDigests}}'";
        let seen = workspace.podman(&format!("{digests} {pulled}"));
        assert!(seen.contains(&digest), "{pulled}: {seen}");
        workspace.podman(&format!("podman rmi {pulled}"));
    }
}
