//! Archives as real programs write them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::build;
use crate::images::look;
use crate::support::nasty::noise;
use crate::support::workspace::{require_root, require_tool};

/// A folder with everything that archives of programs hold.
fn make_tree(folder: &Path) {
    let at = |name: &str| folder.join("tool-1.0").join(name);
    fs::create_dir_all(at("bin")).unwrap();
    fs::create_dir_all(at("share/empty")).unwrap();
    fs::write(at("bin/tool"), "#!/bin/sh\n").unwrap();
    fs::write(at("share/data"), noise(300_000)).unwrap();
    fs::write(at(&"n".repeat(180)), "long").unwrap();
    std::os::unix::fs::symlink("../bin/tool", at("share/relative")).unwrap();
    std::os::unix::fs::symlink("/etc/absolute", at("share/absolute")).unwrap();
    for (name, mode) in [
        ("bin/tool", 0o4755),
        ("share", 0o750),
        ("share/empty", 0o1777),
    ] {
        fs::set_permissions(at(name), fs::Permissions::from_mode(mode)).unwrap();
    }
}

/// What GNU tar and zip make of the tree, by the shell's words.
const PROGRAMS: [(&str, &str); 13] = [
    ("tar", "tar -c tool-1.0"),
    ("tar", "tar -c --format=v7 --exclude='nnn*' tool-1.0"),
    ("tar", "tar -c --format=ustar --exclude='nnn*' tool-1.0"),
    ("tar", "tar -c --format=pax tool-1.0"),
    ("tar", "tar -c -V label tool-1.0"),
    ("tar", "tar -c -g snapshot tool-1.0; rm snapshot"),
    ("gzip", "tar -c tool-1.0 | gzip"),
    ("gzip", "tar -c tool-1.0 | split -b 100000 --filter gzip"),
    ("zstd", "tar -c tool-1.0 | zstd -19"),
    ("xz", "tar -c tool-1.0 | xz -9"),
    ("bzip2", "tar -c tool-1.0 | bzip2"),
    ("bsdtar", "bsdtar -c tool-1.0"),
    (
        "zip",
        "zip -q -r -y x.zip tool-1.0 && cat x.zip && rm x.zip",
    ),
];

#[test]
fn archives_of_real_programs_are_unpacked() {
    if !require_root() || !require_tool("umoci") {
        return;
    }
    let sources = tempfile::tempdir().unwrap();
    make_tree(sources.path());
    for (program, script) in PROGRAMS {
        if !require_tool(program) {
            continue;
        }
        let made = Command::new("sh")
            .args(["-c", script])
            .current_dir(sources.path())
            .output()
            .unwrap();
        assert!(made.status.success(), "{script}");
        let rest = "    strip: 1\n    owner: '5:6'\n";
        let (workspace, outcome) = build(&made.stdout, "", rest);
        assert!(outcome.code == Some(0), "{script}\n{}", outcome.stderr);
        let root = workspace.unpack("out", "latest");
        let mut expected = vec![
            ("bin", "d 0755 5:6".to_owned()),
            ("bin/tool", "f 4755 5:6".to_owned()),
            ("share", "d 0750 5:6".to_owned()),
            ("share/empty", "d 1777 5:6".to_owned()),
            ("share/data", "f 0644 5:6".to_owned()),
            ("share/relative", "-> ../bin/tool 5:6".to_owned()),
            ("share/absolute", "-> /etc/absolute 5:6".to_owned()),
        ];
        let long = "n".repeat(180);
        if !script.contains("exclude") {
            expected.push((&long, "f 0644 5:6".to_owned()));
        }
        for (path, line) in expected {
            assert_eq!(look(&root.join("opt"), path), line, "{script}: {path}");
        }
        let data = fs::read(root.join("opt/share/data")).unwrap();
        assert!(data == noise(300_000), "{script}");
    }
}

#[test]
fn holes_are_where_they_were() {
    if !require_root() || !require_tool("umoci") {
        return;
    }
    let sources = tempfile::tempdir().unwrap();
    let path = sources.path().join("sparse");
    use std::os::unix::fs::FileExt;
    let holes = fs::File::create(&path).unwrap();
    holes.set_len(40 << 20).unwrap();
    // More parts than one header takes.
    for part in 0..30 {
        holes
            .write_all_at(b"data", part * (1 << 20) + 12345)
            .unwrap();
    }
    drop(holes);
    let expected = fs::read(&path).unwrap();
    for options in [
        "--format=gnu",
        "--format=posix --sparse-version=0.0",
        "--format=posix --sparse-version=0.1",
        "--format=posix --sparse-version=1.0",
    ] {
        let script = format!("tar -c --sparse {options} sparse");
        let made = Command::new("sh")
            .args(["-c", &script])
            .current_dir(sources.path())
            .output()
            .unwrap();
        assert!(made.stdout.len() < 1 << 20, "{options}");
        let (workspace, outcome) = build(&made.stdout, "", "");
        assert!(outcome.code == Some(0), "{options}\n{}", outcome.stderr);
        let root = workspace.unpack("out", "latest");
        assert!(
            fs::read(root.join("opt/sparse")).unwrap() == expected,
            "{options}"
        );
    }
}
