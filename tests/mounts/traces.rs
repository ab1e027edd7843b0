//! No trace of a secret is left anywhere, unless a command writes one on purpose.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Stdio;

use super::{rewrite, with_shell};
use crate::support::workspace::{Workspace, run};

const VALUE: &str = "hunter2-0123456789-unmistakable";

const STEPS: &str = "
  - run: wc -c < /run/secrets/token; echo \"$TOKEN\"; cat /run/secrets/token; echo made > /made
    mounts: [{secret: token}, {secret: token, env: TOKEN}, {secret: token, target: /etc/app/token}]
";

/// Files below `folder` in which the value stands, as they are or uncompressed.
fn traces(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut left = vec![folder.to_owned()];
    while let Some(path) = left.pop() {
        let Ok(metadata) = path.symlink_metadata() else {
            continue;
        };
        let shown = path.display().to_string();
        if shown.contains(VALUE) {
            found.push(shown.clone());
        }
        if metadata.is_dir() {
            left.extend(
                fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        } else if metadata.is_file() {
            let bytes = fs::read(&path).unwrap();
            let mut plain = Vec::new();
            // What is no gzip fails at once.
            let _ = flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut plain);
            if has(&bytes) || has(&plain) {
                found.push(shown);
            }
        } else if metadata.is_symlink()
            && has(fs::read_link(&path).unwrap().as_os_str().as_encoded_bytes())
        {
            found.push(shown);
        }
    }
    found
}

fn has(bytes: &[u8]) -> bool {
    bytes
        .windows(VALUE.len())
        .any(|window| window == VALUE.as_bytes())
}

/// Builds in `format`, with everything that can be told.
fn build(workspace: &Workspace, output: &str, code: i32) -> String {
    let mut command = workspace.command(&[
        "build",
        "context",
        "--json",
        "--progress",
        "json",
        "--no-cache",
        "-o",
        output,
        "--secret",
        "id=token,env=ONELAYER_TEST_TOKEN",
    ]);
    let built = run(command.env("ONELAYER_TEST_TOKEN", VALUE)).expect(code);
    built.stdout + &built.stderr
}

#[test]
fn no_trace_is_left_in_image_store_plan_or_log() {
    let Some(workspace) = with_shell(STEPS) else {
        return;
    };
    let plan = run(&mut workspace.command(&["plan", "context", "--format", "json"])).expect(0);
    assert!(!plan.stdout.contains(VALUE));
    for output in ["oci:out", "docker-archive:out.tar", "rootfs:root"] {
        let told = build(&workspace, output, 0);
        assert!(!told.contains(VALUE), "{told}");
        assert!(told.contains("***"), "{told}");
    }
    assert_eq!(traces(&workspace.path("")), Vec::<String>::new());
    // The step fails: its message and what it left in the store have none either.
    rewrite(
        &workspace,
        &format!(
            "{STEPS}\n  - run: cat /run/secrets/token; exit 9\n    mounts: [{{secret: token}}]\n"
        ),
    );
    let told = build(&workspace, "oci:out", 3);
    assert!(!told.contains(VALUE), "{told}");
    assert_eq!(traces(&workspace.path("")), Vec::<String>::new());
}

#[test]
fn what_a_command_writes_on_purpose_is_found() {
    let Some(workspace) =
        with_shell("  - run: cp /run/secrets/token /leak\n    mounts: [{secret: token}]\n")
    else {
        return;
    };
    build(&workspace, "oci:out", 0);
    // In the change set, the layer, and the part of it that is kept: the search above finds what
    // there is.
    let found = traces(&workspace.path(""));
    assert_eq!(found.len(), 3, "{found:?}");
}

#[test]
fn a_build_that_is_killed_leaves_no_trace() {
    let Some(workspace) = with_shell(
        "  - run: echo \"$TOKEN\" > /tmp/x; cat /run/secrets/token > /dev/null; echo ready; sleep 600\n    mounts: [{secret: token}, {secret: token, env: TOKEN}]\n",
    ) else {
        return;
    };
    let mut command = workspace.command(&[
        "build",
        "context",
        "--progress",
        "plain",
        "-o",
        "oci:out",
        "--secret",
        "id=token,env=ONELAYER_TEST_TOKEN",
    ]);
    command
        .env("ONELAYER_TEST_TOKEN", VALUE)
        .stderr(Stdio::piped());
    let mut build = command.spawn().unwrap();
    let mut told = std::io::BufReader::new(build.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("] ready") {
        line.clear();
        assert_ne!(
            std::io::BufRead::read_line(&mut told, &mut line).unwrap(),
            0
        );
    }
    // Arguments of processes are for everybody to read.
    for entry in fs::read_dir("/proc").unwrap() {
        let words = fs::read(entry.unwrap().path().join("cmdline")).unwrap_or_default();
        assert!(!has(&words), "{}", String::from_utf8_lossy(&words));
    }
    build.kill().unwrap();
    build.wait().unwrap();
    assert_eq!(traces(&workspace.path("")), Vec::<String>::new());
}
