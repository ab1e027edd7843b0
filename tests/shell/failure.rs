//! `build --shell-on-failure`

use super::{RECIPE, Session, ready, workspace};

#[test]
fn a_failed_step_can_be_looked_at() {
    if !ready() {
        return;
    }
    let work = workspace(&RECIPE.replace("> /two", "> /two; exit 9"));
    let mut build = Session::start(work.command(&["build", "context", "--shell-on-failure"]));
    build.expect("step 4 failed (exit status 9)");
    build.expect("/ # ");
    build.send("busybox cat /one /two; echo x > /thrown; exit 0\n");
    build.expect("one\r\ntwo\r\n");
    let (status, text) = build.finish();
    assert_eq!(status.code(), Some(3), "{text}");
    assert!(text.contains("error: step 4 of 4 failed: second"), "{text}");
}

#[test]
fn without_a_terminal_it_is_a_warning() {
    if !ready() {
        return;
    }
    let work = workspace(&RECIPE.replace("> /two", "> /two; exit 9"));
    let outcome = work.build(&["--shell-on-failure"]).expect(3);
    let warning = "warning: `--shell-on-failure` does nothing";
    assert!(outcome.stderr.contains(warning), "{}", outcome.stderr);
    assert!(
        outcome.stderr.contains("exit status 9"),
        "{}",
        outcome.stderr
    );
}
