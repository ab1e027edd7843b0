//! A recipe that cannot be built here is refused by `doctor` and `build` alike.

use std::fs;

use serde_json::Value;

use super::situation::RUNS;
use crate::support::workspace::{Outcome, Workspace, project, require_root, require_tool, run};

/// What `error: …` says, without what follows it.
fn error(told: &Outcome) -> &str {
    let mut lines = told.stderr.lines();
    lines
        .find_map(|line| line.strip_prefix("error: "))
        .unwrap_or_default()
}

/// Asks about a recipe and builds it; both fail with `code` and the same words.
#[track_caller]
fn refused(workspace: &Workspace, wrapper: &[&str], recipe: &[&str], code: i32) -> Value {
    let told = [&["doctor", "--format", "json"], recipe].concat();
    let told = run(&mut workspace.below(wrapper, &told)).expect(code);
    let built = [&["build", "-o", "oci:out"], recipe].concat();
    let built = run(&mut workspace.below(wrapper, &built)).expect(code);
    assert_eq!(told.stderr, built.stderr);
    let report: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(report["recipe"]["builds"], false);
    if code == 4 {
        assert_eq!(report["recipe"]["reason"], error(&built));
    }
    report
}

#[test]
fn a_recipe_that_is_wrong() {
    let workspace = Workspace::with("name: x\nbase: scratch\nsteps:\n  - wriet: /a\n");
    let report = refused(&workspace, &["env"], &["context"], 1);
    assert_eq!(report["recipe"]["path"], "context");
    assert_eq!(report["recipe"]["reason"], "the recipe is rejected");
}

/// What this version reads and does not do is refused by both, in the same words.
#[test]
fn a_recipe_that_says_what_is_not_carried_out() {
    let recipe = "
name: x
base: scratch
steps:
  - write: /a
    content: a
output:
  compression: zstd:chunked
";
    let workspace = Workspace::with(recipe);
    let built = workspace.build(&["-o", "oci:out", "--progress", "quiet"]);
    let told = run(&mut workspace.command(&["doctor", "context"]));
    assert_eq!((told.code, told.stderr), (built.code, built.stderr));
}

#[test]
fn a_recipe_that_is_not_there() {
    let workspace = Workspace::new();
    refused(&workspace, &["env"], &["context"], 5);
}

#[test]
fn what_was_chosen_counts() {
    let recipe = "
name: x
args:
  WHAT:
    required: true
base: scratch
steps:
  - write: /a
    content: ${{ args.WHAT }}
";
    let workspace = Workspace::with(recipe);
    refused(&workspace, &["env"], &["context"], 1);
    let words = [
        "doctor",
        "context",
        "--set",
        "WHAT=x",
        "--platform",
        "linux/s390x",
    ];
    let told = run(&mut workspace.command(&words)).expect(0);
    assert!(
        told.stdout.ends_with("`context` can be built here\n"),
        "{}",
        told.stdout
    );
    let words = ["doctor", "context", "--set", "WHAT=x", "--target", "none"];
    run(&mut workspace.command(&words)).expect(2);
    // Choices are about a recipe.
    run(&mut workspace.command(&["doctor", "--set", "WHAT=x"])).expect(2);
}

#[test]
fn programs_of_a_platform_that_nothing_runs() {
    if !require_root() || !require_tool("unshare") {
        return;
    }
    let workspace = Workspace::with(RUNS);
    workspace.write("busybox", "");
    // The list of the kernel is empty in a mount namespace of its own.
    let script = "mount -t tmpfs none /proc/sys/fs/binfmt_misc && exec \"$@\"";
    let wrapper = [
        "unshare",
        "--mount",
        "--propagation",
        "private",
        "sh",
        "-c",
        script,
        "sh",
    ];
    let recipe = ["context", "--platform", "linux/riscv64"];
    let report = refused(&workspace, &wrapper, &recipe, 4);
    let help = report["recipe"]["help"].as_str().unwrap();
    assert!(help.contains("qemu-riscv64"), "{help}");
}

#[test]
fn packages_without_dnf() {
    if !require_root() || !require_tool("unshare") {
        return;
    }
    let workspace = Workspace::new();
    let empty = workspace.path("empty");
    fs::create_dir(&empty).unwrap();
    let script = format!("mount --bind '{}' /usr/bin && exec \"$@\"", empty.display());
    let wrapper = [
        "unshare",
        "--mount",
        "--propagation",
        "private",
        "sh",
        "-c",
        &script,
        "sh",
    ];
    let recipe = project("tests/plans/every_step");
    let report = refused(&workspace, &wrapper, &[recipe.to_str().unwrap()], 4);
    let dnf = super::situation::found(&report, "dnf");
    assert_eq!(dnf["state"], "missing");
}
