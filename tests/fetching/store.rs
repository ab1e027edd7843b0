//! What the store keeps: fetched once, and what is damaged or does not fit.

use std::fs;
use std::process::Stdio;

use super::{expect_told, recipe};
use crate::command_line::names;
use crate::support::nasty::noise;
use crate::support::server::Server;
use crate::support::workspace::{Workspace, require_root, require_tool, run, sum};

#[test]
fn what_was_fetched_once_needs_no_network() {
    let body = noise(5000);
    let server = Server::with(&body);
    let workspace = Workspace::with(&recipe(&server.url("/f"), &body, ""));
    let first = workspace.build(&["-o", "oci:out"]).digest();
    drop(server);
    // Nothing listens at this address, and the recipe is another one.
    let moved = recipe("http://127.0.0.1:9/moved", &body, "    mode: '0600'\n");
    workspace.write("recipe.yaml", &moved);
    let second = workspace.build(&["-o", "oci:out", "--no-cache"]).digest();
    assert_ne!(first, second);
    let digest = sum("sha256sum", &body);
    let blobs = workspace.cache().join("blobs/sha256");
    assert_eq!(names(&blobs), [digest]);
}

#[test]
fn a_damaged_file_in_the_store_is_fetched_again() {
    let body = noise(5000);
    let server = Server::with(&body);
    let workspace = Workspace::with(&recipe(&server.url("/f"), &body, ""));
    let first = workspace.build(&["-o", "oci:out"]).digest();
    let blob = (workspace.cache().join("blobs/sha256")).join(sum("sha256sum", &body));
    let mut damaged = body.clone();
    damaged[2500] ^= 1;
    for what in ["flipped", "truncated", "folder", "link"] {
        fs::remove_file(&blob).unwrap();
        match what {
            "flipped" => fs::write(&blob, &damaged).unwrap(),
            "truncated" => fs::write(&blob, &body[..100]).unwrap(),
            "folder" => fs::create_dir_all(blob.join("x/y")).unwrap(),
            _ => std::os::unix::fs::symlink("/etc/passwd", &blob).unwrap(),
        }
        let again = workspace.build(&["-o", "oci:out", "--no-cache"]).digest();
        assert_eq!(first, again, "{what}");
        assert!(fs::read(&blob).unwrap() == body, "{what}");
    }
    assert_eq!(server.asked().len(), 5);
    // And without a server it is missed, not used.
    fs::write(&blob, &damaged).unwrap();
    drop(server);
    let outcome = workspace.build(&["-o", "oci:out", "--no-cache"]);
    expect_told(
        outcome,
        &["cannot fetch `http://127.0.0.1:", "tried 5 times"],
    );
}

#[test]
fn builds_side_by_side_may_all_find_a_damaged_file() {
    let body = noise(8 << 20);
    let server = Server::with(&body);
    let workspace = Workspace::with(&recipe(&server.url("/f"), &body, ""));
    let digest = workspace.build(&["-o", "oci:out"]).digest();
    let blob = (workspace.cache().join("blobs/sha256")).join(sum("sha256sum", &body));
    fs::write(&blob, &body[1..]).unwrap();
    let started: Vec<_> = (0..4)
        .map(|number| {
            let output = format!("oci:out{number}");
            (workspace.command(&["build", "context", "--no-cache", "-o", &output]))
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for child in started {
        let ended = child.wait_with_output().unwrap();
        let told = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(0), "{told}");
        let printed = String::from_utf8(ended.stdout).unwrap();
        assert!(printed.trim_end().ends_with(&digest), "{printed}");
    }
}

/// Wherever it is that the disk is full, it is told as that, and nothing partial stays.
#[test]
fn a_full_disk_is_told_and_leaves_nothing_partial() {
    if !require_root() || !require_tool("unshare") {
        return;
    }
    let body = noise(3 << 20);
    let server = Server::with(&body);
    let workspace = Workspace::with(&recipe(&server.url("/f"), &body, ""));
    fs::create_dir(workspace.cache()).unwrap();
    let cache = workspace.cache().display().to_string();
    // Once it is the download that does not fit, and once the file in the root.
    for (size, message, left) in [
        ("2m", "cannot store what comes from `http://127.0.0.1:", 0),
        ("5m", "cannot write `/file`", 1),
    ] {
        let script = format!(
            "mount -t tmpfs -o size={size} tmpfs '{cache}' && {{ \"$@\"; code=$?; }}
             echo $(ls '{cache}/blobs/sha256' | wc -l) $(ls '{cache}/drafts' '{cache}/steps' -A1 \
                | grep -vc -e ':$' -e '^$'); exit $code"
        );
        let told = run(&mut workspace.below(
            &["unshare", "--mount", "sh", "-c", &script, "sh"],
            &["build", "context", "-o", "oci:out"],
        ))
        .expect(5);
        assert!(told.stderr.contains(message), "{}", told.stderr);
        assert!(told.stderr.contains("No space left"), "{}", told.stderr);
        assert_eq!(told.stdout, format!("{left} 0\n"), "{}", told.stderr);
    }
}
