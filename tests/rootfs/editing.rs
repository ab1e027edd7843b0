//! Editing.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{FileTypeExt, MetadataExt, symlink};
use std::path::{Path, PathBuf};

use onelayer::rootfs::{FileKind, Owner, Permission, Rootfs, RootfsError};

use super::Lab;
use crate::support;
use crate::support::twin::Twin;

const ALICE: Owner = Owner {
    uid: 1234,
    gid: 4_000_000_000,
};

#[test]
fn everything_is_as_asked_whatever_the_umask() {
    if !support::require_root() {
        return;
    }
    let lab = Lab::new();
    let root = &lab.root;
    let granted = Permission::Granted;
    assert_eq!(root.create_directory("d", 0o2777, ALICE).unwrap(), granted);
    let (mut file, permission) = root.create_file("d/f", 0o4755, ALICE).unwrap();
    assert_eq!(permission, granted);
    file.write_all(b"text").unwrap();
    assert_eq!(root.symlink("d/l", "/nowhere", ALICE).unwrap(), granted);
    root.hard_link("d/l", "l2").unwrap();
    root.hard_link("d/f", "f2").unwrap();
    let fifo = root
        .create_special("p", FileKind::Fifo, (0, 0), 0o622, ALICE)
        .unwrap();
    let device = root
        .create_special("c", FileKind::CharacterDevice, (5, 300), 0o620, ALICE)
        .unwrap();
    assert_eq!((fifo, device), (granted, granted));
    root.whiteout("gone").unwrap();
    root.set_opaque("d").unwrap();
    let invalid = root.set_xattr("d/f", "security.capability", &[0; 20]);
    assert!(invalid.is_err(), "the kernel checks this one");
    assert_eq!(root.set_xattr("d/f", "user.a", b"1").unwrap(), granted);
    assert_eq!(
        root.xattr("d/f", "user.a").unwrap().as_deref(),
        Some(&b"1"[..])
    );
    root.remove_xattr("d/f", "user.a").unwrap();
    root.remove_xattr("d/f", "user.a").unwrap();
    assert_eq!(root.xattr("d/f", "user.a").unwrap(), None);
    assert_eq!(
        root.xattr("d", "trusted.overlay.opaque")
            .unwrap()
            .as_deref(),
        Some(&b"y"[..])
    );
    for path in ["d", "d/f", "d/l"] {
        root.set_times(path, -5, 7).unwrap();
    }

    let at = |path: &str| fs::symlink_metadata(lab.inside(path)).unwrap();
    for (path, mode) in [("d", 0o2777), ("d/f", 0o4755), ("p", 0o622), ("c", 0o620)] {
        assert_eq!(at(path).mode() & 0o7777, mode, "{path}");
        assert_eq!((at(path).uid(), at(path).gid()), (ALICE.uid, ALICE.gid));
    }
    assert_eq!((at("d/l").uid(), at("d/l").nlink()), (ALICE.uid, 2));
    assert_eq!((at("d/f").mtime(), at("d/f").mtime_nsec()), (-5, 7));
    assert_eq!((at("d/l").mtime(), at("d").mtime()), (-5, -5));
    assert!(at("gone").file_type().is_char_device() && at("gone").rdev() == 0);
    let device = root.link_metadata("c").unwrap().unwrap();
    assert_eq!(device.device_number, (5, 300));
    assert_eq!(device.modified.0, at("c").mtime());

    assert_eq!(root.chown("d/l", Owner::ROOT).unwrap(), granted);
    assert_eq!(at("d/l").uid(), 0);
    root.chmod("d/f", 0o600).unwrap();
    assert_eq!(at("d/f").mode() & 0o7777, 0o600);
    root.rename("d/f", "moved").unwrap();
    assert_eq!(root.read("moved", 10).unwrap(), b"text");
    let taken = root.create_file("moved", 0o600, ALICE).unwrap_err();
    assert_eq!(taken.to_string(), "cannot make the file `moved`");
}

#[test]
fn no_link_is_followed() {
    let lab = Lab::new();
    fs::create_dir(lab.inside("real")).unwrap();
    symlink(lab.outside(), lab.inside("out")).unwrap();
    symlink("real", lab.inside("in")).unwrap();
    symlink(lab.outside().join("secret"), lab.inside("file")).unwrap();
    let owner = Owner::ROOT;
    for above in [
        "out",
        "in",
        "out/..",
        "/real",
        "../root/real",
        "real/../real",
    ] {
        let path = format!("{above}/new");
        assert!(
            lab.root.create_directory(&path, 0o755, owner).is_err(),
            "{path}"
        );
        assert!(lab.root.create_file(&path, 0o644, owner).is_err(), "{path}");
        assert!(lab.root.symlink(&path, "x", owner).is_err(), "{path}");
        assert!(lab.root.whiteout(&path).is_err(), "{path}");
        assert!(lab.root.hard_link("file", &path).is_err(), "{path}");
        assert!(lab.root.rename("real", &path).is_err(), "{path}");
        assert!(
            lab.root.remove(format!("{above}/secret")).is_err(),
            "{path}"
        );
        assert!(lab.root.set_xattr(&path, "user.x", b"").is_err(), "{path}");
    }
    assert!(lab.root.create_file("file", 0o644, owner).is_err());
    assert!(lab.root.chmod("file", 0o777).is_err());
    let before = fs::metadata(lab.outside().join("secret")).unwrap();
    lab.root.set_times("file", 1, 1).unwrap();
    let _ = lab.root.set_xattr("file", "user.x", b"1");
    let _ = lab.root.chown("file", Owner { uid: 5, gid: 5 }).unwrap();
    lab.root.remove("out").unwrap();
    let after = fs::metadata(lab.outside().join("secret")).unwrap();
    assert_eq!(
        (before.mode(), before.uid(), before.ctime_nsec()),
        (after.mode(), after.uid(), after.ctime_nsec())
    );
    assert_eq!(fs::read_dir(lab.inside("real")).unwrap().count(), 0);
}

#[test]
fn impossible_paths_are_told() {
    let lab = Lab::new();
    let reason = |path: &str| match lab.root.whiteout(path) {
        Err(RootfsError::Path { reason, .. }) => reason,
        other => panic!("{path:?}: {other:?}"),
    };
    assert_eq!(reason("/a"), "it is absolute");
    assert_eq!(reason("a/../b"), "it leads upwards");
    assert_eq!(reason(""), "it names the root itself");
    assert_eq!(reason("./."), "it names the root itself");
    assert_eq!(reason("a\0b"), "it contains a NUL byte");
    let long = "x".repeat(256);
    assert_eq!(reason(&long), "a component is longer than 255 bytes");
    lab.root.whiteout("x".repeat(255)).unwrap();
}

#[test]
fn paths_may_be_longer_than_the_kernel_takes() {
    let lab = Lab::new();
    let mut path = PathBuf::new();
    for _ in 0..60 {
        path.push("n".repeat(200));
        let _ = lab
            .root
            .create_directory(&path, 0o700, Owner::ROOT)
            .unwrap();
    }
    assert!(path.as_os_str().len() > 12_000);
    let _ = lab
        .root
        .create_file(path.join("f"), 0o600, Owner::ROOT)
        .unwrap();
    lab.root.chmod(path.join("f"), 0o644).unwrap();
    let _ = lab.root.set_xattr(path.join("f"), "user.x", b"1").unwrap();
    lab.root.remove("n".repeat(200)).unwrap();
    assert!(lab.root.entries("").unwrap().is_empty());
}

/// What an ordinary user is granted in a root of their own.
fn edit_without_privilege(root: &Path) {
    let root = Rootfs::open(root).unwrap();
    let denied = Permission::Denied;
    assert_eq!(
        root.create_directory("d", 0o755, Owner::ROOT).unwrap(),
        denied
    );
    assert_eq!(root.create_file("d/f", 0o644, ALICE).unwrap().1, denied);
    assert_eq!(root.symlink("d/l", "x", ALICE).unwrap(), denied);
    let device = root.create_special("c", FileKind::BlockDevice, (8, 0), 0o600, ALICE);
    assert_eq!(device.unwrap(), denied);
    assert!(!root.exists("c"));
    root.whiteout("d/w").unwrap();
    root.set_opaque("d").unwrap();
    assert_eq!(
        root.xattr("d", "user.overlay.opaque").unwrap().as_deref(),
        Some(&b"y"[..])
    );
    assert_eq!(root.set_xattr("d", "trusted.x", b"").unwrap(), denied);
    root.chmod("d/f", 0o4755).unwrap();
    assert_eq!(root.metadata("d/f").unwrap().unwrap().mode, 0o4755);
    // A directory that its owner may not enter any more goes away too.
    let _ = root
        .create_directory("d/closed", 0o700, Owner::ROOT)
        .unwrap();
    let _ = root.create_file("d/closed/f", 0o000, Owner::ROOT).unwrap();
    root.chmod("d/closed", 0o000).unwrap();
    root.chmod("d", 0o300).unwrap();
    root.remove("d").unwrap();
    assert!(!root.exists("d"));
}

#[test]
fn an_ordinary_user_is_told_what_was_denied() {
    let twin = Twin::of(an_ordinary_user_is_told_what_was_denied);
    if let Some(folder) = twin.folder() {
        return edit_without_privilege(&folder.join("root"));
    }
    if !support::require_root() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root");
    fs::create_dir(&root).unwrap();
    std::os::unix::fs::chown(&root, Some(65534), Some(65534)).unwrap();
    twin.expect_as_nobody(folder.path());
}
