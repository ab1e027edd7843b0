//! Links on the way to an entry: those of the root, and those of the archive itself.

use std::fs;
use std::os::unix::fs::MetadataExt;

use super::member::{archive, file, folder, hard, link, member};
use super::{build, content};
use crate::images::look;
use crate::support::workspace::{require_root, require_tool};

/// Links of steps before lead inside the root; what is in their way is told.
#[test]
fn links_of_the_root_are_followed_and_stay() {
    if !require_root() || !require_tool("umoci") {
        return;
    }
    let before = "
  - directory: /usr/bin
    mode: '0711'
  - directory: /opt
  - link: /opt/bin
    target: /usr/bin
  - link: /opt/up
    target: ../../../../../../../usr
  - link: /opt/file
    target: /etc/passwd
  - write: /etc/passwd
    content: untouched
";
    let members = [
        folder("bin/"),
        file("bin/x"),
        file("up/bin/y"),
        file("file"),
        file("twice"),
        member(b"twice", b'0', b"", b"second"),
    ];
    let (workspace, outcome) = build(&archive(&members), before, "");
    outcome.expect(0);
    let root = workspace.unpack("out", "latest");
    for (path, expected) in [
        ("opt/bin", "-> /usr/bin 0:0"),
        // A folder that was there keeps its mode.
        ("usr/bin", "d 0711 0:0"),
        ("usr/bin/x", "f 0644 0:0"),
        ("usr/bin/y", "f 0644 0:0"),
        ("opt/file", "f 0644 0:0"),
        ("etc/passwd", "f 0644 0:0"),
    ] {
        assert_eq!(look(&root, path), expected, "{path}");
    }
    assert_eq!(
        fs::read_to_string(root.join("etc/passwd")).unwrap(),
        "untouched"
    );
    assert_eq!(content(&root, "twice"), "second");
}

/// `lib64 -> lib` and then `lib64/x`, as releases have it: where GNU tar puts it.
#[test]
fn links_of_the_archive_lead_inside_its_folder() {
    if !require_root() || !require_tool("umoci") {
        return;
    }
    let before = "
  - directory: /usr/old
  - link: /opt/old
    target: /usr/old
  - link: /opt/replaced
    target: /usr/old
";
    let members = [
        link("lib64", "lib"),
        file("lib64/early"),
        folder("lib/"),
        file("lib64/late"),
        hard("again", "lib64/late"),
        link("up", "lib/../../opt/./lib/"),
        file("up/through"),
        link("absolute", "/opt/lib"),
        folder("absolute/sub/"),
        file("old/x"),
        link("replaced", "lib"),
        file("replaced/y"),
        link("folder", "lib"),
        folder("folder"),
        file("folder/z"),
    ];
    let (workspace, outcome) = build(&archive(&members), before, "    owner: '3:4'\n");
    outcome.expect(0);
    let root = workspace.unpack("out", "latest");
    for (path, expected) in [
        ("opt/lib64", "-> lib 3:4"),
        ("opt/lib", "d 0755 3:4"),
        ("opt/lib/early", "f 0644 3:4"),
        ("opt/lib/late", "f 0644 3:4"),
        ("opt/lib/through", "f 0644 3:4"),
        ("opt/lib/sub", "d 0755 3:4"),
        ("opt/lib/y", "f 0644 3:4"),
        ("usr/old/x", "f 0644 3:4"),
        ("usr/old/y", "entity not found"),
        // Of two entries of one name the later one wins.
        ("opt/folder", "d 0755 3:4"),
        ("opt/folder/z", "f 0644 3:4"),
    ] {
        assert_eq!(look(&root, path), expected, "{path}");
    }
    let inode = |path: &str| fs::metadata(root.join(path)).unwrap().ino();
    assert_eq!(inode("opt/again"), inode("opt/lib/late"));
}
