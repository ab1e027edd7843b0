//! Tars that want out of their folder, or that say what cannot be.

use super::build;
use super::member::{archive, file, folder, hard, link, member, pax, records, sized};
use crate::command_line::names;

#[test]
fn hostile_entries_end_the_step_by_name() {
    let long = vec![b'n'; 5000];
    let cases: Vec<(&str, Vec<Vec<u8>>, &str)> = vec![
        ("climbing", vec![file("../x")], "`../x` in the archive"),
        (
            "climbing inside",
            vec![file("a/../../x")],
            "climbs with `..`",
        ),
        (
            "climbing at the root",
            vec![file("/../x")],
            "climbs with `..`",
        ),
        (
            "climbing folder",
            vec![folder("a/../b/")],
            "climbs with `..`",
        ),
        (
            "through a link",
            vec![link("e", "/etc"), file("e/x")],
            "`e/x` in the archive",
        ),
        (
            "through a climbing link",
            vec![link("a/e", "../../../../etc"), folder("a/e/d/")],
            "leads out of the folder that the archive is unpacked into, by a link of the archive",
        ),
        (
            "through a link to a neighbour of the folder",
            vec![link("e", "../opt2"), file("e/x")],
            "leads out of the folder",
        ),
        (
            "through a link to a link",
            vec![link("e", "f"), link("f", ".."), file("e/x")],
            "leads out of the folder",
        ),
        (
            "through another name of a link",
            vec![link("e", "/etc"), hard("f", "e"), file("f/x")],
            "leads out of the folder",
        ),
        (
            "through a link in place of a file",
            vec![file("e"), link("e", "/etc"), file("e/x")],
            "leads out of the folder",
        ),
        (
            "through links in a circle",
            vec![link("e", "f"), link("f", "e"), file("e/x")],
            "too many symbolic links",
        ),
        (
            "through a file in place of a link",
            vec![
                folder("d"),
                link("e", "d"),
                file("e/x"),
                file("e"),
                file("e/y"),
            ],
            "`e/y` in the archive",
        ),
        (
            "through a file",
            vec![file("a"), file("a/x")],
            "needs a folder where something else is",
        ),
        (
            "a link as the top",
            vec![link(".", "/etc")],
            "names the folder that all",
        ),
        (
            "a link as the top",
            vec![link("./", "/etc")],
            "names the folder that all",
        ),
        (
            "a file as the top",
            vec![file("/")],
            "names the folder that all",
        ),
        (
            "a hard link out",
            vec![hard("p", "/etc/passwd")],
            "is a hard link to `/etc/passwd`, which does not come before it",
        ),
        (
            "a climbing hard link",
            vec![hard("p", "../etc/passwd")],
            "is a hard link to",
        ),
        (
            "a hard link through a link",
            vec![link("e", "/etc"), hard("p", "e/passwd")],
            "is a hard link to `e/passwd`",
        ),
        (
            "a hard link to a folder",
            vec![folder("a/"), hard("p", "a")],
            "is a hard link to `a`",
        ),
        (
            "a hard link to what comes later",
            vec![hard("p", "a"), file("a")],
            "is a hard link",
        ),
        (
            "a whiteout",
            vec![file("a/.wh.b")],
            "names with `.wh.` in front are removals",
        ),
        (
            "an opaque mark",
            vec![file(".wh..wh..opq")],
            "names with `.wh.` in front are removals",
        ),
        (
            "a whiteout folder",
            vec![file(".wh.a/b")],
            "names with `.wh.` in front are removals",
        ),
        (
            "a file over a folder",
            vec![folder("a/"), file("a")],
            "`a` in the archive",
        ),
        (
            "a folder over a file",
            vec![file("a"), folder("a/")],
            "`a/` in the archive",
        ),
        (
            "a link with an endless text",
            vec![pax(&[("linkpath", &long)]), link("a", "b")],
            "is a link that leads nowhere",
        ),
        (
            "a link without text",
            vec![link("a", "")],
            "is a link that leads nowhere",
        ),
        (
            "an unknown type",
            vec![member(b"a", b'Z', b"", b"")],
            "is of type `Z`",
        ),
        (
            "a name with a NUL",
            vec![pax(&[("path", b"a\0b")]), file("a")],
            "has a name that no file can have",
        ),
        (
            "an endless name",
            vec![pax(&[("path", &long)]), file("a")],
            "has a name that no file can have",
        ),
        (
            "a name part that is too long",
            vec![pax(&[("path", &long[..300])]), file("a")],
            "nnnnnnn",
        ),
        (
            "a record of a wrong length",
            vec![member(b"pax", b'x', b"", b"99 path=a\n"), file("a")],
            "a record of the wrong form",
        ),
        (
            "a negative size",
            vec![pax(&[("size", b"-1")]), file("a")],
            "a record that is no number",
        ),
        (
            "a name for all",
            vec![
                member(b"g", b'g', b"", &records(&[("path", b"a")])),
                file("b"),
            ],
            "a name or size for all entries",
        ),
        (
            "a huge extension",
            vec![sized(b"pax", b'x', b"", b"", 1 << 30)],
            "an extension of more than a mebibyte",
        ),
        (
            "a huge long name",
            vec![sized(b"././@LongLink", b'L', b"", b"", 7 << 30)],
            "an extension of more than a mebibyte",
        ),
        (
            "more bytes than allowed",
            vec![pax(&[("size", b"68719476737")]), file("a")],
            "holds more than 68719476736 bytes",
        ),
        (
            "a size beyond numbers",
            vec![pax(&[("size", b"18446744073709551615")]), file("a")],
            "a size that cannot be",
        ),
        (
            "a file that ends too early",
            vec![sized(b"a", b'0', b"", b"abc", 100_000)],
            "`a` in the archive",
        ),
        (
            "a huge hole",
            vec![
                pax(&[
                    ("GNU.sparse.map", b"0,0"),
                    ("GNU.sparse.size", b"99999999999999"),
                ]),
                sized(b"a", b'0', b"", b"", 0),
            ],
            "holds more than 68719476736 bytes",
        ),
        (
            "holes out of order",
            vec![
                pax(&[("GNU.sparse.map", b"10,5,0,5"), ("GNU.sparse.size", b"20")]),
                member(b"a", b'0', b"", b"0123456789"),
            ],
            "holes that cannot be",
        ),
        (
            "holes that leave the file",
            vec![
                pax(&[
                    ("GNU.sparse.map", b"18446744073709551615,5"),
                    ("GNU.sparse.size", b"20"),
                ]),
                member(b"a", b'0', b"", b"01234"),
            ],
            "holes that cannot be",
        ),
        (
            "holes of another version",
            vec![
                pax(&[("GNU.sparse.major", b"2"), ("GNU.sparse.minor", b"0")]),
                member(b"a", b'0', b"", b"01234"),
            ],
            "holes of an unknown kind",
        ),
    ];
    for (what, members, expected) in cases {
        let (workspace, outcome) = build(&archive(&members), "", "");
        let told = outcome.expect(3);
        assert!(
            told.stderr.contains(expected),
            "{what}: no `{expected}`:\n{}",
            told.stderr
        );
        assert!(
            told.stderr.contains("http://127.0.0.1:"),
            "{what}:\n{}",
            told.stderr
        );
        assert!(!workspace.path("out/index.json").exists(), "{what}");
        let left = names(&workspace.cache().join("drafts"));
        assert_eq!(left, Vec::<String>::new(), "{what}");
    }
}
