//! No namespace at all: recipes that run nothing are built, others are told why not.

use super::{Caller, as_root, onelayer, ready, recipe, workspace};
use crate::support::workspace::{Workspace, run};

const NOTHING_RUNS: &str = "
name: x
base: scratch
steps:
  - write: /f
    content: f
    owner: '12:34'
    mode: '4755'
";

/// Whether nothing was written but what was there.
#[track_caller]
fn untouched(workspace: &Workspace) {
    let names = crate::command_line::names(&workspace.path(""));
    assert_eq!(names, ["context", "ids", "onelayer"]);
}

#[test]
fn the_reason_and_the_cure_are_named_before_any_work() {
    if !ready() {
        return;
    }
    let workspace = workspace(&recipe("  - run: echo x\n"));
    let told = onelayer(&workspace, Caller::Forbidden, &["build", "context"]).expect(4);
    assert_eq!(told.stdout, "");
    for part in [
        "error: this recipe runs commands, and they cannot be isolated: ",
        "user.max_user_namespaces is 0",
        "help: `sysctl -w user.max_user_namespaces=",
        "recipes that only copy and write need no privilege",
    ] {
        assert!(told.stderr.contains(part), "no `{part}`:\n{}", told.stderr);
    }
    untouched(&workspace);
}

/// A changed root forbids namespaces too (user_namespaces(7), EPERM).
#[test]
fn a_kernel_that_gives_no_reason_is_quoted() {
    if !ready() {
        return;
    }
    let workspace = workspace(&recipe("  - run: echo x\n"));
    let root = workspace.path("context");
    let script = format!(
        "mount --rbind / '{root}' && exec chroot '{root}' {user} '{program}' build '{elsewhere}'",
        root = root.display(),
        user = super::USER,
        program = workspace.path("onelayer").display(),
        elsewhere = workspace.path("recipe.yaml").display(),
    );
    std::fs::rename(root.join("recipe.yaml"), workspace.path("recipe.yaml")).unwrap();
    std::fs::rename(root.join("busybox"), workspace.path("busybox")).unwrap();
    let told = run(std::process::Command::new("unshare").args(["--mount", "sh", "-c", &script]));
    let told = told.expect(4);
    let part = "cannot make a user namespace: Operation not permitted";
    assert!(told.stderr.contains(part), "{}", told.stderr);
}

#[test]
fn recipes_that_run_nothing_are_built() {
    if !ready() {
        return;
    }
    let workspace = workspace(NOTHING_RUNS);
    let expected = as_root(&workspace);
    for caller in [Caller::Forbidden, Caller::Single] {
        let output = format!("oci:{caller:?}");
        let built = onelayer(&workspace, caller, &["build", "context", "-o", &output]);
        assert!(!built.stderr.contains("isolation"), "{}", built.stderr);
        assert_eq!(built.digest(), expected, "{caller:?}");
    }
}
