//! In a container of podman's: of root, and of an ordinary user.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::{OWNERS, as_root, ready, recipe, workspace};
use crate::support::engines_mount;
use crate::support::workspace::{Outcome, Workspace, require_tool};

/// A root for containers, which see the host's programs.
fn prepare(workspace: &Workspace) {
    let root = workspace.path("container");
    for name in ["usr", "etc", "proc", "sys", "dev", "tmp", "run"] {
        fs::create_dir_all(root.join(name)).unwrap();
    }
    for name in ["bin", "sbin", "lib", "lib64"] {
        symlink(format!("usr/{name}"), root.join(name)).unwrap();
    }
    let cache = workspace.path("cache-of-containers");
    fs::create_dir(&cache).unwrap();
    fs::set_permissions(&cache, fs::Permissions::from_mode(0o777)).unwrap();
}

/// Builds in a container that is run with `options`.
fn build(workspace: &Workspace, options: &str, output: &str) -> Outcome {
    let folder = workspace.path("");
    let folder = folder.display();
    let script = format!(
        "podman run --rm --network none {options} --volume /usr:/usr:ro --volume {folder}:/build \
         --rootfs {folder}/container /build/onelayer build /build/context --progress plain \
         --cache-dir /build/cache-of-containers/{output} \
         -o oci:/build/cache-of-containers/{output}-image > {folder}/{output}.out \
         2> {folder}/{output}.err || echo $?"
    );
    let code = workspace.podman(&script);
    let read = |end: &str| fs::read_to_string(workspace.path(&format!("{output}.{end}"))).unwrap();
    Outcome {
        code: Some(code.trim().parse().unwrap_or(0)),
        stdout: read("out"),
        stderr: read("err"),
    }
}

fn possible() -> bool {
    ready() && require_tool("podman")
}

#[test]
fn a_covered_proc_is_named_with_the_cure() {
    let _engines = engines_mount();
    if !possible() {
        return;
    }
    let workspace = workspace(&recipe("  - run: echo x\n"));
    prepare(&workspace);
    let told = build(&workspace, "", "default").expect(4);
    for part in [
        "cannot mount `/proc` in a user namespace",
        "help: start the container with `--security-opt unmask=ALL`",
    ] {
        assert!(told.stderr.contains(part), "no `{part}`:\n{}", told.stderr);
    }
    let told = build(&workspace, "--cap-drop all", "powerless").expect(4);
    let part = "help: run it as an ordinary user, or with the capability SETFCAP";
    assert!(told.stderr.contains(part), "{}", told.stderr);
}

#[test]
fn a_container_with_its_own_proc_builds_the_same_image() {
    let _engines = engines_mount();
    if !possible() {
        return;
    }
    let workspace = workspace(&recipe(OWNERS));
    prepare(&workspace);
    let expected = as_root(&workspace);
    for (name, options, isolation) in [
        ("root", "--security-opt unmask=ALL", "isolation: subids"),
        (
            "user",
            "--security-opt unmask=ALL --user 1000",
            "isolation: single",
        ),
        ("privileged", "--privileged", "isolation: root"),
    ] {
        let built = build(&workspace, options, name);
        assert!(built.stderr.contains(isolation), "{name}: {}", built.stderr);
        assert_eq!(built.digest(), expected, "{name}");
    }
}
