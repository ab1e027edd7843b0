//! The terminal of a shell: its own, and the caller's as it was afterwards.

use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use nix::sys::signal::Signal;

use super::{RECIPE, Session, marked, ready, workspace};
use crate::support::{LONG, within};

fn start(work: &crate::support::workspace::Workspace) -> Session {
    let session = Session::start(work.command(&["shell", "context"]));
    session.expect("/ # ");
    session
}

#[test]
fn a_shell_has_a_terminal_of_its_own() {
    if !ready() {
        return;
    }
    let work = workspace(RECIPE);
    let mut shell = start(&work);
    shell.send("busybox stty size; busybox test -t 2 && echo on a$((1+1))terminal; echo $TERM\n");
    shell.expect("33 99");
    shell.expect("on a2terminal");
    shell.expect("dumb");
    let size = rustix::termios::Winsize {
        ws_row: 44,
        ws_col: 111,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    rustix::termios::tcsetwinsize(shell.typed.as_ref().unwrap(), size).unwrap();
    let resized = within(LONG, || {
        shell.send("busybox stty size\n");
        std::thread::sleep(Duration::from_millis(100));
        shell.text().contains("44 111")
    });
    assert!(resized, "{}", shell.text());
    shell.send("exit 5\n");
    let (status, _) = shell.finish();
    assert_eq!(status.code(), Some(5));
}

#[test]
fn ctrl_c_and_ctrl_z_are_for_the_job_in_front() {
    if !ready() {
        return;
    }
    let work = workspace(RECIPE);
    let mut shell = start(&work);
    shell.send("echo begin$((1+1)); busybox sleep 4711\n");
    shell.expect("begin2");
    assert!(within(LONG, || marked("sleep\x004711") > 0));
    shell.send("\x03");
    shell.send("echo after-$?\n");
    shell.expect("after-130");
    assert_eq!(marked("sleep\x004711"), 0);
    shell.send("busybox sleep 4712\n");
    assert!(within(LONG, || marked("sleep\x004712") > 0));
    shell.send("\x1a");
    shell.expect("Stopped");
    shell.send("exit 3\nexit 3\n");
    let (status, text) = shell.finish();
    assert_eq!(status.code(), Some(3), "{text}");
    assert_eq!(marked("sleep\x004712"), 0);
}

#[test]
fn what_is_left_in_the_background_ends_with_the_shell() {
    if !ready() {
        return;
    }
    let work = workspace(RECIPE);
    let mut shell = start(&work);
    shell.send("busybox setsid busybox sleep 4713 >/dev/null 2>&1 </dev/null &\n");
    assert!(within(LONG, || marked("sleep\x004713") > 0));
    shell.send("exit\n");
    let (status, text) = shell.finish();
    assert_eq!(status.code(), Some(0), "{text}");
    assert_eq!(marked("sleep\x004713"), 0);
}

#[test]
fn a_killed_shell_leaves_the_terminal_as_it_was() {
    if !ready() {
        return;
    }
    let work = workspace(RECIPE);
    let mut shell = start(&work);
    shell.send("kill -9 $$\n");
    let (status, text) = shell.finish();
    assert_eq!(status.code(), Some(137), "{text}");
}

#[test]
fn signals_to_onelayer_end_everything() {
    if !ready() {
        return;
    }
    let work = workspace(RECIPE);
    for (signal, mark) in [(Signal::SIGTERM, "4714"), (Signal::SIGHUP, "4715")] {
        let mut shell = start(&work);
        shell.send(&format!("busybox sleep {mark}\n"));
        let sleeping = format!("sleep\0{mark}");
        assert!(within(LONG, || marked(&sleeping) > 0));
        shell.signal(signal);
        let (status, text) = shell.finish();
        let code = status.code().or(status.signal());
        assert_eq!(code, Some(143), "{signal}: {text}");
        assert_eq!(marked(&sleeping), 0);
    }
}

#[test]
fn a_terminal_that_is_closed_ends_everything() {
    if !ready() {
        return;
    }
    let work = workspace(RECIPE);
    let mut shell = start(&work);
    shell.send("busybox sleep 4716\n");
    assert!(within(LONG, || marked("sleep\x004716") > 0));
    shell.hang_up();
    assert!(within(LONG, || marked("sleep\x004716") == 0));
    let (status, _) = shell.finish();
    assert!(!status.success());
}
