//! A download under way: what is told of it, and that it can be interrupted.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::recipe;
use crate::command_line::names;
use crate::support::LONG;
use crate::support::nasty::noise;
use crate::support::server::{Reply, Server};
use crate::support::workspace::Workspace;

#[test]
fn a_download_can_be_interrupted() {
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;
    let body = noise(200_000);
    let whole = body.clone();
    let server = Server::new(move |_, _| Reply {
        cut: Some(100_000),
        stall: true,
        ..Reply::file(&whole)
    });
    let workspace = Workspace::with(&recipe(&server.url("/f"), &body, ""));
    let mut command = workspace.command(&["build", "context", "-o", "oci:out"]);
    let mut child = command
        .args(["--progress", "json"])
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut told = String::new();
    stderr.read_line(&mut told).unwrap();
    while server.asked().is_empty() {
        std::thread::sleep(Duration::from_millis(20));
    }
    let started = Instant::now();
    kill(
        Pid::from_raw(child.id().try_into().unwrap()),
        Signal::SIGINT,
    )
    .unwrap();
    stderr.read_to_string(&mut told).unwrap();
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130), "{told}");
    assert!(started.elapsed() < LONG);
    for left in ["drafts", "steps", "blobs/sha256"] {
        assert_eq!(names(&workspace.cache().join(left)), Vec::<String>::new());
    }
}

#[test]
fn progress_tells_bytes() {
    let body = noise(100_000);
    let server = Server::with(&body);
    let workspace = Workspace::with(&recipe(&server.url("/f"), &body, ""));
    let built = workspace
        .build(&["-o", "oci:out", "--progress", "json"])
        .expect(0);
    let events: Vec<Value> = (built.stderr.lines())
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|event: &Value| event["event"] == "fetching")
        .collect();
    let last = events.last().unwrap();
    assert_eq!(
        (&last["done"], &last["total"]),
        (&100_000.into(), &100_000.into())
    );
    assert_eq!(last["step"], 1);
}
