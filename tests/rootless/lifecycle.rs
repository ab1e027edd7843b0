//! Interrupted builds in namespaces leave nothing that runs, and the next one works.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::{Caller, as_root, build, command, ready, recipe, workspace};
use crate::support::workspace::Workspace;
use crate::support::{LONG, within};

/// A build whose command has begun to wait, for this many seconds.
fn begun(workspace: &Workspace, caller: Caller) -> Child {
    let arguments = ["build", "context", "--progress", "plain", "-o", "oci:never"];
    let mut child = command(workspace, caller, &arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let waits = lines
        .map_while(Result::ok)
        .any(|line| line.ends_with("] begun"));
    assert!(waits, "the command never began");
    child
}

/// Processes whose arguments name the number that only this test's commands wait for.
fn left(number: u32) -> Vec<String> {
    let number = number.to_string();
    let processes = fs::read_dir("/proc")
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let words = processes.map(|process| fs::read(process.join("cmdline")).unwrap_or_default());
    let words = words.map(|words| String::from_utf8_lossy(&words).replace('\0', " "));
    words
        .filter(|words| words.contains("sleep") && words.contains(&number))
        .collect()
}

#[track_caller]
fn ends_well(caller: Caller, number: u32) {
    if !ready() {
        return;
    }
    let steps = format!("  - run: echo begun; exec sleep {number}\n");
    let waiting = workspace(&recipe(&steps));
    for (signal, code) in [
        (Signal::INT, Some(130)),
        (Signal::TERM, Some(143)),
        (Signal::KILL, None),
    ] {
        let mut child = begun(&waiting, caller);
        // A process that is becoming another program has no arguments for a moment.
        assert!(within(LONG, || !left(number).is_empty()));
        kill_process(Pid::from_child(&child), signal).unwrap();
        let status = child.wait().unwrap();
        assert_eq!(status.code(), code, "{status}");
        assert!(code.is_some() || status.signal() == Some(9), "{status}");
        // Of a build that was killed the guards end by themselves, soon.
        assert!(
            within(LONG, || left(number).is_empty()),
            "{:?}",
            left(number)
        );
        assert!(!waiting.path("never").join("index.json").exists());
    }
    let drafts = || -> usize {
        let cache = waiting.path(&format!("cache-{caller:?}/namespaces"));
        let places = fs::read_dir(cache).unwrap();
        let drafts = places.map(|place| place.unwrap().path().join("drafts"));
        drafts
            .map(|drafts| fs::read_dir(drafts).unwrap().count())
            .sum()
    };
    assert_eq!(drafts(), 1, "what was killed cannot clear up");
    waiting.write("recipe.yaml", &recipe("  - run: touch /x\n"));
    assert_eq!(build(&waiting, caller), as_root(&waiting));
    assert_eq!(drafts(), 0);
}

#[test]
fn a_build_with_subordinate_ids_ends_in_order() {
    ends_well(Caller::Subids, 47_119_301);
}

#[test]
fn a_build_with_a_single_id_ends_in_order() {
    ends_well(Caller::Single, 47_119_302);
}
