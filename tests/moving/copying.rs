//! `onelayer copy`.

use crate::support::workspace::{Workspace, run, tool_json};

use super::{base, ready, registry, seen, send};

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
        let back =
            run(&mut workspace.command(&["copy", from, "oci:back:1", "docker-archive:d.tar"]));
        assert_eq!(back.digest(), digest, "{from}");
        std::fs::remove_dir_all(workspace.path("back")).unwrap();
        std::fs::remove_file(workspace.path("d.tar")).unwrap();
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
    let copied = run(&mut workspace.command(&["copy", &to, "oci:new:1"])).digest();
    assert_ne!(copied, seen(&server, "team/base:v2"));
    assert!(workspace.unpack("new", "1").join("srv/two").exists());
    run(&mut workspace.command(&["copy", &to, "rootfs:copied"])).expect(0);
    assert!(workspace.path("copied/srv/two").exists());
}
