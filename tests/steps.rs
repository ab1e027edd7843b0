//! Corners of the steps that need no process, each with both kinds of users where owners matter.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::images::look;
use super::privilege::as_nobody;
use super::support::server::{Reply, Server};
use super::support::workspace::{Workspace, require_root, require_tool, sum, tool};

/// Builds `steps` as root and as nobody, which must give one image, and unpacks it.
fn unpacked(steps: &str) -> Option<(Workspace, PathBuf)> {
    if !require_root() || !require_tool("umoci") || !require_tool("setpriv") {
        return None;
    }
    let recipe = format!("name: x\nbase: scratch\nsteps:\n{steps}");
    let user = Workspace::with(&recipe);
    let workspace = Workspace::with(&recipe);
    for workspace in [&user, &workspace] {
        workspace.write("tree/file", "file");
        workspace.write("tree/folder/below", "below");
    }
    let own = as_nobody(&user, &["build", "context", "-o", "oci:own"]).digest();
    assert_eq!(own, workspace.build(&["-o", "oci:out"]).digest());
    let root = workspace.unpack("out", "latest");
    Some((workspace, root))
}

#[test]
fn what_is_removed_does_not_come_back() {
    let Some((_workspace, root)) = unpacked(
        "
  - copy: tree
    to: /a
  - copy: tree
    to: /a-b
  - copy: tree
    to: /keep/a
  - copy: tree
    to: /keep/a-b
  - remove: [/a, /a/folder/below, /a/file, /a-b/folder, /a-b/folder/*]
  - remove: /keep/**
",
    ) else {
        return;
    };
    for (path, expected) in [
        ("a", "entity not found"),
        ("a-b/file", "f 0644 0:0"),
        ("a-b/folder", "entity not found"),
        ("keep", "d 0755 0:0"),
        ("keep/a", "entity not found"),
        ("keep/a-b", "entity not found"),
    ] {
        assert_eq!(look(&root, path), expected, "{path}");
    }
}

#[test]
fn globs_look_through_links_of_the_root() {
    let Some((_workspace, root)) = unpacked(
        "
  - copy: tree
    to: /usr/lib
  - link: /lib
    target: usr/lib
  - link: /deep
    target: ../../lib/folder
  - permissions: /lib/f*e
    mode: '0600'
  - permissions: ['/deep/*', '/l?b']
    owner: '7:8'
  - remove: /lib/[f]older/*x
",
    ) else {
        return;
    };
    for (path, expected) in [
        ("usr/lib/file", "f 0600 0:0"),
        ("usr/lib/folder", "d 0755 0:0"),
        ("usr/lib/folder/below", "f 0644 7:8"),
        ("lib", "-> usr/lib 7:8"),
        ("usr/lib", "d 0755 0:0"),
    ] {
        assert_eq!(look(&root, path), expected, "{path}");
    }
}

#[test]
fn the_root_directory_itself_has_owner_and_mode() {
    for (steps, expected) in [
        (
            "  - copy: tree\n    to: /\n    directory_mode: '0711'\n",
            "d 0711 0:0",
        ),
        (
            "  - directory: /\n    mode: '0750'\n    owner: '5:6'\n",
            "d 0750 5:6",
        ),
        (
            "  - copy: tree\n    to: /\n  - permissions: /\n    mode: go-rx\n    owner: '7'\n    \
             recursive: true\n",
            "d 0700 7:0",
        ),
        (
            "  - directory: /\n    mode: '0711'\n  - write: /x\n    content: ''\n",
            "d 0711 0:0",
        ),
    ] {
        let Some((workspace, root)) = unpacked(steps) else {
            return;
        };
        // The user that unpacks may have a say in the top; the layer has not.
        let listing = tool(
            Command::new("sh")
                .args([
                    "-c",
                    "cat out/blobs/sha256/* | tar -tvz --numeric-owner -f - 2>/dev/null; true",
                ])
                .current_dir(workspace.path("")),
        );
        assert_eq!(look(&root, ""), expected, "{steps}{listing}");
    }
}

#[test]
fn hard_links_that_are_made_here_share_everything() {
    let Some((_workspace, root)) = unpacked(
        "
  - write: /one
    content: one
    owner: '7:8'
    mode: '4755'
    capabilities: cap_kill+ep
  - link: /two
    target: /one
    hard: true
",
    ) else {
        return;
    };
    use std::os::unix::fs::MetadataExt;
    let inode = |path: &str| fs::metadata(root.join(path)).unwrap().ino();
    assert_eq!(inode("one"), inode("two"));
    assert_eq!(look(&root, "two"), "f 4755 7:8");
}

/// A source that becomes something else between plan and copy.
#[test]
fn a_source_that_changes_is_told_and_not_waited_for() {
    if !require_tool("mkfifo") {
        return;
    }
    for swap in [
        "echo other >file",
        "rm file && mkfifo file",
        "rm file && mkdir file",
    ] {
        let workspace = Workspace::new();
        let context = workspace.context();
        let server = Server::new(move |_, _| {
            tool(Command::new("sh").args(["-c", swap]).current_dir(&context));
            Reply::file(b"x")
        });
        workspace.write("file", "content");
        let digest = sum("sha256sum", b"x");
        workspace.write(
            "recipe.yaml",
            &format!(
                "name: x\nbase: scratch\nsteps:\n  - fetch: {}\n    sha256: {digest}\n    to: /x\n  \
                 - copy: file\n    to: /file\n",
                server.url("/x")
            ),
        );
        let told = workspace.build(&["-o", "oci:out"]).expect(3).stderr;
        assert!(
            told.contains("`file` changed while the image was built"),
            "{swap}:\n{told}"
        );
    }
}

#[test]
fn capabilities_come_with_a_copy_from_a_stage() {
    if !require_root() || !require_tool("umoci") || !require_tool("getcap") {
        return;
    }
    let workspace = Workspace::with(
        "
name: x
base: scratch
stages:
  made:
    base: scratch
    steps:
      - write: /tool
        content: tool
        mode: '0755'
steps:
  - copy: /tool
    from: stage:made
    to: /bin/
    capabilities: cap_net_raw+ep
",
    );
    workspace.build(&["-o", "oci:out"]).expect(0);
    let root = workspace.unpack("out", "latest");
    let printed = tool(Command::new("getcap").arg(root.join("bin/tool")));
    assert!(printed.trim().ends_with(" cap_net_raw=ep"), "{printed}");
}

/// In a user namespace some owners can be set and others cannot: none may get lost.
#[test]
fn owners_that_the_disk_takes_only_in_part_are_all_kept() {
    if !require_root() || !require_tool("unshare") {
        return;
    }
    // One step with owners of both kinds, the easy one first.
    let recipe = "
name: x
base: scratch
steps:
  - accounts:
      users:
        - {name: worker, system: true, home: /srv, create_home: true}
        - {name: app}
        - {name: last, uid: 7000}
  - write: /etc/tool
    content: tool
    owner: '7:8'
    capabilities: cap_kill+ep
  - copy: tree
    to: /tree
    owner: worker:app
  - permissions: /tree/b
    mode: u+s
";
    let workspace = Workspace::with(recipe);
    for name in ["a", "b"] {
        workspace.write(&format!("tree/{name}"), name);
    }
    let root = workspace.build(&["-o", "oci:out"]).digest();
    for ids in [1, 500, 6000] {
        // Waits until its ids are mapped.
        let script = "read line; exec \"$@\" </dev/null";
        let wrapper = ["unshare", "--user", "sh", "-c", script, "sh"];
        let arguments = ["build", "context", "-o", "oci:other"];
        let mut command = workspace.below(&wrapper, &arguments);
        command.env(
            "ONELAYER_CACHE_DIR",
            workspace.path(&format!("cache-{ids}")),
        );
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let process = PathBuf::from(format!("/proc/{}", child.id()));
        let own = fs::read_link("/proc/self/ns/user").unwrap();
        while fs::read_link(process.join("ns/user")).unwrap() == own {
            std::thread::sleep(Duration::from_millis(5));
        }
        for map in ["uid_map", "gid_map"] {
            fs::write(process.join(map), format!("0 0 {ids}")).unwrap();
        }
        child.stdin.take().unwrap().write_all(b"go\n").unwrap();
        let printed = child.wait_with_output().unwrap().stdout;
        let printed = String::from_utf8(printed).unwrap();
        assert_eq!(printed, format!("oci:other:latest@{root}\n"), "{ids}");
    }
}
