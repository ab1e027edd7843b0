//! Layers that say odd things that layers may say: the root is the one that umoci makes of them.

use std::collections::BTreeSet;
use std::fs;

use super::entry::{Entry, layer};
use super::layout::{RECIPE, image, publish, with_base};
use crate::privilege::as_nobody;
use crate::support::listing::differences;
use crate::support::workspace::{Workspace, require_root, require_tool};

use super::unpacked::unpacked;

pub(crate) type Stack = Vec<Vec<Entry>>;

fn file(name: &str) -> Entry {
    Entry::file(name, name)
}

fn folder(name: &str) -> Entry {
    Entry::folder(name)
}

fn link(name: &str, target: &str) -> Entry {
    Entry::link(name, target)
}

fn hard(name: &str, target: &str) -> Entry {
    Entry::hard(name, target)
}

/// Removals.
fn removals() -> Vec<(&'static str, Stack)> {
    let full = || vec![folder("d/"), file("d/a"), folder("d/e/"), file("d/e/b")];
    vec![
        ("a file goes", vec![full(), vec![file("d/.wh.a")]]),
        ("a folder goes", vec![full(), vec![file(".wh.d")]]),
        (
            "what is in a folder goes",
            vec![full(), vec![file("d/.wh..wh..opq")]],
        ),
        (
            "the opaque mark before what the layer brings",
            vec![
                full(),
                vec![folder("d/"), file("d/.wh..wh..opq"), file("d/e/c")],
            ],
        ),
        (
            "the opaque mark behind what the layer brings",
            vec![
                full(),
                vec![folder("d/"), file("d/e/c"), file("d/.wh..wh..opq")],
            ],
        ),
        (
            "the opaque mark of the root",
            vec![full(), vec![file("x"), file(".wh..wh..opq"), file("y")]],
        ),
        (
            "what was removed comes again in a third layer",
            vec![full(), vec![file(".wh.d")], vec![file("d/a")]],
        ),
        (
            "through a link to a folder",
            vec![
                full(),
                vec![link("l", "d")],
                vec![file("l/.wh.a"), file("l/n")],
            ],
        ),
        (
            "the opaque mark through a link to a folder",
            vec![
                full(),
                vec![link("l", "/d/e")],
                vec![file("l/.wh..wh..opq")],
            ],
        ),
        (
            "a link goes and not what it means",
            vec![full(), vec![link("l", "d")], vec![file(".wh.l")]],
        ),
        (
            "what never was goes",
            vec![full(), vec![file("d/.wh.none"), file(".wh.neither")]],
        ),
        (
            "one of two names goes",
            vec![vec![file("a"), hard("b", "a")], vec![file(".wh.a")]],
        ),
        (
            "what goes and comes in one layer",
            vec![
                full(),
                vec![
                    file(".wh.d"),
                    folder("d/"),
                    file("d/n"),
                    file(".wh.f"),
                    file("f"),
                ],
            ],
        ),
    ]
}

/// One kind in place of another.
fn replacements() -> Vec<(&'static str, Stack)> {
    let full = || vec![folder("d/"), file("d/a"), folder("d/e/"), file("d/e/b")];
    vec![
        (
            "an empty folder becomes a file",
            vec![vec![folder("d/")], vec![file("d")]],
        ),
        (
            "a full folder becomes a file",
            vec![full(), vec![file("d")]],
        ),
        (
            "a file becomes a folder",
            vec![vec![file("d")], vec![folder("d/"), file("d/a")]],
        ),
        (
            "a folder becomes a link",
            vec![full(), vec![link("d", "e"), folder("e/"), file("e/z")]],
        ),
        (
            "a link becomes a folder",
            vec![
                vec![folder("t/"), file("t/a"), link("d", "t")],
                vec![folder("d/"), file("d/b")],
            ],
        ),
        (
            "a file becomes a link, and a link a file",
            vec![
                vec![file("a"), link("b", "a")],
                vec![link("a", "c"), file("b")],
            ],
        ),
        (
            "a fifo becomes a file, and a file a fifo",
            vec![
                vec![Entry::fifo("a"), file("b")],
                vec![file("a"), Entry::fifo("b")],
            ],
        ),
        (
            "a full folder becomes a fifo and a hard link",
            vec![
                [full(), vec![file("f"), folder("g/"), file("g/h")]].concat(),
                vec![Entry::fifo("d"), hard("g", "f")],
            ],
        ),
        (
            "a folder changes and keeps what is in it",
            vec![
                full(),
                vec![folder("d/").mode(0o2750).owner(7, 8)],
                vec![folder("d/e/").mode(0o1777)],
            ],
        ),
        (
            "a file comes twice in a layer",
            vec![vec![file("a"), Entry::file("a", "second").mode(0o600)]],
        ),
    ]
}

/// Names of one file, and names that lead to one folder.
fn names() -> Vec<(&'static str, Stack)> {
    let long = "long/".repeat(60);
    vec![
        (
            "a hard link to a file of an earlier layer",
            vec![
                vec![folder("d/"), file("d/a").mode(0o640).owner(3, 4)],
                vec![hard("b", "d/a").mode(0o640).owner(3, 4)],
            ],
        ),
        (
            "a hard link whose target starts with a slash or a dot",
            vec![vec![file("a"), hard("b", "/a"), hard("c", "./a")]],
        ),
        (
            "one of two names is overwritten",
            vec![
                vec![file("a"), hard("b", "a"), hard("c", "a")],
                vec![Entry::file("b", "other")],
            ],
        ),
        (
            "folders that no entry is for",
            vec![vec![file("a/b/c")], vec![file("a/d/e")]],
        ),
        (
            "a folder's entry behind its files",
            vec![vec![file("d/a"), folder("d/").mode(0o700).owner(5, 6)]],
        ),
        (
            "one usr",
            vec![
                vec![
                    folder("usr/"),
                    folder("usr/bin/"),
                    file("usr/bin/a"),
                    link("bin", "usr/bin"),
                ],
                vec![file("bin/x").mode(0o755), file("bin/a").mode(0o700)],
                vec![file("bin/.wh.a"), hard("bin/y", "bin/x").mode(0o755)],
            ],
        ),
        (
            "names of all forms",
            vec![
                vec![folder("./"), file("./a"), file("/b"), folder("./c")],
                vec![file("c//d"), file("c/./e"), Entry::file(b"\xff\n", "f")],
            ],
        ),
        (
            "names that other systems take for one",
            vec![vec![
                file("case"),
                file("Case"),
                file("\u{e9}"),
                file("e\u{301}"),
                file(" x "),
                file("x\\y"),
                file("a\tb\r"),
                folder("..."),
                file(".../..a"),
                file("-rf"),
            ]],
        ),
        (
            "a shell by two links, and another one in its place",
            vec![
                vec![
                    file("bin/dash"),
                    link("bin/sh", "ash"),
                    link("bin/ash", "dash"),
                ],
                vec![link("bin/dash", "bash"), file("bin/bash"), file("bin/sh")],
            ],
        ),
        (
            "long names",
            vec![
                vec![file(&format!("{long}{}", "n".repeat(255)))],
                vec![
                    hard("short", &format!("{long}{}", "n".repeat(255))),
                    link("link", &"../".repeat(100)),
                ],
                vec![file(&format!("{long}.wh.none"))],
            ],
        ),
    ]
}

/// Everything else that an entry says.
fn attributes() -> Vec<(&'static str, Stack)> {
    // Revision 2, effective: CAP_NET_BIND_SERVICE.
    let mut capability = [0; 20];
    capability[..6].copy_from_slice(&[1, 0, 0, 2, 0, 4]);
    vec![
        (
            "large numbers",
            vec![vec![
                file("a").owner(2_097_151, 2_097_151),
                file("b")
                    .record("uid", "3000000000")
                    .record("gid", "4294967294"),
                folder("d/").record("uid", "70000").record("gid", "2097152"),
                link("l", "a").record("uid", "4294967294"),
            ]],
        ),
        (
            "modes",
            vec![
                vec![
                    file("suid").mode(0o4755).owner(1, 2),
                    file("sgid").mode(0o2711).owner(3, 4),
                    file("none").mode(0),
                    folder("sticky/").mode(0o1777),
                    folder("closed/").mode(0),
                    file("closed/a").mode(0o4000),
                ],
                vec![file("suid").mode(0o755), file("sgid").mode(0o6755)],
            ],
        ),
        (
            "attributes",
            vec![
                vec![
                    file("a").xattr("user.one", "1").xattr("user.nul", b"\0\n="),
                    file("c")
                        .mode(0o755)
                        .owner(9, 9)
                        .xattr("security.capability", capability),
                    folder("d/").xattr("user.two", "2"),
                    file("e").xattr("user.one", "1"),
                ],
                vec![
                    file("e"),
                    hard("f", "c")
                        .mode(0o755)
                        .owner(9, 9)
                        .xattr("security.capability", capability),
                ],
            ],
        ),
        (
            "devices",
            vec![
                vec![
                    Entry::device("c", b'3', 1, 3).mode(0o666),
                    Entry::device("b", b'4', 7, 300).mode(0o660).owner(0, 6),
                    Entry::fifo("p").mode(0o620),
                ],
                vec![Entry::device("b", b'3', 1, 5), hard("q", "c").mode(0o666)],
            ],
        ),
        (
            "old times",
            vec![vec![
                file("zero").mtime(0),
                file("one").mtime(1),
                file("part").record("mtime", "1234567890.987654321"),
                link("l", "one").mtime(5),
                Entry::fifo("p").mtime(6),
            ]],
        ),
    ]
}

pub(crate) fn cases() -> Vec<(&'static str, Stack)> {
    [removals(), replacements(), names(), attributes()]
        .into_iter()
        .flatten()
        .collect()
}

pub(crate) fn tars(stack: &Stack) -> Vec<Vec<u8>> {
    stack.iter().map(|entries| layer(entries)).collect()
}

#[test]
fn layers_mean_what_they_mean_to_umoci() {
    if !require_root() || !require_tool("umoci") {
        return;
    }
    let mut wrong = Vec::new();
    let mut entries = 0;
    for (what, stack) in cases() {
        let workspace = with_base(&tars(&stack));
        let told = workspace.build(&["-o", "oci:out:ours"]);
        if told.code != Some(0) {
            wrong.push(format!("{what}: {}", told.stderr));
            continue;
        }
        let expected = unpacked(&workspace, "context/base:t");
        let found = unpacked(&workspace, "out:ours");
        entries += expected.len();
        if expected != found {
            wrong.push(format!("{what}:\n{}", differences(&expected, &found)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(entries > 100, "only {entries} entries were unpacked");
}

/// What an ordinary user cannot set on disk is kept in words, and written as if it were there.
#[test]
fn an_ordinary_user_makes_the_same_of_layers() {
    if !require_root() || !require_tool("setpriv") {
        return;
    }
    let own = Workspace::with(RECIPE);
    let mut digests = BTreeSet::new();
    for (what, stack) in cases() {
        let layers = tars(&stack);
        let layout = own.context().join("base");
        if layout.exists() {
            fs::remove_dir_all(&layout).unwrap();
        }
        publish(&layout, image(&layout, &layers));
        let digest = as_nobody(&own, &["build", "context", "-o", "oci:own"]).digest();
        let root = with_base(&layers).build(&["-o", "oci:out"]).digest();
        assert_eq!(digest, root, "{what}");
        digests.insert(digest);
    }
    // An image that is always the same would agree as well.
    assert!(digests.len() > 20, "{digests:?}");
}
