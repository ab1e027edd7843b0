//! Reading.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use onelayer::rootfs::{FileKind, Rootfs, RootfsError};

use super::Lab;

#[test]
fn links_lead_inside_the_root() {
    let lab = Lab::new();
    fs::create_dir_all(lab.inside("etc/deep")).unwrap();
    fs::write(lab.inside("etc/os-release"), "ID=test\n").unwrap();
    for (name, to) in [
        ("absolute", "/etc/os-release"),
        ("relative", "etc/os-release"),
        ("upwards", "../../../../../../etc/os-release"),
        ("etc/deep/up", "../../../../etc/os-release"),
    ] {
        symlink(to, lab.inside(name)).unwrap();
        assert_eq!(lab.root.read(name, 100).unwrap(), b"ID=test\n", "{name}");
        assert_eq!(lab.root.read_link(name).unwrap(), Path::new(to));
        assert!(lab.root.exists(name));
    }
    assert_eq!(lab.root.read("/etc/os-release", 8).unwrap(), b"ID=test\n");
    assert_eq!(lab.root.read("../etc/os-release", 8).unwrap(), b"ID=test\n");
    symlink(lab.outside().join("secret"), lab.inside("out")).unwrap();
    assert!(lab.root.read("out", 100).unwrap_err().is_not_found());
    assert_eq!(lab.root.metadata("out").unwrap(), None);
    let link = lab.root.link_metadata("out").unwrap().unwrap();
    assert_eq!(link.kind, FileKind::Symlink);
    symlink("/proc/self/root/etc/passwd", lab.inside("magic")).unwrap();
    assert!(!lab.root.exists("magic"));
}

#[test]
fn only_regular_files_of_limited_size_are_read() {
    let lab = Lab::new();
    fs::write(lab.inside("ten"), "0123456789").unwrap();
    assert_eq!(lab.root.read("ten", 10).unwrap().len(), 10);
    assert!(matches!(
        lab.root.read("ten", 9),
        Err(RootfsError::TooLarge { limit: 9, .. })
    ));
    fs::create_dir(lab.inside("directory")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, lab.inside("pipe"), 0o644.into()).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(lab.inside("socket")).unwrap();
    symlink("pipe", lab.inside("link")).unwrap();
    for name in ["directory", "pipe", "socket", "link"] {
        let error = lab.root.read(name, 10).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("cannot read `{name}`: it is no regular file")
        );
    }
    symlink("loop", lab.inside("loop")).unwrap();
    let error = lab.root.read("loop", 10).unwrap_err();
    assert_eq!(error.to_string(), "cannot read `loop`");
    assert!(!error.is_not_found());
}

#[test]
fn entries_are_sorted_by_bytes() {
    let lab = Lab::new();
    for name in ["b", "A", "ä", "a b", ".hidden"] {
        fs::write(lab.inside(name), name).unwrap();
    }
    let names: Vec<OsString> = lab
        .root
        .entries("/")
        .unwrap()
        .into_iter()
        .map(|(name, metadata)| {
            assert_eq!(metadata.kind, FileKind::File);
            assert_eq!(metadata.size, name.len() as u64);
            name
        })
        .collect();
    assert_eq!(names, [".hidden", "A", "a b", "b", "ä"]);
    assert!(lab.root.entries("nowhere").unwrap_err().is_not_found());
}

#[test]
fn a_root_is_a_directory_and_no_link() {
    let lab = Lab::new();
    symlink("root", lab.inside("../link")).unwrap();
    assert!(Rootfs::open(lab.inside("../link")).is_err());
    assert!(Rootfs::open(lab.outside().join("secret")).is_err());
    let error = Rootfs::open("/nowhere/root").unwrap_err();
    assert_eq!(error.to_string(), "cannot open `/nowhere/root`");
    assert!(error.is_not_found());
}
