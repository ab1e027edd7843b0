//! The command line on a terminal, and where nobody listens: what foreign text does there, and how
//! builds end.

use std::fs::File;
use std::io::Read;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::shell::{Session, marked, ready, workspace};
use crate::support::workspace::{Workspace, require_root, run};
use crate::support::{LONG, within};

/// What a recipe with busybox in its context begins with.
const BUSYBOX: &str =
    "name: terminal\nbase: scratch\nsteps:\n  - copy: busybox\n    to: /bin/sh\n    mode: '0755'\n";

/// What acts on a terminal and is in what commands and images say: a title, a colour, a cleared
/// screen, a control of eight bits, another direction of writing.
const ACTIVE: [&str; 5] = ["\u{1b}]0;", "\u{1b}[31m", "\u{1b}[2J", "\u{9b}", "\u{202e}"];

/// Prints all of it.
const PRINT: &str = r"printf 'one\033]0;title\007\033[31mtwo\033[0m\033[2J\302\2332Jtab\there\342\200\256\n10 %%\r20 %%\r\n'";

fn assert_harmless(text: &str, place: &str) {
    for active in ACTIVE {
        assert!(!text.contains(active), "{place}: {active:?} in {text:?}");
    }
}

#[test]
fn what_a_command_prints_acts_on_no_terminal() {
    if !ready() {
        return;
    }
    let work = workspace(&format!("{BUSYBOX}  - run: |\n      {PRINT}\n"));
    for (progress, term) in [
        ("auto", "dumb"),
        ("auto", "xterm"),
        ("plain", "xterm"),
        ("tty", "xterm"),
        ("json", "xterm"),
    ] {
        let words = ["build", "context", "--no-cache", "--progress", progress];
        let mut command = work.command(&words);
        command.env("TERM", term).env("CI", "").env("NO_COLOR", "1");
        let (status, text) = Session::start(command).finish();
        assert_eq!(status.code(), Some(0), "{progress}: {text}");
        assert_harmless(&text, progress);
        match progress {
            "plain" => {
                let line = r"[2] one\u{1b}]0;title\u{7}two\u{1b}[2J\u{9b}2Jtab";
                assert!(text.contains(line), "{text:?}");
                assert!(text.contains("here\\u{202e}\r\n[2] 20 %\r\n"), "{text:?}");
            }
            "json" => {
                let line = r"one\u001b]0;title\u0007\u001b[31mtwo\u001b[0m\u001b[2J\u009b2Jtab\there\u202e";
                assert!(text.contains(line), "{text:?}");
            }
            _ => {}
        }
    }
    // Whoever reads a pipe gets what the command wrote.
    let built = work.build(&["--no-cache", "--progress", "plain"]).expect(0);
    let line =
        "[2] one\u{1b}]0;title\u{7}\u{1b}[31mtwo\u{1b}[0m\u{1b}[2J\u{9b}2Jtab\there\u{202e}\n";
    assert!(built.stderr.contains(line), "{:?}", built.stderr);
    assert!(built.stderr.contains("10 %\r20 %"), "{:?}", built.stderr);
}

#[test]
fn the_output_of_a_step_that_fails_acts_on_nothing() {
    if !ready() {
        return;
    }
    let work = workspace(&format!("{BUSYBOX}  - run: |\n      {PRINT}; exit 7\n"));
    let mut command = work.command(&["build", "context", "--progress", "quiet"]);
    command.env("NO_COLOR", "1");
    let (status, text) = Session::start(command).finish();
    assert_eq!(status.code(), Some(3), "{text}");
    assert_harmless(&text, "error");
    assert!(text.contains(r"one\u{1b}]0;title"), "{text:?}");
}

#[test]
fn what_a_recipe_or_an_image_says_acts_on_no_terminal() {
    let active = r"a\e]0;t\a\e[31mb\e[2J\u009b2J\u202ec";
    let recipe = format!(
        "name: x\nbase: scratch\nsteps:\n  - name: \"{active}\"\n    write: /a\n    content: a\n\
         config:\n  entrypoint: [\"/{active}\"]\n  author: \"{active}\"\n  labels: {{k: \"{active}\"}}\n"
    );
    let work = Workspace::with(&recipe);
    for words in [
        &["build", "context", "-o", "oci:out", "--progress", "tty"][..],
        &[
            "build",
            "context",
            "-o",
            "oci:out",
            "--no-cache",
            "--progress",
            "plain",
        ],
        &["plan", "context"],
        &["plan", "context", "--format", "mermaid"],
        &["validate", "context"],
        &["plan", "context", "--format", "json"],
        &["inspect", "oci:out"],
        &["inspect", "oci:out", "--format", "json"],
    ] {
        let mut command = work.command(words);
        command
            .env("TERM", "xterm")
            .env("CI", "")
            .env("NO_COLOR", "1");
        let (status, text) = Session::start(command).finish();
        assert_eq!(status.code(), Some(0), "{words:?}: {text}");
        assert_harmless(&text, words[0]);
    }
    // The image has what was written.
    let shown = run(&mut work.command(&["inspect", "oci:out", "--format", "json"])).expect(0);
    let image: serde_json::Value = serde_json::from_str(&shown.stdout).unwrap();
    let text = "a\u{1b}]0;t\u{7}\u{1b}[31mb\u{1b}[2J\u{9b}2J\u{202e}c";
    assert_eq!(image["author"], text);
    assert_eq!(image["config"]["labels"]["k"], text, "{image}");
}

#[test]
fn a_second_ctrl_c_ends_what_ignores_the_first() {
    if !ready() {
        return;
    }
    let recipe = format!(
        "{BUSYBOX}  - link: /bin/busybox\n    target: sh\n  - run: |\n      trap '' INT TERM HUP\n      \
         echo rea''dy\n      /bin/busybox sleep 4721\n"
    );
    let work = workspace(&recipe);
    let before = crate::support::mounts();
    let mut build = Session::start(work.command(&["build", "context", "--progress", "plain"]));
    build.expect("ready");
    assert!(within(LONG, || marked("sleep\x004721") > 0));
    build.send("\x03");
    // It has ten seconds to end, and does not.
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(marked("sleep\x004721"), 1);
    let second = Instant::now();
    build.send("\x03");
    let (status, text) = build.finish();
    assert_eq!(status.code(), Some(130), "{text}");
    assert!(second.elapsed() < Duration::from_secs(7), "{text}");
    assert_eq!(marked("sleep\x004721"), 0);
    assert_eq!(crate::support::mounts(), before);
    assert!(!work.path("out/terminal/index.json").exists());
}

#[test]
fn who_closes_the_output_has_seen_enough() {
    let recipe = "name: x\nbase: scratch\nsteps:\n  - write: /a\n    content: a\n";
    let work = Workspace::with(recipe);
    for (words, code) in [
        (&["plan", "context"][..], 0),
        (&["schema"], 0),
        (&["explain", "unknown-key"], 0),
        (&["completions", "bash"], 0),
        (&["man"], 0),
        (&["--help"], 0),
        (&["build", "context", "-o", "oci:out", "--json"], 0),
    ] {
        // A pipe that nobody reads, and no stream at all.
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = work.command(words);
        let child = command.stdout(writer).stderr(Stdio::piped()).spawn();
        let ended = child.unwrap().wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(code), "{words:?}: {told}");
        assert!(!told.contains("panicked"), "{words:?}: {told}");
        let mut shut = work.below(&["sh", "-c", "exec \"$@\" >&- 2>&-", "sh"], words);
        assert_eq!(shut.status().unwrap().code(), Some(code), "{words:?}");
        // A disk that is full is told.
        if words[0] == "--help" {
            continue;
        }
        let full = File::options().write(true).open("/dev/full").unwrap();
        let child = work
            .command(words)
            .stdout(full)
            .stderr(Stdio::piped())
            .spawn();
        let ended = child.unwrap().wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(5), "{words:?}: {told}");
        assert!(told.contains("cannot write to standard output"), "{told}");
    }
    assert!(work.path("out/index.json").exists());
}

#[test]
fn nobody_needs_to_hear_how_a_build_goes() {
    if !require_root() || !ready() {
        return;
    }
    let work = workspace(&format!(
        "{BUSYBOX}  - run: for i in 1 2 3 4 5; do echo $i; done\n"
    ));
    for progress in ["plain", "tty", "json"] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let words = ["build", "context", "--no-cache", "--progress", progress];
        let mut command = work.command(&words);
        let mut child = command
            .stderr(writer)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        drop(command);
        let mut line = String::new();
        child
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut line)
            .unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0), "{progress}");
        assert!(
            line.starts_with("oci:out/terminal:latest@sha256:"),
            "{line}"
        );
    }
}
