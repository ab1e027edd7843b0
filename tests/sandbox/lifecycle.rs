//! How runs end, and that nothing outlives them.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use onelayer::sandbox::{Cancel, Exit, Network, Sandbox, SandboxError};

use super::{LAUNCHER, Lab, Ran, ready, run, try_run};
use crate::support::twin::{Twin, expect, kill};
use crate::support::{LONG, within};

/// Processes of the whole host with `marker` in their command line.
fn alive(marker: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Ok(text) = fs::read(entry.path().join("cmdline")) else {
            continue;
        };
        let text = String::from_utf8_lossy(&text).replace('\0', " ");
        if text.contains(marker) && !text.contains("sandbox::") {
            found.push(text);
        }
    }
    found
}

#[test]
fn exits_and_signals_are_told_apart() {
    if !ready() {
        return;
    }
    let lab = Lab::new();
    let exit = |text: &str| try_run(&lab.script(text)).unwrap().exit;
    assert_eq!(exit("exit 0"), Exit::Code(0));
    assert_eq!(exit("exit 255"), Exit::Code(255));
    assert_eq!(exit("kill -9 $$"), Exit::Signal(9));
    assert_eq!(exit("kill -15 $$"), Exit::Signal(15));
    assert_eq!(
        exit("kill -9 -1; exit 4"),
        Exit::Code(4),
        "-1 leaves the caller"
    );
    assert_eq!(exit("(exit 5) & exit 6"), Exit::Code(6));
}

#[test]
fn commands_that_cannot_run_say_why() {
    if !ready() {
        return;
    }
    let lab = Lab::new();
    let lower = lab.path("lower");
    let program = |name: &str, text: &[u8], mode| {
        fs::write(lower.join(name), text).unwrap();
        fs::set_permissions(lower.join(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    program("plain", b"echo", 0o644);
    program("garbage", b"\x01\x02\x03\x04\x05\x06\x07\x08", 0o755);
    program("script", b"#! /usr/bin/python3 -E\n", 0o755);
    fs::copy("/bin/ls", lower.join("dynamic")).unwrap();
    symlink("/nowhere", lower.join("dangling")).unwrap();
    let error = |words: &[&str]| {
        let mut sandbox = Sandbox::new(lab.root(), words.iter().copied());
        sandbox.environment = vec![("PATH".into(), "/sbin:/bin:/garbage".into())];
        let error = try_run(&sandbox).unwrap_err();
        assert!(error.is_command() || matches!(error, SandboxError::Invalid { .. }));
        error.to_string()
    };
    for (words, expected) in [
        (
            &["nope"][..],
            "command `nope` not found in the root's `/sbin:/bin:/garbage`",
        ),
        (&["/bin/nope"], "command `/bin/nope` not found in the root"),
        (&["/dangling"], "command `/dangling` not found in the root"),
        (
            &[""],
            "command `` not found in the root's `/sbin:/bin:/garbage`",
        ),
        (
            &["/script"],
            "cannot run `/script`: it needs `/usr/bin/python3`, which is not in the root; \
             install it, or copy a statically linked program",
        ),
        (
            &["/plain"],
            "cannot run `/plain`: Permission denied (os error 13); make it executable (mode \
             0755), and its folders searchable for the user",
        ),
        (
            &["/bin"],
            "cannot run `/bin`: Permission denied (os error 13); name a program in that directory",
        ),
        (
            &["/garbage"],
            "cannot run `/garbage`: Exec format error (os error 8); begin it with a line such as \
             `#!/bin/sh`, or build it for this architecture",
        ),
        (
            &["sh", "a\0b"],
            "invalid sandbox: the argument `a\0b` contains a NUL byte",
        ),
        (&[], "invalid sandbox: there is no command"),
    ] {
        assert_eq!(error(words), expected);
    }
    assert!(
        error(&["/dynamic"]).contains("it needs `/lib"),
        "{}",
        error(&["/dynamic"])
    );
}

#[test]
fn working_directories_are_inside_the_root() {
    if !ready() {
        return;
    }
    let lab = Lab::new();
    symlink("/bin", lab.path("lower/link")).unwrap();
    let at = |path: &str| {
        let mut sandbox = lab.script("pwd -P");
        sandbox.working_directory = PathBuf::from(path);
        try_run(&sandbox).map(|ran| ran.output)
    };
    assert_eq!(at("/link").unwrap(), "/bin\n");
    assert_eq!(at("/../../..").unwrap(), "/\n");
    assert_eq!(
        at("/missing").unwrap_err().to_string(),
        "cannot enter the working directory `/missing`: No such file or directory (os error 2)"
    );
    assert!(at("/bin/busybox").unwrap_err().is_command());
    for fd in 0..40 {
        if let Ok(output) = at(&format!("/proc/self/fd/{fd}")) {
            assert!(
                lab.path("lower").join(&output.trim()[1..]).exists(),
                "{fd}: {output}"
            );
        }
    }
}

#[test]
fn five_thousand_orphans_are_reaped() {
    if !ready() {
        return;
    }
    let lab = Lab::new();
    let ran = try_run(&lab.script(
        "i=0; while [ $i -lt 5000 ]; do (true &); i=$((i+1)); done; \
         while grep -q '^State:.Z' /proc/[0-9]*/status 2>/dev/null; do sleep 0.1; done; \
         echo reaped; exit 7",
    ))
    .unwrap();
    assert_eq!((ran.exit, ran.output.as_str()), (Exit::Code(7), "reaped\n"));
}

#[test]
fn daemons_end_with_the_command() {
    if !ready() {
        return;
    }
    let lab = Lab::new();
    let started = Instant::now();
    // Double fork, own session, deaf, and holding the output open.
    let ran = try_run(&lab.script(
        "(setsid sh -c 'trap \"\" TERM HUP INT; while :; do sleep 90210; done' &); sleep 0.2; echo out",
    ))
    .unwrap();
    assert_eq!((ran.exit, ran.output.as_str()), (Exit::Code(0), "out\n"));
    assert!(started.elapsed() < LONG);
    assert_eq!(alive("90210"), Vec::<String>::new());
}

#[test]
fn a_timeout_ends_everything() {
    if !ready() {
        return;
    }
    let lab = Lab::new();
    let mut sandbox = lab.script(
        "trap '' TERM; (setsid sh -c 'trap \"\" TERM; sleep 90211' &); echo begun; sleep 90211; sleep 90211",
    );
    // Long enough to begin on a slow machine.
    sandbox.timeout = Some(Duration::from_secs(3));
    sandbox.grace = Duration::from_millis(300);
    let started = Instant::now();
    let ran = try_run(&sandbox).unwrap();
    let took = started.elapsed();
    assert_eq!((ran.exit, ran.output.as_str()), (Exit::TimedOut, "begun\n"));
    assert!(took > Duration::from_secs(3) && took < LONG, "{took:?}");
    assert_eq!(alive("90211"), Vec::<String>::new());
    // In time.
    sandbox.command = vec!["/bin/true".into()];
    assert_eq!(try_run(&sandbox).unwrap().exit, Exit::Code(0));
}

#[test]
fn cancelling_asks_first_and_then_insists() {
    if !ready() {
        return;
    }
    let lab = Lab::new();
    let cancelled = |text: &str, wishes: usize| {
        let mut sandbox = lab.script(text);
        // Only a second wish is to end what does not listen.
        sandbox.grace = Duration::from_secs(600);
        let cancel = Cancel::new().unwrap();
        let mut output = String::new();
        let started = Instant::now();
        let exit = thread::scope(|scope| {
            LAUNCHER.run(
                &sandbox,
                &mut |line| {
                    output.push_str(&String::from_utf8_lossy(line));
                    if output == "ready" {
                        let cancel = cancel.clone();
                        scope.spawn(move || {
                            for _ in 0..wishes {
                                cancel.cancel();
                                thread::sleep(Duration::from_millis(300));
                            }
                        });
                    }
                },
                &cancel,
            )
        });
        assert!(started.elapsed() < LONG, "{text}");
        (exit.unwrap(), output)
    };
    let polite = "trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.1; done";
    let (exit, output) = cancelled(polite, 1);
    assert_eq!(exit, Exit::Cancelled);
    assert!(
        output.starts_with("ready") && output.ends_with("bye"),
        "{output}"
    );
    let deaf = "trap '' TERM; echo ready; while :; do sleep 90212; done";
    assert_eq!(cancelled(deaf, 2), (Exit::Cancelled, "ready".to_owned()));
    assert_eq!(alive("90212"), Vec::<String>::new());

    let cancel = Cancel::new().unwrap();
    cancel.cancel();
    let exit = LAUNCHER.run(
        &lab.script("echo never"),
        &mut |_| panic!("it ran"),
        &cancel,
    );
    assert_eq!(exit, Ok(Exit::Cancelled));
}

/// Calls a sandbox that goes on until this process is killed.
fn call_on(folder: &Path) {
    let lab = Lab::new();
    let mut sandbox =
        lab.script("echo up; (setsid sleep 90213 &); trap '' TERM; sleep 90213; sleep 90213");
    sandbox.network = Network::None;
    let _ = LAUNCHER.run(
        &sandbox,
        &mut |_| fs::write(folder.join("up"), "").unwrap(),
        &Cancel::new().unwrap(),
    );
}

#[test]
fn killing_the_caller_leaves_nothing() {
    let twin = Twin::of(killing_the_caller_leaves_nothing);
    if let Some(folder) = twin.folder() {
        return call_on(&folder);
    }
    let _engines = crate::support::engines_rest();
    if !ready() {
        return;
    }
    let before = crate::support::mounts();
    for delay in [None, Some(0), Some(3), Some(10), Some(20), Some(35)] {
        let folder = tempfile::tempdir().unwrap();
        let caller = twin.start(folder.path());
        match delay {
            None => {
                assert!(within(LONG, || folder.path().join("up").exists()));
                // A process that is becoming another program has no arguments for a moment.
                assert!(within(LONG, || !alive("90213").is_empty()));
            }
            Some(delay) => thread::sleep(Duration::from_millis(delay)),
        }
        kill(caller);
        let gone = within(LONG, || alive("90213").is_empty());
        assert!(gone, "{delay:?}: {:?}", alive("90213"));
    }
    assert_eq!(crate::support::mounts(), before);
}

fn resident() -> u64 {
    let text = fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

#[test]
fn a_gibibyte_without_newline_needs_no_memory() {
    if !ready() {
        return;
    }
    // Alone: what other tests hold meanwhile would be measured as well.
    let twin = Twin::of(a_gibibyte_without_newline_needs_no_memory);
    if twin.folder().is_none() {
        let folder = tempfile::tempdir().unwrap();
        return expect(&mut twin.below(&[], folder.path()));
    }
    let lab = Lab::new();
    let before = resident();
    let (mut total, mut longest, mut highest) = (0, 0, 0);
    let exit = LAUNCHER
        .run(
            &lab.script("head -c 1073741824 /dev/zero"),
            &mut |line| {
                total += line.len();
                longest = longest.max(line.len());
                if total % (64 << 20) < line.len() {
                    highest = highest.max(resident());
                }
            },
            &Cancel::new().unwrap(),
        )
        .unwrap();
    assert_eq!((exit, total, longest), (Exit::Code(0), 1 << 30, 64 << 10));
    assert!(highest < before + (128 << 20), "{before} {highest}");
}

#[test]
fn output_is_bytes() {
    if !ready() {
        return;
    }
    let lab = Lab::new();
    let mut lines = Vec::new();
    LAUNCHER
        .run(
            &lab.script("printf 'a\\r\\n\\377\\376\\0\\n\\nlast'; printf err >&2"),
            &mut |line| lines.push(line.to_vec()),
            &Cancel::new().unwrap(),
        )
        .unwrap();
    assert_eq!(lines, [&b"a\r"[..], b"\xff\xfe\0", b"", b"lasterr"]);
    // Nobody listens any more: the command is told, and not its caller.
    let Ran { exit, .. } = try_run(&lab.script("exec >&- 2>&-; exit 5")).unwrap();
    assert_eq!(exit, Exit::Code(5));
}

#[test]
fn neighbours_do_not_see_each_other() {
    if !ready() {
        return;
    }
    let labs: Vec<Lab> = (0..8).map(|_| Lab::new()).collect();
    thread::scope(|scope| {
        for (number, lab) in labs.iter().enumerate() {
            scope.spawn(move || {
                let output = run(&lab.script(&format!(
                    "echo {number} > /mine; echo {number} > /tmp/mine; sleep 0.3; \
                     cat /mine /tmp/mine; echo /proc/[0-9]*"
                )));
                assert_eq!(output, format!("{number}\n{number}\n/proc/1 /proc/2\n"));
            });
        }
    });
}

#[test]
fn a_program_that_is_missing_is_named() {
    if !ready() {
        return;
    }
    let lab = Lab::new();
    let launcher = onelayer::sandbox::Launcher::new("/nowhere/onelayer");
    let error = launcher
        .run(&lab.script("true"), &mut |_| {}, &Cancel::new().unwrap())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot execute `/nowhere/onelayer`: No such file or directory (os error 2)"
    );
    // A program that knows nothing of sandboxes.
    let launcher = onelayer::sandbox::Launcher::new("/bin/true");
    let error = launcher
        .run(&lab.script("true"), &mut |_| {}, &Cancel::new().unwrap())
        .unwrap_err();
    assert_eq!(error, SandboxError::Lost);
}
