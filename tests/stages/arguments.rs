//! Arguments: what choosing one changes, and expressions in them.

use super::{STAGES, config};
use crate::support::workspace::{Workspace, run, tool_json};

#[test]
fn arguments_choose_and_change_only_what_uses_them() {
    let workspace = Workspace::with(STAGES);
    let small = workspace.build(&["-o", "oci:out"]).digest();
    let again = workspace.build(&["-o", "oci:out", "--set", "FLAVOUR=small"]);
    assert_eq!(again.digest(), small);
    let large = workspace.build(&["-o", "oci:out", "--set", "FLAVOUR=large"]);
    assert!(
        large.stderr.contains("[1] done: cached"),
        "{}",
        large.stderr
    );
    assert!(
        large.stderr.contains("write: /etc/large"),
        "{}",
        large.stderr
    );
    assert_ne!(large.digest(), small);
    let newer = workspace.build(&["-o", "oci:out", "--set", "VERSION=2"]);
    assert_ne!(newer.digest(), small);
    for (set, message) in [
        ("FLAVOUR=huge", "argument `FLAVOUR` cannot be `huge`"),
        ("FLAVUOR=small", "the recipe has no argument `FLAVUOR`"),
    ] {
        let refused = workspace
            .build(&["-o", "oci:never", "--set", set])
            .expect(1);
        assert!(refused.stderr.contains(message), "{}", refused.stderr);
    }
    assert!(workspace.build(&["--set", "FLAVOUR"]).code == Some(2));
    assert!(!workspace.path("never").exists());
}

#[test]
fn an_argument_that_is_required_must_be_chosen() {
    let workspace = Workspace::with(
        "name: x\nbase: scratch\nargs: {A: {required: true}}\nsteps:\n  - write: /a\n    content: ${{ args.A }}\n",
    );
    let checked = run(&mut workspace.command(&["validate", "context"])).expect(0);
    assert!(checked.stderr.contains("no problems"), "{}", checked.stderr);
    for command in ["plan", "build"] {
        let refused = run(&mut workspace.command(&[command, "context"])).expect(1);
        assert!(
            refused.stderr.contains("missing-argument"),
            "{}",
            refused.stderr
        );
    }
    workspace
        .build(&["-o", "oci:out", "--set", "A=1"])
        .expect(0);
}

#[test]
fn expressions_are_replaced_in_whatever_is_called_like_a_condition() {
    let workspace = Workspace::with(
        "name: x\nbase: scratch\nargs: {A: text}\nsteps:\n  - write: /a\n    content: a\n    when: args.A == \"text\"\nconfig:\n  labels: {when: \"${{ args.A }}\"}\n",
    );
    workspace.build(&["-o", "oci:out"]).expect(0);
    let config = config(&workspace, "out", "latest");
    assert_eq!(config["labels"]["when"], "text");
}

#[test]
fn an_argument_may_have_the_characters_of_an_expression() {
    let workspace = Workspace::with(
        "name: x\nbase: scratch\nargs:\n  A: $${{ b }}\n  C: {default: \"$${{\", options: [a, \"$${{\"]}\nsteps:\n  \
         - write: /a\n    content: ${{ args.A }}${{ args.C }}$${{ args.A }}\n",
    );
    let plan = ["plan", "context", "--format", "json"];
    let plan = tool_json(&mut workspace.command(&plan));
    assert_eq!(
        plan["steps"][0]["action"]["content"],
        "${{ b }}${{${{ args.A }}"
    );
}
