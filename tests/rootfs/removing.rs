//! Removing trees.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use onelayer::rootfs::{Owner, Rootfs};

use super::Lab;
use crate::support;
use crate::support::twin::{Twin, expect};

#[test]
fn trees_go_and_what_links_point_to_stays() {
    let lab = Lab::new();
    for path in ["t/a/b/c", "t/d", "keep"] {
        fs::create_dir_all(lab.inside(path)).unwrap();
    }
    fs::write(lab.inside("t/a/f"), "").unwrap();
    fs::write(lab.inside("keep/f"), "").unwrap();
    symlink(lab.outside(), lab.inside("t/a/out")).unwrap();
    symlink("../../keep", lab.inside("t/a/keep")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, lab.inside("t/pipe"), 0o644.into()).unwrap();
    fs::set_permissions(lab.inside("t/a/b"), fs::Permissions::from_mode(0o0)).unwrap();
    lab.root.remove("t").unwrap();
    assert!(!lab.inside("t").exists());
    assert!(lab.inside("keep/f").exists());
    lab.root.remove("t").unwrap();
    lab.root.remove("no/such/thing").unwrap();
    lab.root.remove("keep/f").unwrap();
    assert!(lab.root.remove(".").is_err());
}

#[test]
fn ten_thousand_levels_are_removed() {
    let lab = Lab::new();
    let mut here = rustix::fs::open(
        lab.inside(""),
        rustix::fs::OFlags::PATH,
        rustix::fs::Mode::empty(),
    )
    .unwrap();
    for level in 0..10_000 {
        rustix::fs::mkdirat(&here, "d", 0o755.into()).unwrap();
        if level % 100 == 0 {
            rustix::fs::mkdirat(&here, "e", 0o755.into()).unwrap();
            rustix::fs::symlinkat("/", &here, "l").unwrap();
        }
        here = rustix::fs::openat(
            &here,
            "d",
            rustix::fs::OFlags::PATH,
            rustix::fs::Mode::empty(),
        )
        .unwrap();
    }
    drop(here);
    lab.root.remove("d").unwrap();
    for name in ["e", "l"] {
        lab.root.remove(name).unwrap();
    }
    assert!(lab.root.entries("").unwrap().is_empty());
}

#[test]
fn a_wide_directory_is_removed() {
    let lab = Lab::new();
    for number in 0..20_000 {
        let path = PathBuf::from(format!("wide{number}"));
        if number % 2 == 0 {
            fs::create_dir(lab.inside(path.to_str().unwrap())).unwrap();
        } else {
            fs::write(lab.inside(path.to_str().unwrap()), "").unwrap();
        }
    }
    fs::create_dir(lab.inside("top")).unwrap();
    for (name, _) in lab.root.entries("").unwrap() {
        if name != "top" {
            lab.root
                .rename(&name, PathBuf::from("top").join(&name))
                .unwrap();
        }
    }
    lab.root.remove("top").unwrap();
    assert!(lab.root.entries("").unwrap().is_empty());
}

#[test]
fn mounts_and_immutable_files_stop_it() {
    let twin = Twin::of(mounts_and_immutable_files_stop_it);
    if let Some(folder) = twin.folder() {
        return remove_with_a_mount(&folder);
    }
    if !support::require_root() || !support::require_tool("chattr") {
        return;
    }
    let lab = Lab::new();
    let _ = lab.root.create_directory("t", 0o755, Owner::ROOT).unwrap();
    fs::write(lab.inside("t/fixed"), "").unwrap();
    let chattr = |flag: &str| {
        let status = std::process::Command::new("chattr")
            .arg(flag)
            .arg(lab.inside("t/fixed"))
            .status();
        assert!(status.unwrap().success());
    };
    chattr("+i");
    let error = lab.root.remove("t").unwrap_err();
    assert_eq!(error.to_string(), "cannot remove `t`");
    chattr("-i");
    fs::create_dir(lab.inside("t/mounted")).unwrap();
    // In a mount namespace of its own.
    let script = "mount --bind \"$1\" \"$2\"; shift 2; exec \"$@\"";
    let unshare = ["unshare", "-m", "--propagation", "private"];
    let shell = ["sh", "-euc", script, "sh"];
    let mut wrapper: Vec<OsString> = unshare.iter().chain(&shell).map(OsString::from).collect();
    wrapper.extend([lab.outside().into(), lab.inside("t/mounted").into()]);
    expect(&mut twin.below(&wrapper, &lab.inside("")));
    lab.root.remove("t").unwrap();
}

/// What is mounted in the tree stays, and stops the removal.
fn remove_with_a_mount(root: &Path) {
    let root = Rootfs::open(root).unwrap();
    assert!(root.exists("t/mounted/secret"));
    assert!(root.remove("t").is_err());
    assert!(root.exists("t/mounted/secret"));
}
