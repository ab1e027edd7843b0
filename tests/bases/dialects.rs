//! Tars that readers could understand in two ways: umoci, which reads them by Go's library, finds
//! the same root, or nobody gets one.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::documents::refuse;
use super::layout::with_base;
use super::unpacked::{assert_same, unpacked};
use crate::support::workspace::{require_root, require_tool};
use crate::unpacking::member::{archive, file, link, member, pax, sized};

/// What becomes of a tar.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    /// It is what umoci says it is.
    Same,
    /// It is one file, which umoci does not unpack, and other tools do.
    Own,
    /// It is refused.
    Refused,
}

/// A member with bytes of its header changed, and the sum made right again.
pub(super) fn changed(mut member: Vec<u8>, changes: &[(usize, &[u8])]) -> Vec<u8> {
    for (at, bytes) in changes {
        member[*at..*at + bytes.len()].copy_from_slice(bytes);
    }
    let mut header = tar::Header::from_byte_slice(&member[..512]).clone();
    header.set_cksum();
    member[..512].copy_from_slice(header.as_bytes());
    member
}

/// A number in the form of GNU for what has too many digits.
pub(super) fn binary(length: usize, number: i64) -> Vec<u8> {
    let mut bytes = vec![if number < 0 { 0xff } else { 0 }; length];
    bytes[length - 8..].copy_from_slice(&number.to_be_bytes());
    bytes[0] |= 0x80;
    bytes
}

/// Offsets of fields in a header.
const MODE: usize = 100;
const UID: usize = 108;
const SIZE: usize = 124;
const MTIME: usize = 136;
const KIND: usize = 156;
const MAGIC: usize = 257;
const PREFIX: usize = 345;

fn cases() -> Vec<(&'static str, Fate, Vec<u8>)> {
    use Fate::{Own, Refused, Same};
    let text = |name: &str, content: &[u8]| member(name.as_bytes(), b'0', b"", content);
    let inner = file("inner");
    let long =
        |kind, name: &str| member(b"././@LongLink", kind, b"", format!("{name}\0").as_bytes());
    let all = |members: &[Vec<u8>]| archive(members);
    vec![
        (
            "a size in records that is larger",
            Same,
            all(&[
                pax(&[("size", b"1024")]),
                sized(b"x", b'0', b"", &inner, 0),
                file("y"),
            ]),
        ),
        (
            "a size in records that is smaller",
            Same,
            all(&[pax(&[("size", b"0")]), text("x", &inner), file("y")]),
        ),
        (
            "a size in records that is none",
            Refused,
            all(&[pax(&[("size", b"-1")]), text("x", b"x")]),
        ),
        (
            "records before a long name",
            Refused,
            all(&[pax(&[("path", b"records")]), long(b'L', "long"), file("x")]),
        ),
        (
            "a long name before records",
            Refused,
            all(&[long(b'L', "long"), pax(&[("path", b"records")]), file("x")]),
        ),
        (
            "a size in records before a long name",
            Same,
            all(&[
                pax(&[("size", b"1024")]),
                long(b'L', "long"),
                sized(b"x", b'0', b"", &inner, 0),
            ]),
        ),
        (
            "two long names",
            Same,
            all(&[long(b'L', "one"), long(b'L', "two"), file("x")]),
        ),
        (
            "a long target",
            Same,
            all(&[long(b'K', "target"), link("x", "y")]),
        ),
        (
            "records for all",
            Own,
            all(&[member(b"g", b'g', b"", b"13 comment=x\n"), file("x")]),
        ),
        (
            "a name for all",
            Refused,
            all(&[
                member(b"g", b'g', b"", b"13 path=evil\n"),
                file("x"),
                file("y"),
            ]),
        ),
        (
            "a record twice",
            Same,
            all(&[pax(&[("path", b"one"), ("path", b"two")]), file("x")]),
        ),
        (
            "an empty record",
            Same,
            all(&[pax(&[("path", b"")]), file("x")]),
        ),
        (
            "a record without its line's end",
            Refused,
            all(&[member(b"p", b'x', b"", b"8 path=y"), file("x")]),
        ),
        (
            "a record of another length",
            Refused,
            all(&[member(b"p", b'x', b"", b"99 path=y\n"), file("x")]),
        ),
        (
            "records for nothing",
            Same,
            all(&[file("x"), pax(&[("path", b"y")])]),
        ),
        (
            "large numbers",
            Same,
            all(&[changed(
                file("x"),
                &[
                    (UID, &binary(8, 3_000_000)),
                    (MTIME, &binary(12, 3_000_000_000)),
                    (SIZE, &binary(12, 1)),
                ],
            )]),
        ),
        (
            "a negative size",
            Refused,
            all(&[changed(file("x"), &[(SIZE, &binary(12, -512))])]),
        ),
        (
            "a size that no file has",
            Refused,
            all(&[changed(file("x"), &[(SIZE, &binary(12, i64::MAX))])]),
        ),
        (
            "numbers with blanks",
            Same,
            all(&[changed(
                file("x"),
                &[(MODE, b"   644 \0"), (UID, b" 7\0     ")],
            )]),
        ),
        (
            "numbers that are none",
            Refused,
            all(&[changed(file("x"), &[(SIZE, b"9\0")])]),
        ),
        ("no time", Own, all(&[pax(&[("mtime", b"NaN")]), file("x")])),
        (
            "the oldest form",
            Same,
            all(&[
                changed(file("x"), &[(MAGIC, &[0; 8])]),
                changed(
                    member(b"d/", 0, b"", b""),
                    &[(MAGIC, &[0; 8]), (KIND, &[0])],
                ),
            ]),
        ),
        ("a file with a slash", Same, all(&[file("x/")])),
        (
            "a prefix",
            Same,
            all(&[changed(file("x"), &[(PREFIX, b"a/b")])]),
        ),
        (
            "no prefix in GNU's form",
            Same,
            all(&[changed(
                file("x"),
                &[(MAGIC, b"ustar  \0"), (PREFIX, b"7777")],
            )]),
        ),
        (
            "a link with content",
            Same,
            all(&[member(b"x", b'2', b"y", &inner), file("z")]),
        ),
        (
            "a hard link with content",
            Same,
            all(&[file("y"), member(b"x", b'1', b"y", &inner), file("z")]),
        ),
        (
            "a folder with content",
            Same,
            all(&[member(b"x", b'5', b"", &inner), file("z")]),
        ),
        ("no end", Same, file("x")),
        (
            "something behind the end",
            Same,
            [all(&[file("x")]), file("y")].concat(),
        ),
        (
            "an empty block and no end",
            Refused,
            [file("x"), vec![0; 512], file("y"), vec![0; 1024]].concat(),
        ),
        (
            "an empty block as end",
            Same,
            [file("x"), vec![0; 512]].concat(),
        ),
    ]
}

#[test]
fn a_tar_means_one_thing_or_nothing() {
    if !require_root() || !require_tool("umoci") {
        return;
    }
    for (what, fate, bytes) in cases() {
        let workspace = with_base(&[bytes]);
        if fate == Fate::Refused {
            refuse(&workspace, what, 5, &["layer"]);
            continue;
        }
        let told = workspace.build(&["-o", "oci:out:t"]);
        assert_eq!(told.code, Some(0), "{what}: {}", told.stderr);
        let found = unpacked(&workspace, "out:t");
        if fate == Fate::Same {
            assert_same(what, &unpacked(&workspace, "context/base:t"), &found);
        } else {
            let names: Vec<_> = found
                .keys()
                .map(|name| name.escape_ascii().to_string())
                .collect();
            assert_eq!(names, ["", "x"], "{what}");
        }
    }
}

/// Podman gives no file a time before 1970, and GNU tar warns of one: a layer of ours has none. A
/// directory has what the layers of a base say, in numbers of both forms.
#[test]
fn times_before_1970_are_those_of_the_base_or_1970() {
    if !require_root() || !require_tool("umoci") {
        return;
    }
    let tar = archive(&[
        changed(file("x"), &[(MTIME, &binary(12, -5))]),
        pax(&[("mtime", b"-1.5")]),
        file("y"),
    ]);
    let workspace = with_base(&[tar]);
    workspace.build(&["-o", "oci:out:t"]).expect(0);
    let time = |root: &Path, name: &str| fs::metadata(root.join(name)).unwrap().mtime();
    unpacked(&workspace, "out:t");
    let root = workspace.path("root-out-t");
    assert_eq!((time(&root, "x"), time(&root, "y")), (0, 0));
    let recipe = "name: x\nbase: oci:base:t\noutput: {layers: on-base}\n";
    workspace.write("recipe.yaml", recipe);
    workspace.build(&["-o", "rootfs:kept"]).expect(0);
    let root = workspace.path("kept");
    assert_eq!((time(&root, "x"), time(&root, "y")), (-5, -2));
}
