//! Little that becomes much: folders, gibibytes and windows that an archive only names.

use std::fs;
use std::process::Command;

use super::member::{archive, file, member, pax, sized};
use super::{build, compressed, recipe};
use crate::command_line::names;
use crate::support::server::Server;
use crate::support::workspace::{Workspace, require_tool, run};

/// A name with a thousand folders in it costs two bytes for each.
#[test]
fn folders_that_are_only_named_count() {
    let deep = |top: u32| {
        let name = format!("{top}/{}x", "a/".repeat(1900));
        [pax(&[("path", name.as_bytes())]), file("x")].concat()
    };
    let few: Vec<_> = (0..2).map(deep).collect();
    let (_, outcome) = build(&compressed("gzip", &archive(&few)), "", "");
    outcome.expect(0);
    let many: Vec<_> = (0..2000).map(deep).collect();
    // Long before the limit is reached somebody has had enough.
    expect_stopped(&compressed("gzip", &archive(&many)), "");
}

#[test]
fn what_is_left_out_can_be_interrupted() {
    if !require_tool("bzip2") {
        return;
    }
    // Sixty gibibytes that `strip` passes over, in a few dozen kibibytes.
    let part = compressed("bzip2", &vec![0; 64 << 20]);
    let head = compressed("bzip2", &sized(b"skipped", b'0', b"", b"", 60 << 30));
    let bytes = [head, part.repeat(961)].concat();
    assert!(bytes.len() < 100 << 10);
    expect_stopped(&bytes, "    strip: 1\n");
}

/// Fails unless unpacking still goes on after two seconds, and ends soon when it is interrupted.
fn expect_stopped(bytes: &[u8], rest: &str) {
    let server = Server::with(bytes);
    let workspace = Workspace::with(&recipe(&server, bytes, "", rest));
    let mut command = workspace.below(
        &["timeout", "--signal", "INT", "--kill-after", "20", "2"],
        &["build", "context", "-o", "oci:out"],
    );
    assert_eq!(run(&mut command).code, Some(124));
    let left = names(&workspace.cache().join("drafts"));
    assert_eq!(left, Vec::<String>::new());
}

#[test]
fn frames_with_huge_windows_are_refused() {
    if !require_tool("zstd") || !require_tool("xz") {
        return;
    }
    let tar = archive(&[member(b"a", b'0', b"", &vec![b'x'; 1 << 20])]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, &tar).unwrap();
    for words in [
        &[
            "zstd",
            "-q",
            "--ultra",
            "--long=31",
            "-22",
            "--no-content-size",
            "-c",
        ][..],
        &["xz", "--lzma2=dict=1GiB", "-c"],
    ] {
        // From a pipe, so that the size is not known and the window is what was asked for.
        let script = format!("cat '{}' | {}", path.display(), words.join(" "));
        let made = Command::new("sh").args(["-c", &script]).output().unwrap();
        assert!(made.status.success(), "{words:?}");
        let (_, outcome) = build(&made.stdout, "", "");
        let told = outcome.expect(3).stderr;
        assert!(
            told.contains("cannot read the archive"),
            "{words:?}:\n{told}"
        );
    }
}
