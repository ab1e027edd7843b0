//! What is no archive, or only half of one.

use super::member::{archive, file, member};
use super::{build, compressed, content as content_of};
use crate::support::nasty::noise;
use crate::support::workspace::{require_root, require_tool};

#[test]
fn what_is_no_archive_is_told() {
    let mut wrong_sum = archive(&[file("a"), file("b")]);
    wrong_sum[1024] ^= 1;
    let gzip = |bytes: &[u8]| compressed("gzip", bytes);
    let half = |bytes: Vec<u8>| bytes[..bytes.len() / 2].to_vec();
    let noisy = archive(&[member(b"a", b'0', b"", &noise(50_000))]);
    for (what, bytes, expected) in [
        ("nothing", Vec::new(), "is no archive"),
        (
            "text",
            b"<html>not found</html>".repeat(100),
            "is no archive",
        ),
        ("compressed text", gzip(b"text"), "is no archive"),
        (
            "a wrong checksum",
            wrong_sum,
            "a header has a wrong checksum",
        ),
        ("half a gzip", half(gzip(&noisy)), "`a` in the archive"),
        ("half a tar", half(noisy.clone()), "ends too early"),
        ("half an xz", half(compressed("xz", &noisy)), "the archive"),
        (
            "half a zstd",
            half(compressed("zstd", &noisy)),
            "the archive",
        ),
        (
            "half a zip",
            b"PK\x03\x04rest".to_vec(),
            "cannot read the archive",
        ),
    ] {
        let (_, outcome) = build(&bytes, "", "");
        let told = outcome.expect(3).stderr;
        assert!(told.contains(expected), "{what}: no `{expected}`:\n{told}");
    }
    // No archive is one with nothing in it, as `tar -cf x -T /dev/null` makes it.
    let (_, outcome) = build(&[0; 10240], "", "");
    outcome.expect(0);
}

/// `umoci insert` writes archives that end with the last content. All of it is there.
#[test]
fn only_padding_may_be_missing_at_the_end() {
    let whole = [file("a"), member(b"b", b'0', b"", &[b'b'; 700])].concat();
    let content = whole.len() - (1024 - 700);
    let cut = |length: usize| whole[..length].to_vec();
    for (what, bytes) in [
        ("no end", whole.clone()),
        ("half of the padding", cut(content + 100)),
        ("no padding", cut(content)),
        ("one block as end", [whole.clone(), vec![0; 512]].concat()),
    ] {
        for packed in [bytes.clone(), compressed("gzip", &bytes)] {
            let (workspace, outcome) = build(&packed, "", "");
            outcome.expect(0);
            if require_root() && require_tool("umoci") {
                let root = workspace.unpack("out", "latest");
                assert_eq!(content_of(&root, "b"), "b".repeat(700), "{what}");
            }
        }
    }
    for (what, bytes, expected) in [
        (
            "a byte of content is missing",
            cut(content - 1),
            "ends too early",
        ),
        ("all content is missing", cut(1536), "ends too early"),
        ("half a header", cut(1024 + 100), "cannot read the archive"),
        (
            "no padding between members",
            [member(b"a", b'0', b"", b"a")[..513].to_vec(), file("b")].concat(),
            "cannot read the archive",
        ),
    ] {
        for packed in [bytes.clone(), compressed("gzip", &bytes)] {
            let (workspace, outcome) = build(&packed, "", "");
            let told = outcome.expect(3).stderr;
            assert!(told.contains(expected), "{what}: no `{expected}`:\n{told}");
            assert!(!workspace.path("out").exists(), "{what}");
        }
    }
}
