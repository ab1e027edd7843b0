//! What is refused: what is not carried out, and images beyond their limits.

use crate::support::workspace::{Workspace, run, tool_json};

#[test]
fn limits_keep_a_large_image_from_being_written() {
    let recipe = |limits: &str| {
        format!(
            "name: x\nbase: scratch\nsteps:\n  - write: /a\n    content: a\nlimits: {{{limits}}}\n"
        )
    };
    for (limits, message) in [
        (
            "layer_entries: 1",
            "the image has 2 entries, more than the 1 of `limits.layer_entries`",
        ),
        (
            "image_size: 100B",
            "more than the 100 of `limits.image_size`",
        ),
    ] {
        let workspace = Workspace::with(&recipe(limits));
        let refused = workspace.build(&["-o", "oci:out"]).expect(3);
        assert!(refused.stderr.contains(message), "{}", refused.stderr);
        assert!(!workspace.path("out").join("index.json").exists());
    }
    let workspace = Workspace::with(&recipe("image_size: 1MiB, layer_entries: 2"));
    workspace.build(&["-o", "oci:out"]).expect(0);
}

#[test]
fn what_is_not_carried_out_is_refused_before_any_work() {
    let workspace = Workspace::with(
        "name: x\nbase: scratch\nsteps:\n  - write: /a\n    content: a\npackages: {upgrade: true}\noutput: {compression: 'zstd:chunked'}\n",
    );
    run(&mut workspace.command(&["plan", "context"])).expect(0);
    let refused = workspace.build(&["-o", "oci:out"]).expect(1);
    assert_eq!(
        refused.stderr.matches("not-carried-out").count(),
        2,
        "{}",
        refused.stderr
    );
    assert!(!workspace.path("out").exists() && !workspace.cache().exists());
}

#[test]
fn what_is_not_carried_out_may_stand_in_steps_and_stages_that_are_not_made() {
    let workspace = Workspace::with(
        r#"
name: x
base: scratch
args: {MORE: false}
stages:
  more: {base: "docker://x@sha256:0", checks: [{file: /a}]}
steps:
  - write: /a
    content: a
  - packages: {upgrade: true, manager: apt, run_in: "stage:more"}
    when: args.MORE
  - run: make
    mounts: [{tmpfs: /tmp/x}]
    when: args.MORE
  - copy: /a
    from: stage:more
    to: /b
    when: args.MORE
  - copy: missing
    to: /missing
    when: args.MORE
"#,
    );
    workspace.build(&["-o", "oci:out"]).expect(0);
    let refused = run(&mut workspace.command(&["build", "context", "--set", "MORE=true"]));
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
}

#[test]
fn another_platform_needs_no_emulation_where_nothing_runs() {
    let other = if cfg!(target_arch = "aarch64") {
        "amd64"
    } else {
        "arm64"
    };
    let recipe = |step: &str| {
        format!(
            "name: x\nbase: scratch\nplatforms: [linux/{other}]\nsteps:\n  - write: /bin/sh\n    content: ${{{{ platform.arch }}}}\n{step}"
        )
    };
    let workspace = Workspace::with(&recipe(""));
    workspace.build(&["-o", "oci:out"]).expect(0);
    let image = format!("{}:latest", workspace.layout("out"));
    let found = tool_json(&mut workspace.command(&["inspect", "--format", "json", &image]));
    assert_eq!(found["platform"]["architecture"], other, "{found}");
    // Where the kernel has an emulator, it is the emulator's to say that there is no shell.
    let workspace = Workspace::with(&recipe("  - run: echo\n"));
    let refused = workspace.build(&["-o", "oci:out"]);
    assert!(matches!(refused.code, Some(3 | 4)), "{}", refused.stderr);
    if refused.code == Some(4) {
        assert!(
            refused.stderr.contains("qemu-user-static"),
            "{}",
            refused.stderr
        );
    }
}

#[test]
fn a_condition_that_waits_for_an_image_is_not_taken_to_hold() {
    let workspace = Workspace::with(
        "name: x\nbase: recipe:x.yaml\nsteps:\n  - write: /a\n    content: a\n    when: base.env.A == \"b\"\n  \
         - write: /b\n    content: b\n    when: base.env.A == \"b\" or platform.os == \"linux\"\n",
    );
    run(&mut workspace.command(&["validate", "context"])).expect(0);
    let refused = run(&mut workspace.command(&["plan", "context"])).expect(1);
    assert_eq!(
        refused.stderr.matches("recipe-unusable").count(),
        1,
        "{}",
        refused.stderr
    );
}
