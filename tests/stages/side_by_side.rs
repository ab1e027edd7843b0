//! Stages that are made at the same time.

use crate::command_line::copy_busybox;
use crate::support::workspace::Workspace;
use crate::support::{LONG, require_root};

/// Ten stages that take some time each, and an image of them all.
fn many(command: &str) -> String {
    use std::fmt::Write as _;
    let mut recipe = "name: many\nbase: scratch\nstages:\n".to_owned();
    let mut steps = "steps:\n".to_owned();
    for number in 0..10 {
        write!(
            recipe,
            "  s{number}:\n    base: scratch\n    steps:\n      - copy: busybox\n        to: /bin/sh\n        \
             mode: '0755'\n      - run: {command}\n        env: {{NUMBER: {number}}}\n"
        )
        .unwrap();
        write!(
            steps,
            "  - copy: /number\n    from: stage:s{number}\n    to: /n{number}\n"
        )
        .unwrap();
    }
    recipe + &steps
}

#[test]
fn independent_stages_are_made_side_by_side_with_one_result() {
    if !require_root() {
        return;
    }
    let workspace = Workspace::with(&many("echo $NUMBER > /number"));
    if !copy_busybox(&workspace) {
        return;
    }
    let first = workspace.build(&["-o", "oci:one", "--no-cache"]).expect(0);
    // All of them begin alike: the first to come makes that step for the others.
    assert_eq!(
        first.stderr.matches("done: cached").count(),
        9,
        "{}",
        first.stderr
    );
    let first = first.digest();
    for _ in 0..3 {
        assert_eq!(
            workspace.build(&["-o", "oci:two", "--no-cache"]).digest(),
            first
        );
    }
}

#[test]
fn a_failing_stage_stops_the_others_and_is_the_one_that_is_named() {
    if !require_root() {
        return;
    }
    let workspace = Workspace::with(&many("if [ $NUMBER = 0 ]; then exit 7; fi; sleep 600"));
    if !copy_busybox(&workspace) {
        return;
    }
    let started = std::time::Instant::now();
    let failed = workspace.build(&["-o", "oci:out"]).expect(3);
    assert!(failed.stderr.contains("exit status 7"), "{}", failed.stderr);
    // One of the sleeps would take ten minutes.
    assert!(started.elapsed() < LONG, "{}", failed.stderr);
    assert!(!workspace.path("out").join("index.json").exists());
}
