//! Root file systems of images with several layers: what umoci makes of the same layers, as a
//! directory and as one tar.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::bases::entry::{Entry, layer};
use crate::bases::layout::{image, publish, with_base};
use crate::bases::legal::{cases, tars};
use crate::bases::unpacked::{timeless, unpacked};
use crate::privilege::as_nobody;
use crate::support::listing::{Listing, differences, list};
use crate::support::workspace::{Outcome, Workspace, require_root, require_tool, run, tool};

/// Copies the image at `context/base`.
fn copy(workspace: &Workspace, outputs: &[&str]) -> Outcome {
    let arguments = [&["copy", "oci:context/base"], outputs].concat();
    run(&mut workspace.command(&arguments))
}

/// What GNU tar unpacks, but for the times of folders.
fn untarred(archive: &Path, to: &Path) -> Listing {
    fs::create_dir(to).unwrap();
    let mut tar = Command::new("tar");
    tar.args(["--numeric-owner", "--xattrs", "--xattrs-include=*", "-xpf"]);
    tool(tar.arg(archive).arg("-C").arg(to));
    timeless(list(to))
}

#[test]
fn roots_are_what_umoci_makes_of_layers() {
    if !require_root()
        || !["umoci", "tar"]
            .map(require_tool)
            .iter()
            .all(|found| *found)
    {
        return;
    }
    let mut wrong = Vec::new();
    let mut entries = 0;
    for (what, stack) in cases() {
        let workspace = with_base(&tars(&stack));
        let told = copy(
            &workspace,
            &["rootfs:out", "rootfs:one.tar", "rootfs:two.tar"],
        );
        if told.code != Some(0) {
            wrong.push(format!("{what}: {}", told.stderr));
            continue;
        }
        let expected = unpacked(&workspace, "context/base:t");
        let one = workspace.path("one.tar");
        for (form, found) in [
            ("directory", timeless(list(&workspace.path("out")))),
            ("tar", untarred(&one, &workspace.path("untarred"))),
        ] {
            entries += found.len();
            if expected != found {
                let differences = differences(&expected, &found);
                wrong.push(format!("{what}, {form}:\n{differences}"));
            }
        }
        let same = fs::read(one).unwrap() == fs::read(workspace.path("two.tar")).unwrap();
        assert!(same, "{what}: two tars differ");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(entries > 200, "only {entries} entries were unpacked");
}

/// No owner or device of a tar is on disk while it is written.
#[test]
fn an_ordinary_user_writes_the_same_tars() {
    if !require_root() || !require_tool("setpriv") {
        return;
    }
    let own = Workspace::new();
    fs::create_dir_all(own.context()).unwrap();
    let several = cases().into_iter().filter(|(_, stack)| stack.len() > 1);
    let mut compared = 0;
    for (what, stack) in several {
        let layers = tars(&stack);
        let layout = own.context().join("base");
        if layout.exists() {
            fs::remove_dir_all(&layout).unwrap();
        }
        publish(&layout, image(&layout, &layers));
        let to = ["rootfs:x.tar", "rootfs:x.tar.gz", "rootfs:x.tar.zst"];
        let arguments = [&["copy", "oci:context/base"], &to[..]].concat();
        as_nobody(&own, &arguments).expect(0);
        let root = with_base(&layers);
        copy(&root, &to).expect(0);
        for name in to.map(|place| &place["rootfs:".len()..]) {
            let read = |workspace: &Workspace| fs::read(workspace.path(name)).unwrap();
            assert!(read(&own) == read(&root), "{what}: {name}");
            compared += 1;
        }
    }
    assert!(compared > 60, "only {compared} archives were compared");
}

/// Engines pass over what aufs kept for itself; umoci would make files of it, which no layer of
/// ours could hold.
#[test]
fn notes_of_aufs_are_passed_over() {
    let layers = [
        layer(&[
            Entry::folder(".wh..wh.plnk/"),
            Entry::file(".wh..wh.plnk/12.34", "shared"),
            Entry::file(".wh..wh.aufs", ""),
            Entry::file("a/one", "1"),
            Entry::file("a/.wh..wh.plnk", ""),
        ]),
        layer(&[
            Entry::folder("./.wh..wh.orph/"),
            Entry::file("./.wh..wh.orph/.wh.a", ""),
            Entry::file("b", "2"),
        ]),
    ];
    let workspace = with_base(&layers);
    copy(&workspace, &["rootfs:out", "rootfs:out.tar"]).expect(0);
    super::assert_holds(&workspace.path("out"), &["a", "b"]);
    super::assert_holds(&workspace.path("out/a"), &["one"]);
    if require_tool("tar") {
        let listed = tool(
            Command::new("tar")
                .arg("-tf")
                .arg(workspace.path("out.tar")),
        );
        assert_eq!(
            listed.lines().collect::<Vec<_>>(),
            ["./", "a/", "a/one", "b"]
        );
    }
    workspace.build(&["-o", "rootfs:built"]).expect(0);
    let built = workspace.path("built");
    assert!(built.join("a/one").is_file() && built.join("b").is_file());
    assert!(!built.join(".wh..wh.plnk").exists());
}

#[test]
fn an_image_on_its_base_becomes_one_tar() {
    if !require_tool("tar") {
        return;
    }
    let base = layer(&[
        Entry::file("etc/old", "old"),
        Entry::file("etc/kept", "kept"),
    ]);
    let workspace = with_base(&[base]);
    workspace.write(
        "recipe.yaml",
        "
name: x
base: oci:base:t
steps:
  - remove: /etc/old
  - write: /etc/new
    content: new
output: {layers: on-base}
",
    );
    workspace
        .build(&["-o", "rootfs:r.tar", "-o", "rootfs:r.tgz", "-o", "rootfs:r"])
        .expect(0);
    let listed = |name: &str| tool(Command::new("tar").arg("-tf").arg(workspace.path(name)));
    let names = ["./", "etc/", "etc/kept", "etc/new"];
    assert_eq!(listed("r.tar").lines().collect::<Vec<_>>(), names);
    assert_eq!(listed("r.tgz"), listed("r.tar"));
    super::assert_holds(&workspace.path("r/etc"), &["kept", "new"]);
}

/// What is kept in memory is bounded before it is kept.
#[test]
fn names_and_holes_have_limits() {
    let deep = "a/".repeat(60_000);
    let hole = |name: &str, size: &str| {
        Entry::file(name, "")
            .record("GNU.sparse.size", size)
            .record("GNU.sparse.map", "0,0")
    };
    for (entries, told) in [
        (
            vec![Entry::file("a", "").record("path", format!("{deep}x"))],
            "bytes of names and attributes",
        ),
        (vec![hole("h", "80000000000")], "bytes in holes"),
    ] {
        let workspace = with_base(&[layer(&[Entry::file("one", "")]), layer(&entries)]);
        for output in ["rootfs:out", "rootfs:out.tar"] {
            let refused = copy(&workspace, &[output]).expect(5);
            let text: String = refused.stderr.split_whitespace().collect();
            let told: String = told.split_whitespace().collect();
            assert!(text.contains(&told), "{}", refused.stderr);
            super::assert_holds(&workspace.path(""), &["context"]);
        }
    }
    // A small one is a hole on disk, and zeros in a tar.
    let workspace = with_base(&[
        layer(&[Entry::file("one", "")]),
        layer(&[hole("h", "300000")]),
    ]);
    copy(&workspace, &["rootfs:out", "rootfs:out.tar"]).expect(0);
    assert!(fs::read(workspace.path("out/h")).unwrap() == vec![0; 300_000]);
    assert!(fs::metadata(workspace.path("out.tar")).unwrap().len() > 300_000);
}
