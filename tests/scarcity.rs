//! Builds that run out of room, of descriptors or of time: told, and nothing is left.

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::layouts::entries;
use crate::support::workspace::{Workspace, require_root, require_tool, run};
use crate::support::{LONG, mounts, within};

const SHELL: &str = "/bin/busybox";

/// A recipe with `steps` on a root that has a shell; nothing if that is not to be had here.
fn with_shell(steps: &str) -> Option<Workspace> {
    if !require_root() || !require_tool("busybox") {
        return None;
    }
    let recipe = format!(
        "name: x\nbase: scratch\nsteps:\n- copy: busybox\n  to: /bin/busybox\n  mode: '0755'\n{steps}"
    );
    let workspace = Workspace::with(&recipe);
    fs::copy(SHELL, workspace.context().join("busybox")).unwrap();
    Some(workspace)
}

/// What is in the making, after builds that have ended. What another build took the place of is
/// there until the next one sweeps.
#[track_caller]
fn assert_no_drafts(workspace: &Workspace) {
    let mut drafts = entries(&workspace.cache().join("drafts"));
    drafts.retain(|name| !name.ends_with(".replaced"));
    assert!(drafts.is_empty(), "{drafts:?}");
}

#[test]
fn a_full_disk_is_told_and_leaves_nothing() {
    for (what, steps, status, told) in [
        (
            "a command",
            "- run: [/bin/busybox, dd, if=/dev/zero, of=/large, bs=1M, count=40]\n",
            3,
            "No space left",
        ),
        (
            "a copy",
            "- copy: large\n  to: /large\n",
            5,
            "No space left",
        ),
    ] {
        let Some(workspace) = with_shell(steps) else {
            return;
        };
        fs::write(workspace.context().join("large"), vec![1; 40 << 20]).unwrap();
        let cache = workspace.cache();
        fs::create_dir_all(&cache).unwrap();
        let before = mounts();
        let script = format!(
            "mount -t tmpfs -o size=16m none '{}' && \"$@\"; status=$?; \
             echo left: $(ls '{0}/drafts' | wc -l); exit $status",
            cache.display()
        );
        let wrapper = ["unshare", "--mount", "sh", "-c", &script, "sh"];
        let build = ["build", "context", "-o", "oci:out", "--progress", "quiet"];
        let failed = run(&mut workspace.below(&wrapper, &build));
        assert!(failed.stderr.contains(told), "{what}: {}", failed.stderr);
        assert_eq!(failed.code, Some(status), "{what}: {}", failed.stderr);
        assert!(!failed.stderr.contains("panicked"), "{}", failed.stderr);
        assert!(!workspace.path("out/index.json").exists());
        let disk = failed.stdout.lines().find(|line| line.starts_with("left:"));
        assert_eq!(disk, Some("left: 0"), "{what}: {}", failed.stdout);
        assert_eq!(mounts(), before);
    }
}

#[test]
fn few_descriptors_are_enough_or_are_told() {
    let Some(workspace) = with_shell("- run: [/bin/busybox, touch, /made]\n") else {
        return;
    };
    if !require_tool("prlimit") {
        return;
    }
    let digest = workspace.build(&["-o", "oci:first"]).digest();
    let before = mounts();
    let mut worked = 0;
    for most in [4, 8, 12, 16, 20, 24, 32, 48, 64] {
        let limit = format!("--nofile={most}:{most}");
        let build = ["build", "context", "-o", "oci:out", "--no-cache"];
        let built = run(&mut workspace.below(&["prlimit", &limit], &build));
        assert!(
            !built.stderr.contains("panicked"),
            "{most}: {}",
            built.stderr
        );
        match built.code {
            Some(0) => {
                assert_eq!(built.digest(), digest, "{most}");
                fs::remove_dir_all(workspace.path("out")).unwrap();
                worked += 1;
            }
            _ => {
                assert!(!workspace.path("out/index.json").exists());
                let told = ["descriptors", "open files", "error"];
                let is_told = told.iter().any(|word| built.stderr.contains(word));
                assert!(is_told, "{most}: {}", built.stderr);
            }
        }
        assert_eq!(mounts(), before, "{most}");
    }
    assert!(worked > 0, "64 descriptors are not enough");
    // Nothing can be removed without descriptors; a later build does it.
    assert_no_drafts(&workspace);
}

#[test]
fn killed_at_fifty_moments_nothing_is_left() {
    let steps = "- run: [/bin/busybox, sh, -c, 'i=0; while [ $i -lt 300 ]; do i=$((i+1)); /bin/busybox true; done']\n\
                 - run: [/bin/busybox, sh, -c, '/bin/busybox sleep 86421 & /bin/busybox touch /made']\n";
    let Some(workspace) = with_shell(steps) else {
        return;
    };
    let digest = workspace.build(&["-o", "oci:first"]).digest();
    let before = mounts();
    // Moments that are spread over a build, in an order without a pattern.
    for moment in 0..50_u64 {
        let milliseconds = moment * 37 % 50 * 12;
        let mut build = workspace.command(&["build", "context", "-o", "oci:out", "--no-cache"]);
        build.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = build.process_group(0).spawn().unwrap();
        sleep(Duration::from_millis(milliseconds));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(mounts(), before, "{milliseconds} ms");
        let _ = fs::remove_dir_all(workspace.path("out"));
    }
    let left = |name: &str| {
        let found = Command::new("pgrep").args(["-f", name]).output().unwrap();
        String::from_utf8_lossy(&found.stdout).into_owned()
    };
    for name in [&*workspace.path("").display().to_string(), "sleep 86421"] {
        assert!(within(LONG, || left(name).is_empty()), "{}", left(name));
    }
    assert_eq!(
        workspace.build(&["-o", "oci:out", "--no-cache"]).digest(),
        digest
    );
    assert_no_drafts(&workspace);
}
