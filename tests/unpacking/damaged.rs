//! What is no archive, or only half of one.

use super::member::{archive, file, member};
use super::{build, compressed};
use crate::support::nasty::noise;

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
