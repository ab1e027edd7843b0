//! What a host and a user can do, and what they are told about what they cannot.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};

use super::command_line::names;
use super::support::workspace::{Outcome, Workspace, project, require_root, require_tool, run};

pub(crate) const NOBODY: u32 = 65534;

#[test]
fn a_host_without_dnf_is_told_how_to_get_it() {
    if !require_root() || !require_tool("unshare") {
        return;
    }
    let recipe = project("tests/plans/every_step");
    let workspace = Workspace::new();
    let empty = workspace.path("empty");
    fs::create_dir(&empty).unwrap();
    // An empty /usr/bin in a mount namespace of its own; the program itself is elsewhere.
    let script = format!("mount --bind '{}' /usr/bin && exec \"$@\"", empty.display());
    let told = run(&mut workspace.below(
        &["unshare", "--mount", "sh", "-c", &script, "sh"],
        &["build", recipe.to_str().unwrap(), "-o", "oci:out"],
    ))
    .expect(4);
    assert_eq!(told.stdout, "");
    for part in [
        "this host has no `dnf`",
        "/usr/bin",
        "help: ",
        "apt-get install dnf",
        "dnf install dnf5",
    ] {
        assert!(told.stderr.contains(part), "no `{part}`:\n{}", told.stderr);
    }
    assert_eq!(names(&workspace.path("")), ["context", "empty"]);
}

/// Runs the program as a user without privilege, who owns the temporary folder.
pub(crate) fn as_nobody(workspace: &Workspace, arguments: &[&str]) -> Outcome {
    run(&mut nobody(workspace, arguments))
}

/// The program as that user would start it.
pub(crate) fn nobody(workspace: &Workspace, arguments: &[&str]) -> std::process::Command {
    let folder = workspace.path("");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    chown(&folder, Some(NOBODY), Some(NOBODY)).unwrap();
    // The build folder may be out of the user's reach.
    let program = workspace.path("onelayer");
    if !program.exists() {
        fs::copy(env!("CARGO_BIN_EXE_onelayer"), &program).unwrap();
    }
    let nobody = NOBODY.to_string();
    let mut command = std::process::Command::new("setpriv");
    command
        .args(["--reuid", &nobody, "--regid", &nobody, "--clear-groups"])
        .arg(program)
        .args(arguments)
        .current_dir(folder)
        .env("ONELAYER_CACHE_DIR", workspace.cache());
    command
}

#[test]
fn an_ordinary_user_builds_the_same_image() {
    if !require_root() || !require_tool("setpriv") {
        return;
    }
    let workspace = Workspace::new();
    let copied = std::process::Command::new("cp")
        .args(["-r", "--no-preserve=ownership"])
        .arg(project("specs/hello"))
        .arg(workspace.path("hello"))
        .status()
        .unwrap();
    assert!(copied.success());
    let own = as_nobody(&workspace, &["build", "hello", "-o", "oci:own"]).digest();
    let root = Workspace::new().build_spec("specs/hello", &["-o", "oci:out"]);
    assert_eq!(own, root.digest());
}

#[test]
fn owners_need_no_privilege() {
    if !require_root() || !require_tool("setpriv") {
        return;
    }
    let recipe = "
name: x
base: scratch
steps:
  - directory: /d
    owner: '3:4'
    mode: '0700'
  - write: /d/s
    content: s
    owner: '1:2'
    mode: '4711'
  - link: /d/l
    target: s
    owner: '5:6'
  - link: /d/h
    target: /d/s
    hard: true
  - permissions: /d/s
    owner: '7:8'
";
    let workspace = Workspace::with(recipe);
    let own = as_nobody(&workspace, &["build", "context", "-o", "oci:own"]).digest();
    assert_eq!(
        own,
        Workspace::with(recipe).build(&["-o", "oci:out"]).digest()
    );
}

/// What belongs to the user already can be given to the user, and still nobody may read it.
#[test]
fn a_root_of_the_users_own_needs_no_privilege() {
    if !require_root() || !require_tool("setpriv") {
        return;
    }
    let recipe = "
name: x
base: scratch
steps:
  - permissions: /
    owner: '65534:65534'
  - directory: /closed
    mode: '0000'
    owner: '65534:65534'
  - write: /closed/secret
    content: s
    mode: '0000'
    owner: '65534:65534'
";
    let workspace = Workspace::with(recipe);
    let own = as_nobody(&workspace, &["build", "context", "-o", "oci:own"]).digest();
    assert_eq!(
        own,
        Workspace::with(recipe).build(&["-o", "oci:out"]).digest()
    );
}
