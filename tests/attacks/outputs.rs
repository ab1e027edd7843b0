//! Places of images that are something else already, and tags that are paths.

use std::fs;
use std::os::unix::fs::symlink;

use super::Attack;
use crate::support::build::snapshot;

#[test]
fn a_place_that_leads_elsewhere_or_is_no_such_place_is_left_as_it_is() {
    let Some(attack) = Attack::new("") else {
        return;
    };
    let workspace = &attack.workspace;
    let place = |name: &str| workspace.path(name);
    symlink(attack.canary.path(), place("link")).unwrap();
    symlink(attack.canary.path().join("new"), place("dangling")).unwrap();
    symlink(attack.canary.path().join("file"), place("to-file")).unwrap();
    crate::support::run("mkfifo", &[place("pipe").to_str().unwrap()]);
    for (layout, inner) in [("one", "blobs"), ("two", "blobs/sha256")] {
        fs::create_dir_all(place(layout).join(inner).parent().unwrap()).unwrap();
        symlink(attack.canary.path(), place(layout).join(inner)).unwrap();
        fs::write(
            place(layout).join("oci-layout"),
            r#"{"imageLayoutVersion":"1.0.0"}"#,
        )
        .unwrap();
        fs::write(
            place(layout).join("index.json"),
            r#"{"schemaVersion":2,"manifests":[]}"#,
        )
        .unwrap();
    }
    fs::create_dir(place("three")).unwrap();
    symlink(attack.canary.path().join("file"), place("three/index.json")).unwrap();
    symlink(attack.canary.path().join("file"), place("three/oci-layout")).unwrap();
    let before = snapshot(attack.canary.path());
    for (output, code) in [
        ("oci:link:t", 5),
        ("oci:dangling:t", 5),
        ("oci:pipe:t", 5),
        ("oci:one:t", 5),
        ("oci:two:t", 5),
        ("oci:three:t", 5),
        ("rootfs:link", 5),
        ("rootfs:dangling", 5),
        ("rootfs:pipe", 5),
        ("rootfs:to-file.tar/../to-file", 5),
        ("oci-archive:to-file:t", 5),
        ("oci-archive:pipe:t", 5),
        ("docker-archive:dangling:x:t", 5),
        ("oci:out:a/../b", 2),
        ("oci:out:../../x", 2),
    ] {
        let told = workspace.build(&["-o", output]);
        assert_eq!(told.code, Some(code), "{output}: {}", told.stderr);
        assert_eq!(told.stdout, "", "{output}");
        assert!(before == snapshot(attack.canary.path()), "{output}");
    }
}
