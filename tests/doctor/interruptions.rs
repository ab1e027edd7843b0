//! Ctrl-C ends `doctor` at once, and leaves nothing.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::command_line::names;
use crate::support::LONG;
use crate::support::workspace::Workspace;

#[test]
fn an_interruption_leaves_nothing() {
    let workspace = Workspace::new();
    let docker = workspace.path("docker");
    // The last to answer, so that there is something to interrupt.
    fs::write(&docker, "#!/bin/sh\nexec sleep 600\n").unwrap();
    fs::set_permissions(&docker, fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", workspace.path("").display());
    for (pause, signal, code) in [
        (0, Signal::INT, 130),
        (20, Signal::INT, 130),
        (50, Signal::TERM, 143),
        (100, Signal::INT, 130),
        (150, Signal::INT, 130),
        (400, Signal::TERM, 143),
    ] {
        let mut child = (workspace.command(&["doctor"]).env("PATH", &path))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Only from the moment on that it catches signals.
        let status = format!("/proc/{}/status", child.id());
        let catches = || {
            let status = fs::read_to_string(&status).unwrap();
            let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
            let caught = u64::from_str_radix(caught.unwrap().trim(), 16).unwrap();
            caught & 0b10 != 0
        };
        let start = Instant::now();
        while !catches() {
            assert!(start.elapsed() < LONG);
            thread::sleep(Duration::from_millis(1));
        }
        thread::sleep(Duration::from_millis(pause));
        let start = Instant::now();
        kill_process(Pid::from_child(&child), signal).unwrap();
        let status = child.wait().unwrap();
        assert_eq!(status.code(), Some(code), "after {pause} ms");
        assert!(start.elapsed() < LONG, "{:?}", start.elapsed());
        let left = names(&workspace.path(""));
        assert_eq!(left, ["context", "docker"], "after {pause} ms");
    }
}
