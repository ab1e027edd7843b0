//! Zips: hostile ones, and those with less in them than usual.

use std::fs;
use std::process::Command;

use super::{build, content};
use crate::images::look;
use crate::support::workspace::{require_root, require_tool, tool};

/// A zip whose single entry Python writes, with these attributes.
fn zip(script: &str) -> Option<Vec<u8>> {
    if !require_tool("python3") {
        return None;
    }
    let program = format!(
        "import io, sys, zipfile\nout = io.BytesIO()\nz = zipfile.ZipFile(out, 'w')\n\
         def add(name, data=b'', mode=0o100644, system=3):\n    \
         i = zipfile.ZipInfo(name); i.external_attr = mode << 16 | 32; i.create_system = system\n    \
         z.writestr(i, data)\n{script}\nz.close()\nsys.stdout.buffer.write(out.getvalue())\n"
    );
    let made = Command::new("python3")
        .args(["-c", &program])
        .output()
        .unwrap();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    Some(made.stdout)
}

#[test]
fn hostile_zips_end_the_step_by_name() {
    for (script, expected) in [
        ("add('../x')", "`../x` in the archive"),
        ("add('a/../../x')", "climbs with `..`"),
        (
            "add('l', b'/etc', 0o120777); add('l/x')",
            "leads out of the folder",
        ),
        ("add('l', b'', 0o120777)", "is a link that leads nowhere"),
        (
            "add('l', b'x' * 5000, 0o120777)",
            "is a link that leads nowhere",
        ),
        ("add('d', b'', 0o020666)", "is of type `c`"),
        ("add('.wh.a')", "are removals"),
        ("add('a', b'1'); add('a', b'2')", "duplicate file names"),
        ("add('a'); add('a/')", "needs a folder"),
    ] {
        let Some(bytes) = zip(script) else { return };
        let (_, outcome) = build(&bytes, "", "");
        let told = outcome.expect(3).stderr;
        assert!(
            told.contains(expected),
            "{script}: no `{expected}`:\n{told}"
        );
    }
    // What directory and local header say differently.
    let Some(mut bytes) = zip("add('aa', b'x')") else {
        return;
    };
    bytes[30] = b'b';
    let (_, outcome) = build(&bytes, "", "");
    outcome.expect(3);
    // A wrong checksum of the content.
    let Some(mut bytes) = zip("add('aa', b'content')") else {
        return;
    };
    let at = bytes
        .windows(7)
        .position(|part| part == b"content")
        .unwrap();
    bytes[at] = b'k';
    let (_, outcome) = build(&bytes, "", "");
    outcome.expect(3);
}

#[test]
fn zips_without_modes_get_the_usual_ones() {
    if !require_root() || !require_tool("umoci") {
        return;
    }
    let script = "add('a', b'x', 0, 0); add('d/', b'', 0, 0); add('d/x', b'', 0o755); add('/abs')";
    let Some(bytes) = zip(script) else { return };
    let (workspace, outcome) = build(&bytes, "", "");
    outcome.expect(0);
    let root = workspace.unpack("out", "latest").join("opt");
    for (path, expected) in [
        ("a", "f 0644 0:0"),
        ("d", "d 0755 0:0"),
        ("d/x", "f 0755 0:0"),
        ("abs", "f 0644 0:0"),
    ] {
        assert_eq!(look(&root, path), expected, "{path}");
    }
}

#[test]
fn an_encrypted_zip_is_told() {
    if !require_tool("zip") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("secret"), "x").unwrap();
    tool(
        Command::new("zip")
            .args(["-q", "-P", "password", "x.zip", "secret"])
            .current_dir(folder.path()),
    );
    let bytes = fs::read(folder.path().join("x.zip")).unwrap();
    let (_, outcome) = build(&bytes, "", "");
    let told = outcome.expect(3).stderr;
    assert!(told.contains("`secret` in the archive"), "{told}");
    assert!(told.contains("is encrypted"), "{told}");
}

#[test]
fn a_zip_that_was_streamed_is_unpacked() {
    if !require_root() || !require_tool("umoci") || !require_tool("python3") {
        return;
    }
    // To a pipe: sizes and checksums only stand behind the bytes.
    let program = "import sys, zipfile\nclass Pipe:\n  \
         write = sys.stdout.buffer.write\n  flush = sys.stdout.buffer.flush\n\
         with zipfile.ZipFile(Pipe(), 'w', zipfile.ZIP_DEFLATED) as z:\n  \
         z.writestr('a/x', b'x' * 100000)\n  z.writestr('y', b'y')\n";
    let made = (Command::new("python3").args(["-c", program]).output()).unwrap();
    assert!(made.status.success(), "{made:?}");
    let (workspace, outcome) = build(&made.stdout, "", "");
    outcome.expect(0);
    let root = workspace.unpack("out", "latest");
    assert_eq!(content(&root, "a/x"), "x".repeat(100_000));
    assert_eq!(content(&root, "y"), "y");
}
