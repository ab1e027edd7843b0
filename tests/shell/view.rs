//! What a shell sees, and that nothing of what it does stays.

use crate::support::workspace::{Outcome, run_with_input};

use super::{RECIPE, ready, workspace};

fn typed(work: &crate::support::workspace::Workspace, options: &[&str], text: &str) -> Outcome {
    let arguments = [&["shell", "context"], options].concat();
    run_with_input(&mut work.command(&arguments), text.as_bytes())
}

#[test]
fn the_root_is_as_the_step_left_it() {
    if !ready() {
        return;
    }
    let work = workspace(RECIPE);
    let shown =
        "busybox cat /one; busybox test -e /two || echo later; pwd; echo $HELLO; busybox id -u";
    let outcome = typed(&work, &["--at", "first"], shown).expect(0);
    assert_eq!(outcome.stdout, "one\nlater\n/bin\nworld\n0\n");
    let outcome = typed(&work, &["--at", "4"], "busybox cat /two; pwd; echo -$HELLO").expect(0);
    assert_eq!(outcome.stdout, "two\n/\n-\n");
    let outcome = typed(&work, &[], "busybox cat /one /two; echo error >&2").expect(0);
    assert_eq!(outcome.stdout, "one\ntwo\n");
    assert!(outcome.stderr.contains("error\n"), "{}", outcome.stderr);
}

#[test]
fn what_a_shell_writes_is_thrown_away() {
    if !ready() {
        return;
    }
    let work = workspace(RECIPE);
    let before = work.build(&[]).expect(0).digest();
    typed(
        &work,
        &[],
        "echo x > /thrown; busybox rm /one; busybox ls /",
    )
    .expect(0);
    let outcome = typed(&work, &[], "busybox test -e /thrown || busybox cat /one").expect(0);
    assert_eq!(outcome.stdout, "one\n");
    assert_eq!(work.build(&[]).expect(0).digest(), before);
}

#[test]
fn the_status_is_the_commands_own() {
    if !ready() {
        return;
    }
    let work = workspace(RECIPE);
    typed(&work, &[], "exit 7").expect(7);
    typed(&work, &["--at", "1", "--", "/bin/busybox", "false"], "").expect(1);
    typed(&work, &[], "kill -9 $$").expect(137);
}

#[test]
fn steps_are_named_by_number_and_title() {
    if !ready() {
        return;
    }
    let work = workspace(&RECIPE.replace("name: second", "name: first"));
    let outcome = typed(&work, &["--at", "firts"], "").expect(2);
    assert!(
        outcome.stderr.contains("`--at 'first'`"),
        "{}",
        outcome.stderr
    );
    let outcome = typed(&work, &["--at", "5"], "").expect(2);
    assert!(outcome.stderr.contains("from 1 to 4"), "{}", outcome.stderr);
    let outcome = typed(&work, &["--at", "first"], "").expect(2);
    assert!(
        outcome.stderr.contains("number: 3, 4"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_step_of_a_stage_has_the_root_of_its_stage() {
    if !ready() {
        return;
    }
    let recipe = r#"name: shells
base: stage:tools
stages:
  tools:
    base: scratch
    steps:
      - copy: busybox
        to: /bin/busybox
        mode: "0755"
      - write: /of-the-stage
        content: here
steps:
  - write: /of-the-image
    content: here
"#;
    let work = workspace(recipe);
    let list = ["--", "/bin/busybox", "ls", "/"];
    let listed = |at: &str| {
        typed(&work, &[&["--at", at], &list[..]].concat(), "")
            .expect(0)
            .stdout
    };
    assert!(!listed("1").contains("of-the-stage"));
    assert!(listed("2").contains("of-the-stage"));
    assert!(!listed("2").contains("of-the-image"));
    assert!(listed("3").contains("of-the-image"));
}
