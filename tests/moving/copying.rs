//! `onelayer copy`.

use std::fs;

use serde_json::{Value, json};

use crate::support::workspace::{Outcome, Workspace, run, tool_json};

use super::{base, ready, registry, seen, send};

const RECIPE: &str = "name: x\nbase: scratch\nsteps:\n  - write: /a\n    content: a\n";

fn copy(workspace: &Workspace, arguments: &[&str]) -> Outcome {
    run(&mut workspace.command(&[&["copy"], arguments].concat()))
}

#[test]
fn a_digest_is_kept_on_the_way() {
    if !ready(&["docker-registry", "skopeo", "umoci"]) {
        return;
    }
    let (server, workspace) = (registry(), Workspace::new());
    base(&workspace);
    send(&server, &workspace, "base", "team/base:1");
    let digest = seen(&server, "team/base:1");
    let there = format!("docker://{}/copied/base:1", server.host);
    let words = [
        "copy",
        "--json",
        "oci:base:1",
        &there,
        "oci:second:1",
        "oci-archive:a.tar:1",
    ];
    let copied = tool_json(&mut workspace.command(&words));
    assert_eq!(copied["digest"], digest.as_str());
    assert_eq!(copied["outputs"].as_array().unwrap().len(), 3);
    assert_eq!(seen(&server, "copied/base:1"), digest);
    for from in ["oci-archive:a.tar:1", "oci:second:1", &there] {
        let back = copy(&workspace, &[from, "oci:back:1", "docker-archive:d.tar"]);
        assert_eq!(back.digest(), digest, "{from}");
        // An archive of docker has no manifest to keep, and no name here.
        copy(&workspace, &["docker-archive:d.tar", "oci:again:1"]).expect(0);
        let shown = run(&mut workspace.command(&["inspect", "oci:again:1"])).expect(0);
        assert!(shown.stdout.contains("linux/"), "{}", shown.stdout);
        for folder in ["back", "again"] {
            fs::remove_dir_all(workspace.path(folder)).unwrap();
        }
        fs::remove_file(workspace.path("d.tar")).unwrap();
    }
}

#[test]
fn roots_and_docker_s_format_are_copied() {
    if !ready(&["docker-registry", "skopeo", "umoci"]) {
        return;
    }
    let (server, workspace) = (registry(), Workspace::new());
    base(&workspace);
    let from = format!("oci:{}", workspace.path("base").display());
    let to = format!("docker://{}/team/base:v2", server.host);
    let words = [
        "copy",
        "--quiet",
        "--format=v2s2",
        "--dest-tls-verify=false",
    ];
    server.skopeo(&[&words[..], &[&from, &to]].concat());
    // Its manifest is written anew: the layout's is OCI's.
    let copied = copy(&workspace, &[&to, "oci:new:1"]).digest();
    assert_ne!(copied, seen(&server, "team/base:v2"));
    assert!(workspace.unpack("new", "1").join("srv/two").exists());
    copy(&workspace, &[&to, "rootfs:copied"]).expect(0);
    assert!(workspace.path("copied/srv/two").exists());
}

#[test]
fn several_places_are_told_as_json() {
    let workspace = Workspace::with(RECIPE);
    let digest = workspace.build(&["-o", "oci:out:1"]).digest();
    let places = ["oci:two:1", "oci-archive:a.tar:1"];
    let told = copy(&workspace, &["--json", "oci:out:1", places[0], places[1]]).expect(0);
    let told: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(told["digest"], digest);
    assert_eq!(told["outputs"], json!(places));
    let missing = copy(&workspace, &["oci:none", "oci:three"]).expect(5);
    assert!(missing.stderr.contains("none"), "{}", missing.stderr);
    assert!(!workspace.path("three").exists());
}
