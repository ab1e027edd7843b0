//! Copies from place to place.

use serde_json::{Value, json};

use super::indexes;
use crate::support::distribution::Distribution;
use crate::support::scratch;
use crate::support::workspace::{Outcome, Workspace, require_tool, run};

const RECIPE: &str = "name: x\nbase: scratch\nsteps:\n  - write: /a\n    content: a\n";

fn copy(workspace: &Workspace, arguments: &[&str]) -> Outcome {
    run(&mut workspace.command(&[&["copy"], arguments].concat()))
}

#[test]
fn the_digest_is_kept_where_documents_are() {
    if !require_tool("docker-registry") {
        return;
    }
    let server = Distribution::new(scratch(), json!({}));
    let workspace = Workspace::with(RECIPE);
    let digest = workspace.build(&["-o", "oci:out:1"]).digest();
    let place = format!("docker://{}/team/app:1", server.host);
    let way = [
        "oci:out:1",
        &place,
        "oci-archive:a.tar:1",
        "docker-archive:d.tar:x:1",
    ];
    for (from, to) in way.iter().zip(&way[1..]) {
        assert_eq!(
            copy(&workspace, &[from, to]).digest(),
            digest,
            "{from} {to}"
        );
    }
    copy(&workspace, &["docker-archive:d.tar", "oci:back:1"]).expect(0);
    let shown = run(&mut workspace.command(&["inspect", "oci:back:1"])).expect(0);
    assert!(shown.stdout.contains("linux/"), "{}", shown.stdout);
}

#[test]
fn all_images_go_with_their_index() {
    if !require_tool("docker-registry") {
        return;
    }
    let server = Distribution::new(scratch(), json!({}));
    let workspace = Workspace::with(indexes::RECIPE);
    let digest = workspace.build(&["-o", "oci:out:1"]).digest();
    let place = format!("docker://{}/team/app:1", server.host);
    let sent = copy(&workspace, &["--all", "oci:out:1", &place]);
    assert_eq!(sent.digest(), digest);
    assert_eq!(
        copy(&workspace, &["--all", &place, "oci:back:1"]).digest(),
        digest
    );
    copy(&workspace, &["--all", "oci:out:1", "docker-archive:d.tar"]).expect(2);
    assert!(!workspace.path("d.tar").exists());
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
