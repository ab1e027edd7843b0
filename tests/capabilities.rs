//! Capabilities that files give to whoever executes them.

use std::path::Path;
use std::process::Command;

use super::images::look;
use super::privilege::as_nobody;
use super::support::workspace::{Workspace, require_root, require_tool, tool};

const RECIPE: &str = r#"
name: x
base: scratch
steps:
  - copy: tree
    to: /copied
    capabilities: cap_net_bind_service+ep
    owner: "7:8"
    mode: "4755"
  - copy: tree/one
    to: /bin/one
    capabilities: cap_net_raw,cap_net_admin=p
  - write: /written
    content: text
    mode: "0755"
    owner: "9"
    capabilities: cap_chown=eip
  - write: /later
    content: text
  - link: /later-link
    target: later
  - permissions: /later
    capabilities: cap_perfmon+ep
    owner: "5:6"
    mode: "0750"
  # What a step does not name stays.
  - permissions: /written
    owner: "10:11"
  - permissions: /copied
    recursive: true
    mode: go-w
  - permissions: /bin/*
    capabilities: cap_kill+ep
"#;

fn workspace() -> Workspace {
    let workspace = Workspace::with(RECIPE);
    workspace.write("tree/one", "1");
    workspace.write("tree/sub/two", "2");
    std::os::unix::fs::symlink("one", workspace.context().join("tree/link")).unwrap();
    workspace
}

/// What getcap says of a file.
fn capabilities(root: &Path, path: &str) -> String {
    let printed = tool(Command::new("getcap").arg(root.join(path)));
    let (_, capabilities) = printed.trim().rsplit_once(' ').unwrap_or_default();
    capabilities.to_owned()
}

#[test]
fn files_have_the_capabilities_that_the_recipe_gives() {
    if !require_root() || !require_tool("umoci") || !require_tool("getcap") {
        return;
    }
    let workspace = workspace();
    workspace.build(&["-o", "oci:out"]).expect(0);
    let root = workspace.unpack("out", "latest");
    for (path, expected) in [
        ("copied/one", "cap_net_bind_service=ep"),
        ("copied/sub/two", "cap_net_bind_service=ep"),
        ("copied/sub", ""),
        ("bin/one", "cap_kill=ep"),
        ("written", "cap_chown=eip"),
        ("later", "cap_perfmon=ep"),
    ] {
        assert_eq!(capabilities(&root, path), expected, "{path}");
    }
    for (path, expected) in [
        ("copied/one", "f 4755 7:8"),
        ("written", "f 0755 10:11"),
        ("later", "f 0750 5:6"),
    ] {
        assert_eq!(look(&root, path), expected, "{path}");
    }
}

#[test]
fn an_ordinary_user_gives_the_same() {
    if !require_root() || !require_tool("setpriv") {
        return;
    }
    let user = workspace();
    let own = as_nobody(&user, &["build", "context", "-o", "oci:own"]).digest();
    assert_eq!(own, workspace().build(&["-o", "oci:out"]).digest());
}

#[test]
fn only_files_can_have_them() {
    for (step, path) in [
        ("permissions: /d\n    capabilities: cap_kill+ep", "/d"),
        ("permissions: /l\n    capabilities: cap_kill+ep", "/l"),
        (
            "permissions: /d\n    recursive: true\n    capabilities: cap_kill+ep",
            "/d",
        ),
    ] {
        let workspace = Workspace::with(&format!(
            "name: x\nbase: scratch\nsteps:\n  - directory: /d/e\n  - write: /f\n    content: ''\n  \
             - link: /l\n    target: f\n  - {step}\n"
        ));
        let told = workspace.build(&["-o", "oci:out"]).expect(3).stderr;
        let expected = format!("`{path}` is no regular file, so it cannot have capabilities");
        assert!(told.contains(&expected), "{step}:\n{told}");
    }
}
