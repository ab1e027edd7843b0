//! What must hold when a root is finished: all of it is looked at and told, and an image whose checks
//! fail is nowhere.

mod commands;
mod files;
mod packages;

use std::fs;

use crate::command_line::{copy_busybox, names};
use crate::support::workspace::{Outcome, Workspace, require_root, require_tool, run};

/// A workspace with a root with a shell, where commands can be run.
fn with_shell(rest: &str) -> Option<Workspace> {
    if !require_root() {
        return None;
    }
    let workspace = Workspace::new();
    rewrite(&workspace, rest);
    copy_busybox(&workspace).then_some(workspace)
}

fn rewrite(workspace: &Workspace, rest: &str) {
    let recipe = format!(
        "name: x\nbase: scratch\nsteps:\n  - copy: busybox\n    to: /bin/sh\n    mode: '0755'\n{rest}"
    );
    workspace.write("recipe.yaml", &recipe);
}

/// A build that must fail with status 3 and tell all of `told`.
#[track_caller]
fn refused(workspace: &Workspace, told: &[&str]) -> Outcome {
    let refused = workspace.build(&["-o", "oci:out"]).expect(3);
    for part in told {
        assert!(
            refused.stderr.contains(part),
            "no `{part}`:\n{}",
            refused.stderr
        );
    }
    assert_eq!(refused.stdout, "");
    assert!(!workspace.path("out").join("index.json").exists());
    refused
}

const MIXED: &str = "name: x
base: scratch
steps:
  - write: /etc/motd
    content: Welcome
checks:
  - {name: the first, file: /etc/motd, contains: Goodbye}
  - file: /etc/motd
  - absent: [/etc/m*, /none]
  - {file: /missing}
";

#[test]
fn all_checks_are_told_in_every_form_of_progress() {
    let workspace = Workspace::with(MIXED);
    for (progress, parts) in [
        (
            "plain",
            vec![
                "[check 1/4] the first: failed",
                "[check 1/4] it does not contain `Goodbye`",
                "[check 2/4] file: /etc/motd: holds",
                "[check 3/4] absent: /etc/m*, /none: failed",
                "[check 3/4] `/etc/motd` is there",
                "[check 4/4] it is not there",
            ],
        ),
        (
            "tty",
            vec![
                "[check 2/4] file: /etc/motd: holds",
                "[check 4/4] it is not there",
            ],
        ),
        ("quiet", vec![]),
    ] {
        let options = ["-o", "oci:out", "--progress", progress];
        let failed = workspace.build(&options).expect(3);
        let message = [
            "error: the image is not as its checks want it",
            "3 of 4 checks failed",
            "- the first: it does not contain `Goodbye`",
            "- file: /missing: it is not there",
        ];
        for part in parts.iter().chain(&message) {
            assert!(
                failed.stderr.contains(part),
                "{progress}, no `{part}`:\n{}",
                failed.stderr
            );
        }
    }
    let failed = workspace
        .build(&["-o", "oci:out", "--progress", "json"])
        .expect(3);
    let events: Vec<serde_json::Value> = (failed.stderr.lines())
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let finished: Vec<&serde_json::Value> = events
        .iter()
        .filter(|event| event["event"] == "check_finished")
        .collect();
    let passed: Vec<bool> = finished
        .iter()
        .map(|event| event["passed"].as_bool().unwrap())
        .collect();
    assert_eq!(passed, [false, true, false, false]);
    assert_eq!(finished[0]["title"], "the first");
    assert_eq!(finished[0]["of"], 4);
    assert_eq!(finished[0]["stage"], serde_json::Value::Null);
    assert_eq!(
        finished[0]["problems"],
        serde_json::json!(["it does not contain `Goodbye`"])
    );
    assert_eq!(
        events
            .iter()
            .filter(|event| event["event"] == "check_started")
            .count(),
        4
    );
}

#[test]
fn nothing_is_written_to_any_destination() {
    let workspace = Workspace::with(MIXED);
    let outputs = [
        "oci:out",
        "docker-archive:a.tar",
        "oci-archive:b.tar",
        "rootfs:root",
        "rootfs:c.tar",
    ];
    let mut options = Vec::new();
    for output in outputs {
        options.extend(["-o", output]);
    }
    workspace.build(&options).expect(3);
    for name in ["a.tar", "b.tar", "c.tar", "root", "out/index.json"] {
        assert!(!workspace.path(name).exists(), "{name}");
    }
    // What was there before stays.
    workspace.write("recipe.yaml", &MIXED.replace("checks:", "x-checks:"));
    let digest = workspace.build(&["-o", "oci:out"]).digest();
    workspace.write("recipe.yaml", MIXED);
    workspace.build(&["-o", "oci:out"]).expect(3);
    let index = fs::read_to_string(workspace.path("out").join("index.json")).unwrap();
    assert!(index.contains(&digest), "{index}");
}

#[test]
fn checks_are_in_no_key_and_no_image() {
    let workspace =
        Workspace::with("name: x\nbase: scratch\nsteps:\n  - write: /a\n    content: a\n");
    let digest = workspace.build(&["-o", "oci:out"]).digest();
    let checked =
        "name: x\nbase: scratch\nsteps:\n  - write: /a\n    content: a\nchecks: [{file: /a}]\n";
    workspace.write("recipe.yaml", checked);
    let built = workspace.build(&["-o", "oci:out"]);
    assert!(
        built.stderr.contains("[1] done: cached"),
        "{}",
        built.stderr
    );
    assert!(
        built.stderr.contains("[check 1/1] file: /a: holds"),
        "{}",
        built.stderr
    );
    assert_eq!(built.digest(), digest);
    assert_eq!(
        names(&workspace.cache().join("drafts")),
        Vec::<String>::new()
    );
}

const STAGES: &str = "name: x
base: scratch
stages:
  tools:
    base: scratch
    steps: [{write: /tool, content: tool}]
    checks: [{file: /tool, contains: TOOL}]
  unused:
    base: scratch
    steps: [{write: /other, content: other}]
    checks: [{file: /missing}]
steps:
  - {copy: /tool, from: 'stage:tools', to: /tool}
checks: [{file: /tool}]
";

#[test]
fn a_stage_is_checked_when_it_is_made_and_stops_what_is_made_from_it() {
    let workspace = Workspace::with(STAGES);
    let failed = refused(
        &workspace,
        &[
            "[check tools 1/1] file: /tool: failed",
            "error: stage `tools` is not as its checks want it",
            "- file: /tool: it does not contain `TOOL`",
        ],
    );
    assert!(!failed.stderr.contains("[2/2]"), "{}", failed.stderr);
    workspace.write("recipe.yaml", &STAGES.replace("TOOL", "tool"));
    let built = workspace.build(&["-o", "oci:out"]);
    for part in [
        "[check tools 1/1] file: /tool: holds",
        "[check 1/1] file: /tool: holds",
    ] {
        assert!(built.stderr.contains(part), "{}", built.stderr);
    }
    // One that nobody needs is not made.
    assert!(!built.stderr.contains("/missing"), "{}", built.stderr);
    built.expect(0);
    let mut target =
        workspace.command(&["build", "context", "--target", "unused", "-o", "oci:two"]);
    let failed = run(&mut target).expect(3);
    let told = "error: the image is not as its checks want it";
    assert!(failed.stderr.contains(told), "{}", failed.stderr);
}

#[test]
fn a_recipe_below_is_checked_too() {
    let workspace =
        Workspace::with("name: x\nbase: recipe:base\nsteps:\n  - write: /b\n    content: b\n");
    workspace.write(
        "base/recipe.yaml",
        "name: base\nbase: scratch\nsteps:\n  - write: /a\n    content: a\nchecks: [{absent: /a}]\n",
    );
    refused(&workspace, &["1 of 1 checks failed", "`/a` is there"]);
}

#[test]
fn every_platform_is_checked() {
    let workspace = Workspace::with(
        "name: x\nbase: scratch\nplatforms: [linux/amd64, linux/arm64]\nsteps:\n  - write: /arch\n    \
         content: ${{ platform.arch }}\nchecks: [{file: /arch, contains: amd64}]\n",
    );
    refused(
        &workspace,
        &[
            "[check 1/1] file: /arch: holds",
            "it does not contain `amd64`",
        ],
    );
}

#[test]
fn who_builds_without_privilege_has_the_same_checks_of_files() {
    if !require_root() || !require_tool("setpriv") {
        return;
    }
    let recipe = "name: x\nbase: scratch\nsteps:\n  - {write: /a, content: a, owner: '7:8', mode: '4711'}\n\
                  checks: [{file: /a, mode: '4711', owner: '7:8', executable: true}]\n";
    let workspace = Workspace::with(recipe);
    let built = crate::privilege::as_nobody(&workspace, &["build", "context", "-o", "oci:out"]);
    assert!(
        built.stderr.contains("[check 1/1] file: /a: holds"),
        "{}",
        built.stderr
    );
    built.expect(0);
}
