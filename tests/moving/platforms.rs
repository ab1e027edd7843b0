//! One recipe for several platforms.

use crate::support::workspace::{Workspace, run};

use super::{ready, registry, seen};

const RECIPE: &str = "name: app\nbase: scratch\nplatforms: [linux/amd64, linux/arm64]\n\
                      steps: [{write: /new, content: x}]\n";

#[test]
fn an_index_has_an_image_for_each() {
    if !ready(&["docker-registry", "skopeo"]) {
        return;
    }
    let (server, workspace) = (registry(), Workspace::with(RECIPE));
    let to = format!("docker://{}/team/app:1", server.host);
    let digest = workspace.build(&["-o", &to, "-o", "oci:out"]).digest();
    assert_eq!(workspace.build(&["-o", "oci:again"]).digest(), digest);
    let raw = server.skopeo(&["inspect", "--raw", "--tls-verify=false", &to]);
    let index: serde_json::Value = serde_json::from_str(&raw).unwrap();
    let manifests = index["manifests"].as_array().unwrap();
    let names = manifests
        .iter()
        .map(|found| found["platform"]["architecture"].as_str().unwrap());
    assert_eq!(names.collect::<Vec<_>>(), ["amd64", "arm64"]);
    // All of it goes on by `copy`.
    let on = format!("docker://{}/team/copy:1", server.host);
    let copied = run(&mut workspace.command(&["copy", "--all", &to, &on, "oci:third:1"]));
    assert_eq!(copied.digest(), digest);
    let shown = server.skopeo(&["inspect", "--raw", "--tls-verify=false", &on]);
    assert_eq!(shown, raw);
    assert!(!seen(&server, "team/copy:1").is_empty());
}

#[test]
fn a_place_for_one_image_takes_no_index() {
    let workspace = Workspace::with(RECIPE);
    let refused = run(&mut workspace.command(&["build", "context", "-o", "docker-archive:a.tar"]));
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("docker-archive:a.tar"),
        "{}",
        refused.stderr
    );
    assert!(!workspace.path("a.tar").exists());
}
