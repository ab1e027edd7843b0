//! Entries of an archive: their modes, owners, kinds and names.

use std::fs;
use std::os::unix::fs::MetadataExt;

use super::member::{archive, file, folder, hard, link, member, pax, sized};
use super::{build, recipe};
use crate::images::look;
use crate::privilege::as_nobody;
use crate::support::listing::list;
use crate::support::server::Server;
use crate::support::workspace::{Workspace, require_root, require_tool, run};

#[test]
fn files_get_the_mode_and_folders_their_own() {
    if !require_root() || !require_tool("umoci") {
        return;
    }
    let members = [
        folder("a/"),
        file("a/x"),
        file("b/c/y"),
        folder("b"),
        link("l", "a/x"),
    ];
    let (workspace, outcome) = build(&archive(&members), "", "    mode: u+x,go=\n");
    outcome.expect(0);
    let root = workspace.unpack("out", "latest").join("opt");
    for (path, expected) in [
        ("", "d 0755 0:0"),
        ("a", "d 0755 0:0"),
        ("a/x", "f 0700 0:0"),
        ("b/c", "d 0755 0:0"),
        ("b/c/y", "f 0700 0:0"),
        ("l", "-> a/x 0:0"),
    ] {
        assert_eq!(look(&root, path), expected, "{path}");
    }
    assert_eq!(fs::metadata(root.join("a/x")).unwrap().mtime(), 0);
}

#[test]
fn an_ordinary_user_unpacks_the_same() {
    if !require_root() || !require_tool("setpriv") {
        return;
    }
    let mut secret = folder("locked/");
    secret[100..108].copy_from_slice(b"0000000\0");
    let checksum: u32 = secret[..148]
        .iter()
        .chain(&secret[156..512])
        .map(|b| u32::from(*b))
        .sum();
    secret[148..156].copy_from_slice(format!("{:06o}\0 ", checksum + 256).as_bytes());
    let members = [
        secret,
        file("locked/x"),
        hard("second", "locked/x"),
        link("l", "/nowhere"),
        member(b"pipe", b'6', b"", b""),
        member(b"null", b'3', b"", b""),
        file("late"),
        hard("late2", "late"),
        member(b"raw-\xff\n", b'0', b"", b"odd"),
    ];
    let archive = archive(&members);
    let server = Server::with(&archive);
    let recipe = recipe(&server, &archive, "", "    owner: '3000000:7'\n");
    let workspace = Workspace::with(&recipe);
    let own = as_nobody(&workspace, &["build", "context", "-o", "oci:own"]).digest();
    let root = Workspace::with(&recipe);
    assert_eq!(own, root.build(&["-o", "oci:out"]).digest());
    if require_tool("umoci") {
        let place = root.unpack("out", "latest").join("opt");
        let listing = list(&place);
        assert!(listing[&b"locked"[..]].starts_with("Directory 0 3000000:7"));
        assert!(listing.contains_key(&b"raw-\xff\n"[..]));
        assert!(listing[&b"pipe"[..]].starts_with("Fifo"));
        assert!(!listing.contains_key(&b"null"[..]));
        assert_eq!(listing[&b"second"[..]], "link to locked/x");
    }
}

#[test]
fn devices_are_left_out_with_a_warning() {
    let members = [
        member(b"dev/null", b'3', b"", b""),
        // A whiteout, if it were made.
        member(b"a", b'3', b"", b""),
        member(b"disk", b'4', b"", b""),
    ];
    let (_, outcome) = build(&archive(&members), "", "");
    let told = outcome.expect(0).stderr;
    let expected =
        "warning: step 1: 3 devices of the archive are left out, the first is `dev/null`";
    assert!(told.contains(expected), "{told}");
}

#[test]
fn names_that_only_look_strange_are_kept_inside() {
    if !require_root() || !require_tool("umoci") {
        return;
    }
    let long = "d/".repeat(120) + "end";
    let members = [
        file("/absolute"),
        file("./dot"),
        file("a//b/./c"),
        member(b"old/", b'0', b"", b""),
        pax(&[("path", long.as_bytes())]),
        file("short"),
        pax(&[
            ("path", b"caf\xc3\xa9"),
            ("comment", b"x"),
            ("mtime", b"NaN"),
        ]),
        file("short"),
        member(
            b"././@LongLink",
            b'L',
            b"",
            format!("{}\0", "g".repeat(200)).as_bytes(),
        ),
        file("short"),
        pax(&[("size", b"3")]),
        sized(b"sized", b'0', b"", b"abc", 0),
        member(b"contiguous", b'7', b"", b"x"),
        sized(b"lying-link", b'2', b"a", b"", 5000),
    ];
    let (workspace, outcome) = build(&archive(&members), "", "");
    outcome.expect(0);
    let root = workspace.unpack("out", "latest").join("opt");
    for path in [
        "absolute",
        "dot",
        "a/b/c",
        &long,
        "caf\u{e9}",
        &"g".repeat(200),
        "sized",
        "contiguous",
    ] {
        assert!(root.join(path).is_file(), "{path}");
    }
    assert!(root.join("old").is_dir());
    assert_eq!(fs::read(root.join("sized")).unwrap(), b"abc");
    assert_eq!(look(&root, "lying-link"), "-> a 0:0");
}

/// A pipe where the list of users should be must not stop anything.
#[test]
fn a_pipe_as_list_of_users_is_told() {
    let bytes = archive(&[member(b"etc/passwd", b'6', b"", b"")]);
    let server = Server::with(&bytes);
    for step in [
        "accounts: {users: [{name: app}]}",
        "write: /x\n    content: ''\n    owner: app",
    ] {
        let text = recipe(&server, &bytes, "", "").replace("to: /opt", "to: /");
        let workspace = Workspace::with(&format!("{text}  - {step}\n"));
        let told = run(&mut workspace.command(&["build", "context", "-o", "oci:out"])).expect(3);
        let expected = "`/etc/passwd` in the root is no regular file";
        assert!(told.stderr.contains(expected), "{}", told.stderr);
    }
}
