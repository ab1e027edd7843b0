//! Several builds on one store.

use std::fs;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::command_line::copy_busybox;
use crate::support::workspace::{Outcome, Workspace};
use crate::support::{LONG, require_root, within};

use super::cache;

/// Two steps that four recipes share, and one of their own.
fn recipe(number: usize) -> String {
    format!(
        "name: r{number}
base: scratch
steps:
  - copy: busybox
    to: /bin/sh
    mode: '0755'
  - run: echo made; /bin/sh -c 'sleep 1'; echo shared > /shared
    env: {{ PATH: /bin }}
    mounts: [{{ cache: log, target: /log }}]
  - run: echo {number} > /own; echo {number} >> /log/own
    mounts: [{{ cache: log, target: /log }}]
"
    )
    .replace("echo made;", "echo shared >> /log/shared;")
    .replace(
        "/bin/sh -c 'sleep 1'",
        "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done",
    )
}

fn workspace() -> Option<Workspace> {
    let workspace = Workspace::new();
    if !require_root() || !copy_busybox(&workspace) {
        return None;
    }
    for number in 0..4 {
        workspace.write(&format!("r{number}.yaml"), &recipe(number));
    }
    Some(workspace)
}

fn spawn(workspace: &Workspace, number: usize, more: &[&str]) -> Child {
    let file = format!("context/r{number}.yaml");
    let output = format!("oci:out:r{number}");
    let words = ["build", &file, "--progress", "plain", "-o", &output];
    let mut command = workspace.command(&[&words, more].concat());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn end(child: Child) -> Outcome {
    child.wait_with_output().unwrap().into()
}

/// How often a command ran: lines that it wrote to a kept folder.
fn runs(workspace: &Workspace, name: &str) -> Vec<String> {
    let caches = fs::read_dir(workspace.cache().join("caches")).unwrap();
    let logs = caches.map(|cache| cache.unwrap().path().join("content").join(name));
    let texts: String = logs
        .filter_map(|log| fs::read_to_string(log).ok())
        .collect();
    texts.lines().map(str::to_owned).collect()
}

fn names(workspace: &Workspace, folder: &str) -> usize {
    fs::read_dir(workspace.cache().join(folder))
        .unwrap()
        .count()
}

#[test]
fn twenty_builds_make_each_step_once() {
    let Some(workspace) = workspace() else {
        return;
    };
    let builds: Vec<Child> = (0..20).map(|n| spawn(&workspace, n % 4, &[])).collect();
    let built: Vec<Outcome> = builds.into_iter().map(end).collect();
    let waited = built
        .iter()
        .any(|b| b.stderr.contains("waiting for process"));
    assert!(waited, "nobody waited");
    let digests: Vec<String> = built.into_iter().map(Outcome::digest).collect();
    for (index, digest) in digests.iter().enumerate() {
        assert_eq!(*digest, digests[index % 4]);
    }
    assert_eq!(runs(&workspace, "shared").len(), 1);
    let mut own = runs(&workspace, "own");
    own.sort();
    assert_eq!(own, ["0", "1", "2", "3"]);
    cache(&workspace, &["verify"], 0);
    for folder in ["drafts", "making"] {
        assert_eq!(names(&workspace, folder), 0, "{folder}");
    }
    assert_eq!(names(&workspace, "sets"), 6);
}

#[test]
fn killed_builds_hurt_nobody() {
    let Some(workspace) = workspace() else {
        return;
    };
    let mut builds: Vec<Child> = (0..20).map(|n| spawn(&workspace, n % 4, &[])).collect();
    // Among them, in time, whoever makes what the others wait for.
    for turn in 0..5_usize {
        sleep(Duration::from_millis(150));
        let mut killed = builds.remove(turn * 7 % builds.len());
        killed.kill().unwrap();
        killed.wait().unwrap();
    }
    for build in builds {
        end(build).expect(0);
    }
    cache(&workspace, &["verify"], 0);
    for folder in ["drafts", "making"] {
        assert_eq!(names(&workspace, folder), 0, "{folder}");
    }
}

#[test]
fn who_waits_can_be_interrupted_and_takes_over_from_who_dies() {
    let Some(workspace) = workspace() else {
        return;
    };
    // Longer than anybody waits.
    let slow = recipe(0).replace("300000", "300000000");
    workspace.write("r0.yaml", &slow);
    let making = || fs::read_dir(workspace.cache().join("making")).is_ok_and(|all| all.count() > 0);
    let is_running = || !runs(&workspace, "shared").is_empty();
    let mut first = spawn(&workspace, 0, &[]);
    assert!(within(LONG, || making()
        && workspace.cache().join("caches").exists()
        && is_running()));
    let second = spawn(&workspace, 0, &[]);
    sleep(Duration::from_secs(1));
    let pid = rustix::process::Pid::from_child(&second);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let second = end(second).expect(130);
    let who = format!("waiting for process {}, which builds", first.id());
    assert!(second.stderr.contains(&who), "{}", second.stderr);
    let third = spawn(&workspace, 0, &[]);
    sleep(Duration::from_secs(1));
    first.kill().unwrap();
    first.wait().unwrap();
    assert!(within(LONG, || runs(&workspace, "shared").len() == 2));
    let pid = rustix::process::Pid::from_child(&third);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    end(third).expect(130);
    assert_eq!(names(&workspace, "making"), 0);
}

#[test]
fn builds_without_the_cache_hurt_no_readers() {
    let Some(workspace) = workspace() else {
        return;
    };
    let expected = end(spawn(&workspace, 0, &[])).digest();
    for _ in 0..3 {
        let builds: Vec<Child> = (0..6)
            .map(|n| {
                spawn(
                    &workspace,
                    0,
                    if n % 2 == 0 { &["--no-cache"] } else { &[] },
                )
            })
            .collect();
        for build in builds {
            assert_eq!(end(build).digest(), expected);
        }
    }
    cache(&workspace, &["verify"], 0);
    assert_eq!(names(&workspace, "sets"), 3);
}
