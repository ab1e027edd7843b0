//! Root file systems without an image around them.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::Command;

use onelayer::layer::Compression;

use crate::archives::{assert_same, expected, nasty_root};
use crate::layouts::{entries, small_tree};
use crate::privilege::as_nobody;
use crate::support::workspace::{Workspace, require_root, require_tool, tool};
use crate::support::{image, listing, nasty, scratch};

use super::{RECIPE, assert_holds};

#[test]
fn a_directory_is_the_tree_again() {
    if !require_root() {
        return;
    }
    let scratch = scratch();
    let root = nasty_root(scratch.path());
    let out = scratch.path().join("deep/out");
    let place = format!("rootfs:{}", out.display());
    image::write(&image::tree(&root), &[&place]);
    assert_same(&expected(&root), &listing::list(&out));
    assert_holds(&scratch.path().join("deep"), &["out"]);
}

#[test]
fn paths_of_any_length_are_unpacked() {
    let scratch = scratch();
    let (root, out) = (scratch.path().join("root"), scratch.path().join("out"));
    fs::create_dir(&root).unwrap();
    nasty::make_deep(&root);
    image::write(&image::tree(&root), &[&format!("rootfs:{}", out.display())]);
    let mut unpacked = listing::list(&out);
    unpacked.retain(|path, _| path.ends_with(b"/file"));
    assert_eq!(unpacked.len(), 1);
    for folder in [root, out] {
        tool(Command::new("rm").arg("-rf").arg(folder));
    }
}

#[test]
fn archives_are_the_layer_s_tar() {
    let scratch = scratch();
    let tree = small_tree(scratch.path(), "x");
    let (tar, _) = image::layer(&tree, &image::options(1, Compression::None));
    let (gzip, _) = image::layer(&tree, &image::options(1, Compression::default()));
    for round in ["one", "two"] {
        let folder = scratch.path().join(round);
        let place = |name: &str| format!("rootfs:{}", folder.join(name).display());
        let places = ["r.tar", "r.tar.gz", "r.tgz", "r.tar.zst"].map(place);
        image::write(&tree, &places.each_ref().map(String::as_str));
    }
    let read = |name: &str| fs::read(scratch.path().join(name)).unwrap();
    assert!(read("one/r.tar") == tar);
    assert!(read("one/r.tar.gz") == gzip);
    assert!(read("one/r.tgz") == gzip);
    assert!(read("one/r.tar.zst") == read("two/r.tar.zst"));
    if require_tool("zstd") {
        let mut zstd = Command::new("zstd");
        zstd.args(["-dqf"])
            .arg(scratch.path().join("one/r.tar.zst"));
        tool(zstd.arg("-o").arg(scratch.path().join("plain.tar")));
        assert!(read("plain.tar") == tar);
    }
}

#[test]
fn a_layer_without_compression_is_compressed_for_an_archive() {
    let workspace = Workspace::with(&format!("{RECIPE}  compression: none\n"));
    for name in ["1.tgz", "2.tgz"] {
        workspace
            .build(&["-o", &format!("rootfs:{name}"), "-o", "rootfs:r.tar"])
            .expect(0);
    }
    let read = |name: &str| fs::read(workspace.path(name)).unwrap();
    assert!(read("1.tgz") == read("2.tgz"));
    // No name, no time, and no system that it was made on.
    assert_eq!(read("1.tgz")[3..8], [0; 5]);
    let mut gzip = Command::new("sh");
    gzip.args(["-c", "gzip -dc \"$0\" | cmp - \"$1\""]);
    tool(
        gzip.arg(workspace.path("1.tgz"))
            .arg(workspace.path("r.tar")),
    );
}

#[test]
fn a_user_gets_what_a_user_may_have() {
    if !require_root() || !require_tool("setpriv") {
        return;
    }
    let workspace = Workspace::with(
        "
name: x
base: scratch
steps:
  - write: /bin/su
    content: x
    mode: '6755'
  - write: /closed/file
    content: x
    mode: '0400'
    owner: 7:8
  - directory: /closed
    mode: '0500'
",
    );
    let told = as_nobody(&workspace, &["build", "context", "-o", "rootfs:out"]).expect(0);
    let warning = "warning: `out` lacks what only root, or another file system, could give it: \
                   5 owners, 1 set-user-id or set-group-id bit";
    assert!(told.stderr.contains(warning), "{}", told.stderr);
    let mode = |name: &str| fs::metadata(workspace.path(name)).unwrap().mode() & 0o7777;
    assert_eq!(mode("out/bin/su"), 0o755);
    assert_eq!(mode("out/closed"), 0o500);
    assert_eq!(mode("out/closed/file"), 0o400);
    assert_eq!(
        fs::metadata(workspace.path("out/closed/file"))
            .unwrap()
            .mtime(),
        0
    );
}

#[test]
fn what_is_there_is_not_replaced() {
    let workspace = Workspace::with(RECIPE);
    let at = |name: &str| workspace.path(name);
    fs::create_dir_all(at("full/inner")).unwrap();
    fs::create_dir_all(at("elsewhere")).unwrap();
    fs::create_dir(at("folder.tar")).unwrap();
    File::create(at("file")).unwrap();
    symlink("elsewhere", at("link")).unwrap();
    symlink("file", at("link.tar")).unwrap();
    for (output, message) in [
        ("full", "`full` is not empty, so it is not replaced"),
        ("file", "`file` is not a directory, so it is not replaced"),
        ("link", "`link` is not a directory, so it is not replaced"),
        ("link/", "`link` is not a directory, so it is not replaced"),
        ("folder.tar", "`folder.tar` is not a regular file"),
        ("link.tar", "`link.tar` is not a regular file"),
    ] {
        let told = workspace
            .build(&["-o", &format!("rootfs:{output}")])
            .expect(5);
        assert!(told.stderr.contains(message), "{}", told.stderr);
    }
    let told = workspace.build(&["-o", "rootfs:full"]).expect(5);
    assert!(
        told.stderr.contains("help: name a directory"),
        "{}",
        told.stderr
    );
    assert_holds(&at("elsewhere"), &[]);
    assert!(!workspace.cache().exists());

    // An empty one is; so is a file, by an archive.
    fs::remove_dir(at("full/inner")).unwrap();
    File::create(at("file.tar")).unwrap();
    workspace
        .build(&["-o", "rootfs:full", "-o", "rootfs:file.tar"])
        .expect(0);
    assert!(at("full/message").is_file());
    assert!(fs::metadata(at("file.tar")).unwrap().len() > 0);
}

#[test]
fn what_killed_writers_left_is_removed() {
    let workspace = Workspace::with(RECIPE);
    workspace.build(&["-o", "rootfs:out"]).expect(0);
    // A name as a writer would have chosen it, with a directory that its owner closed.
    let prefix = format!(".{}.onelayer-", onelayer::digest::Digest::of("out").hex());
    let left = workspace.path(&format!("{prefix}abcdef"));
    fs::create_dir_all(left.join("root/closed/below")).unwrap();
    fs::set_permissions(left.join("root/closed"), fs::Permissions::from_mode(0o000)).unwrap();
    fs::remove_dir_all(workspace.path("out")).unwrap();
    workspace.build(&["-o", "rootfs:out"]).expect(0);
    assert_holds(&workspace.path(""), &["cache", "context", "out"]);
}

#[test]
fn a_directory_below_a_link_is_made_where_the_link_leads() {
    let workspace = Workspace::with(RECIPE);
    fs::create_dir(workspace.path("real")).unwrap();
    symlink("real", workspace.path("link")).unwrap();
    workspace.build(&["-o", "rootfs:link/out"]).expect(0);
    assert_holds(&workspace.path("real"), &["out"]);
    assert!(entries(&workspace.path("real/out")).contains("message"));
}

#[test]
fn the_root_itself_has_owner_and_mode() {
    if !require_root() {
        return;
    }
    let scratch = scratch();
    let root = scratch.path().join("root");
    fs::create_dir(&root).unwrap();
    fs::set_permissions(&root, fs::Permissions::from_mode(0o750)).unwrap();
    chown(&root, Some(5), Some(6)).unwrap();
    let out = scratch.path().join("out");
    image::write(&image::tree(&root), &[&format!("rootfs:{}", out.display())]);
    let look = |path: &Path| {
        let found = fs::metadata(path).unwrap();
        (found.mode(), found.uid(), found.gid())
    };
    assert_eq!(look(&out), look(&root));
}
