//! Everybody looks into the same root.

use std::net::TcpListener;

use super::{Caller, command, onelayer, packages, ready, recipe, workspace};
use crate::shell::Session;

const STEPS: &str = "
  - run: echo given > /given && chown 5:6 /given
";
/// Says whose a file of the step is, gives another one away, and ends with a status of its own.
const LOOK: &str =
    "stat -c %u:%g /given; touch /mine; chown 7:8 /mine; stat -c %u:%g /mine; exit 9";

#[test]
fn a_shell_shows_the_owners_of_the_image() {
    if !ready() {
        return;
    }
    let workspace = workspace(&recipe(STEPS));
    for caller in [
        Caller::Subids,
        Caller::Container,
        Caller::Single,
        Caller::Mapped,
    ] {
        let words = ["shell", "context", "--", "/bin/sh", "-c", LOOK];
        let seen = onelayer(&workspace, caller, &words).expect(9);
        assert_eq!(seen.stdout, "5:6\n7:8\n", "{caller:?}: {}", seen.stderr);
        let gone = onelayer(
            &workspace,
            caller,
            &["shell", "context", "--", "ls", "/mine"],
        );
        assert_ne!(gone.code, Some(0), "{caller:?}");
    }
}

const CALLERS: [Caller; 3] = [Caller::Subids, Caller::Single, Caller::Mapped];

/// The network of the step is the shell's.
#[test]
fn a_shell_has_the_network_of_its_step() {
    if !ready() {
        return;
    }
    let steps = "
  - name: without
    run: touch /x
  - name: with
    run: touch /y
    network: host
";
    let workspace = workspace(&recipe(steps));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let look = format!("grep -c 0100007F:{port:04X} /proc/net/tcp");
    for caller in CALLERS {
        let shell = |step| {
            let words = [
                "shell", "context", "--at", step, "--", "/bin/sh", "-c", &look,
            ];
            onelayer(&workspace, caller, &words)
        };
        let told = shell("with").expect(0);
        assert_eq!(told.stdout, "1\n", "{caller:?}: {}", told.stderr);
        let told = shell("without");
        assert_eq!((told.code, &*told.stdout), (Some(1), "0\n"), "{caller:?}");
    }
}

/// Who is not root in the step is not root on the terminal.
#[test]
fn a_terminal_is_for_the_user_of_the_step() {
    if !ready() {
        return;
    }
    let steps = "
  - run: mkdir -m 777 /open
  - name: own
    run: touch /open/mine
    user: app
";
    let workspace = workspace(&recipe(steps));
    for caller in CALLERS {
        let words = ["shell", "context", "--at", "own"];
        let mut shell = Session::start(command(&workspace, caller, &words));
        shell.expect("built-in shell");
        shell.send("stat -c %u:%g /open/mine; id -un; test -t 0 && echo on a$((1+1))terminal\n");
        shell.expect("1000:1000\r\napp\r\non a2terminal");
        shell.send("touch /open/new; stat -c +%U+ /open/new; exit 4\n");
        shell.expect("+app+");
        let (status, text) = shell.finish();
        assert_eq!(status.code(), Some(4), "{caller:?}: {text}");
    }
}

/// A command that fails after packages were installed is looked at in their root.
#[test]
fn a_failure_after_packages_is_looked_at() {
    let steps = "steps:\n  - run: [/usr/bin/busybox, sh, -c, \"exit 9\"]\n";
    for caller in CALLERS {
        if !ready() {
            return;
        }
        let lists = "[[busybox], [attributes]]";
        let Some(workspace) = packages("languages", lists, steps) else {
            return;
        };
        let words = ["build", "context", "--shell-on-failure"];
        let mut build = Session::start(command(&workspace, caller, &words));
        build.expect("failed (exit status 9)");
        build.expect("# ");
        build.send("busybox stat -c '%u:%g=%a' /opt/attributes/private; exit 0\n");
        build.expect("=640");
        let (status, text) = build.finish();
        assert_eq!(status.code(), Some(3), "{caller:?}: {text}");
    }
}
