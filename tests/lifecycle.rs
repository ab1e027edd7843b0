//! Builds that are interrupted, killed or too slow: nothing is left, and the next one works.

use std::fs;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::support::build::{Built, Work, require_packages, run};
use crate::support::{LONG, mounts, within};

const SLEEPING: &str = "  install: [sleeping]\n";
const LONG_RUN: &str =
    "  install: [busybox]\nsteps:\n  - name: the long one\n    run: touch /begun; sleep 600\n";

fn start(work: &Work) -> Child {
    let mut command = work.command();
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// Starts a build and waits until one of its drafts holds `marker`.
fn start_until(work: &Work, marker: &str) -> Child {
    let child = start(work);
    let begun = within(LONG, || {
        drafts(work)
            .iter()
            .any(|draft| draft.join("upper").join(marker).exists())
    });
    assert!(begun, "the build never got to {marker}");
    child
}

fn drafts(work: &Work) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(work.cache().join("drafts"));
    entries
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .collect()
}

fn send(child: &Child, signal: &str) {
    run("kill", |kill| kill.arg(signal).arg(child.id().to_string()));
}

/// After a build was killed: all is as before, and another one works.
fn assert_clean(work: &Work, mounts_before: &[String]) {
    let gone = within(LONG, || work.processes().is_empty());
    assert!(gone, "left behind: {:?}", work.processes());
    assert_eq!(mounts(), mounts_before);
    assert!(!work.has_image());
    work.recipe("failing", "  install: [busybox]\n", "");
    let next = work.build();
    assert_eq!(next.status, Some(0), "{}", next.errors);
    assert!(work.has_image());
    assert!(drafts(work).is_empty(), "{:?}", drafts(work));
}

#[test]
fn a_killed_transaction_leaves_nothing() {
    let _engines = crate::support::engines_rest();
    if !require_packages() {
        return;
    }
    let work = Work::new();
    work.recipe("failing", SLEEPING, "");
    let before = mounts();
    let mut child = start_until(&work, "var/lib/sleeping-has-begun");
    // The script makes the marker first.
    assert!(within(LONG, || {
        let processes = work.processes();
        processes
            .iter()
            .any(|process| process.contains("sleep 600"))
    }));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_clean(&work, &before);
}

#[test]
fn a_build_that_is_killed_at_any_moment_leaves_nothing() {
    let _engines = crate::support::engines_rest();
    if !require_packages() {
        return;
    }
    for milliseconds in [5, 50, 150, 300, 600, 900, 1200] {
        let work = Work::new();
        work.recipe("failing", SLEEPING, "");
        let before = mounts();
        let mut child = start(&work);
        sleep(Duration::from_millis(milliseconds));
        let _ = work.processes();
        child.kill().unwrap();
        child.wait().unwrap();
        assert_clean(&work, &before);
    }
}

#[test]
fn a_killed_command_leaves_nothing() {
    let _engines = crate::support::engines_rest();
    if !require_packages() {
        return;
    }
    let work = Work::new();
    work.recipe("failing", LONG_RUN, "");
    let before = mounts();
    let mut child = start_until(&work, "begun");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_clean(&work, &before);
}

#[test]
fn signals_end_a_build_in_order() {
    let _engines = crate::support::engines_rest();
    if !require_packages() {
        return;
    }
    for (recipe, marker) in [
        (SLEEPING, "var/lib/sleeping-has-begun"),
        (LONG_RUN, "begun"),
    ] {
        for (signal, status) in [("-INT", 130), ("-TERM", 143), ("-HUP", 143)] {
            let work = Work::new();
            work.recipe("failing", recipe, "");
            let before = mounts();
            let child = start_until(&work, marker);
            send(&child, signal);
            let built = Built::from(child.wait_with_output().unwrap());
            assert_eq!(built.status, Some(status), "{signal}: {}", built.errors);
            assert!(work.processes().is_empty(), "{:?}", work.processes());
            assert!(drafts(&work).is_empty(), "{:?}", drafts(&work));
            assert_clean(&work, &before);
        }
    }
}

#[test]
fn a_step_that_takes_too_long_is_named() {
    let _engines = crate::support::engines_rest();
    if !require_packages() {
        return;
    }
    let work = Work::new();
    let before = mounts();
    let begun = Instant::now();
    // The shell ignores SIGTERM, and so does what it leaves in another session.
    let rest = "  install: [busybox]\nsteps:\n  - name: the long one\n    timeout: 1s\n    run: |\n      \
                trap '' TERM\n      setsid sleep 600 &\n      sleep 600\n";
    work.recipe("failing", rest, "");
    let built = work.build();
    assert_eq!(built.status, Some(3), "{}", built.errors);
    assert!(
        built
            .errors
            .contains("error: step 2 of 2 failed: the long one"),
        "{}",
        built.errors
    );
    assert!(built.errors.contains("timeout"), "{}", built.errors);
    assert!(begun.elapsed() < LONG, "{:?}", begun.elapsed());
    assert_clean(&work, &before);
}
