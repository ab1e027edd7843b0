//! Archives that `fetch` unpacks: those that real programs write, and those that nobody should.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;

use super::fetching::sum;
use super::images::look;
use super::privilege::as_nobody;
use super::support::listing::list;
use super::support::nasty::noise;
use super::support::server::Server;
use super::support::workspace::{Outcome, Workspace, require_root, require_tool, run, tool};

/// Builds an image with an archive in `/opt`; `rest` are further lines of the step.
fn build(archive: &[u8], before: &str, rest: &str) -> (Workspace, Outcome) {
    let server = Server::with(archive);
    let workspace = Workspace::with(&recipe(&server, archive, before, rest));
    let outcome = workspace.build(&["-o", "oci:out"]);
    (workspace, outcome)
}

fn recipe(server: &Server, archive: &[u8], before: &str, rest: &str) -> String {
    let (url, digest) = (server.url("/file"), sum("sha256sum", archive));
    format!(
        "name: x\nbase: scratch\nsteps:\n{before}  - fetch: {url}\n    sha256: {digest}\n    \
         to: /opt\n    extract: true\n{rest}"
    )
}

/// One block of a tar, with content behind it.
fn member(name: &[u8], kind: u8, link: &[u8], content: &[u8]) -> Vec<u8> {
    sized(name, kind, link, content, content.len() as u64)
}

fn sized(name: &[u8], kind: u8, link: &[u8], content: &[u8], size: u64) -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    header.as_old_mut().name[..name.len()].copy_from_slice(name);
    header.as_old_mut().linkname[..link.len()].copy_from_slice(link);
    header.set_entry_type(tar::EntryType::new(kind));
    header.set_mode(if kind == b'5' { 0o755 } else { 0o644 });
    header.set_uid(1234);
    header.set_gid(1234);
    header.set_mtime(1_700_000_000);
    header.set_size(size);
    header.set_cksum();
    let mut bytes = header.as_bytes().to_vec();
    bytes.extend_from_slice(content);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

fn file(name: &str) -> Vec<u8> {
    member(name.as_bytes(), b'0', b"", name.as_bytes())
}

fn folder(name: &str) -> Vec<u8> {
    member(name.as_bytes(), b'5', b"", b"")
}

fn link(name: &str, target: &str) -> Vec<u8> {
    member(name.as_bytes(), b'2', target.as_bytes(), b"")
}

fn hard(name: &str, target: &str) -> Vec<u8> {
    member(name.as_bytes(), b'1', target.as_bytes(), b"")
}

fn records(records: &[(&str, &[u8])]) -> Vec<u8> {
    let mut text = Vec::new();
    for (keyword, value) in records {
        let rest = keyword.len() + value.len() + 3;
        let mut length = rest;
        while length != rest + length.to_string().len() {
            length = rest + length.to_string().len();
        }
        text.extend_from_slice(format!("{length} {keyword}=").as_bytes());
        text.extend_from_slice(value);
        text.push(b'\n');
    }
    text
}

fn pax(list: &[(&str, &[u8])]) -> Vec<u8> {
    member(b"pax", b'x', b"", &records(list))
}

fn archive(members: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = members.concat();
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}

/// Looks at a path in the unpacked image.
fn content(root: &Path, path: &str) -> String {
    fs::read_to_string(root.join("opt").join(path)).unwrap()
}

/// A folder with everything that archives of programs hold.
fn make_tree(folder: &Path) {
    let at = |name: &str| folder.join("tool-1.0").join(name);
    fs::create_dir_all(at("bin")).unwrap();
    fs::create_dir_all(at("share/empty")).unwrap();
    fs::write(at("bin/tool"), "#!/bin/sh\n").unwrap();
    fs::write(at("share/data"), noise(300_000)).unwrap();
    fs::write(at(&"n".repeat(180)), "long").unwrap();
    std::os::unix::fs::symlink("../bin/tool", at("share/relative")).unwrap();
    std::os::unix::fs::symlink("/etc/absolute", at("share/absolute")).unwrap();
    for (name, mode) in [
        ("bin/tool", 0o4755),
        ("share", 0o750),
        ("share/empty", 0o1777),
    ] {
        fs::set_permissions(at(name), fs::Permissions::from_mode(mode)).unwrap();
    }
}

/// What GNU tar and zip make of the tree, by the shell's words.
const PROGRAMS: [(&str, &str); 13] = [
    ("tar", "tar -c tool-1.0"),
    ("tar", "tar -c --format=v7 --exclude='nnn*' tool-1.0"),
    ("tar", "tar -c --format=ustar --exclude='nnn*' tool-1.0"),
    ("tar", "tar -c --format=pax tool-1.0"),
    ("tar", "tar -c -V label tool-1.0"),
    ("tar", "tar -c -g snapshot tool-1.0; rm snapshot"),
    ("gzip", "tar -c tool-1.0 | gzip"),
    ("gzip", "tar -c tool-1.0 | split -b 100000 --filter gzip"),
    ("zstd", "tar -c tool-1.0 | zstd -19"),
    ("xz", "tar -c tool-1.0 | xz -9"),
    ("bzip2", "tar -c tool-1.0 | bzip2"),
    ("bsdtar", "bsdtar -c tool-1.0"),
    (
        "zip",
        "zip -q -r -y x.zip tool-1.0 && cat x.zip && rm x.zip",
    ),
];

#[test]
fn archives_of_real_programs_are_unpacked() {
    if !require_root() || !require_tool("umoci") {
        return;
    }
    let sources = tempfile::tempdir().unwrap();
    make_tree(sources.path());
    for (program, script) in PROGRAMS {
        if !require_tool(program) {
            continue;
        }
        let made = Command::new("sh")
            .args(["-c", script])
            .current_dir(sources.path())
            .output()
            .unwrap();
        assert!(made.status.success(), "{script}");
        let rest = "    strip: 1\n    owner: '5:6'\n";
        let (workspace, outcome) = build(&made.stdout, "", rest);
        assert!(outcome.code == Some(0), "{script}\n{}", outcome.stderr);
        let root = workspace.unpack("out", "latest");
        let mut expected = vec![
            ("bin", "d 0755 5:6".to_owned()),
            ("bin/tool", "f 4755 5:6".to_owned()),
            ("share", "d 0750 5:6".to_owned()),
            ("share/empty", "d 1777 5:6".to_owned()),
            ("share/data", "f 0644 5:6".to_owned()),
            ("share/relative", "-> ../bin/tool 5:6".to_owned()),
            ("share/absolute", "-> /etc/absolute 5:6".to_owned()),
        ];
        let long = "n".repeat(180);
        if !script.contains("exclude") {
            expected.push((&long, "f 0644 5:6".to_owned()));
        }
        for (path, line) in expected {
            assert_eq!(look(&root.join("opt"), path), line, "{script}: {path}");
        }
        let data = fs::read(root.join("opt/share/data")).unwrap();
        assert!(data == noise(300_000), "{script}");
    }
}

#[test]
fn holes_are_where_they_were() {
    if !require_root() || !require_tool("umoci") {
        return;
    }
    let sources = tempfile::tempdir().unwrap();
    let path = sources.path().join("sparse");
    use std::os::unix::fs::FileExt;
    let holes = fs::File::create(&path).unwrap();
    holes.set_len(40 << 20).unwrap();
    // More parts than one header takes.
    for part in 0..30 {
        holes
            .write_all_at(b"data", part * (1 << 20) + 12345)
            .unwrap();
    }
    drop(holes);
    let expected = fs::read(&path).unwrap();
    for options in [
        "--format=gnu",
        "--format=posix --sparse-version=0.0",
        "--format=posix --sparse-version=0.1",
        "--format=posix --sparse-version=1.0",
    ] {
        let script = format!("tar -c --sparse {options} sparse");
        let made = Command::new("sh")
            .args(["-c", &script])
            .current_dir(sources.path())
            .output()
            .unwrap();
        assert!(made.stdout.len() < 1 << 20, "{options}");
        let (workspace, outcome) = build(&made.stdout, "", "");
        assert!(outcome.code == Some(0), "{options}\n{}", outcome.stderr);
        let root = workspace.unpack("out", "latest");
        assert!(
            fs::read(root.join("opt/sparse")).unwrap() == expected,
            "{options}"
        );
    }
}

#[test]
fn files_get_the_mode_and_folders_their_own() {
    if !require_root() || !require_tool("umoci") {
        return;
    }
    let members = [
        folder("a/"),
        file("a/x"),
        file("b/c/y"),
        folder("b"),
        link("l", "a/x"),
    ];
    let (workspace, outcome) = build(&archive(&members), "", "    mode: u+x,go=\n");
    outcome.expect(0);
    let root = workspace.unpack("out", "latest").join("opt");
    for (path, expected) in [
        ("", "d 0755 0:0"),
        ("a", "d 0755 0:0"),
        ("a/x", "f 0700 0:0"),
        ("b/c", "d 0755 0:0"),
        ("b/c/y", "f 0700 0:0"),
        ("l", "-> a/x 0:0"),
    ] {
        assert_eq!(look(&root, path), expected, "{path}");
    }
    assert_eq!(fs::metadata(root.join("a/x")).unwrap().mtime(), 0);
}

#[test]
fn an_ordinary_user_unpacks_the_same() {
    if !require_root() || !require_tool("setpriv") {
        return;
    }
    let mut secret = folder("locked/");
    secret[100..108].copy_from_slice(b"0000000\0");
    let checksum: u32 = secret[..148]
        .iter()
        .chain(&secret[156..512])
        .map(|b| u32::from(*b))
        .sum();
    secret[148..156].copy_from_slice(format!("{:06o}\0 ", checksum + 256).as_bytes());
    let members = [
        secret,
        file("locked/x"),
        hard("second", "locked/x"),
        link("l", "/nowhere"),
        member(b"pipe", b'6', b"", b""),
        member(b"null", b'3', b"", b""),
        file("late"),
        hard("late2", "late"),
        member(b"raw-\xff\n", b'0', b"", b"odd"),
    ];
    let archive = archive(&members);
    let server = Server::with(&archive);
    let recipe = recipe(&server, &archive, "", "    owner: '3000000:7'\n");
    let workspace = Workspace::with(&recipe);
    let own = as_nobody(&workspace, &["build", "context", "-o", "oci:own"]).digest();
    let root = Workspace::with(&recipe);
    assert_eq!(own, root.build(&["-o", "oci:out"]).digest());
    if require_tool("umoci") {
        let place = root.unpack("out", "latest").join("opt");
        let listing = list(&place);
        assert!(listing[&b"locked"[..]].starts_with("Directory 0 3000000:7"));
        assert!(listing.contains_key(&b"raw-\xff\n"[..]));
        assert!(listing[&b"pipe"[..]].starts_with("Fifo"));
        assert!(!listing.contains_key(&b"null"[..]));
        assert_eq!(listing[&b"second"[..]], "link to locked/x");
    }
}

#[test]
fn devices_are_left_out_with_a_warning() {
    let members = [
        member(b"dev/null", b'3', b"", b""),
        // A whiteout, if it were made.
        member(b"a", b'3', b"", b""),
        member(b"disk", b'4', b"", b""),
    ];
    let (_, outcome) = build(&archive(&members), "", "");
    let told = outcome.expect(0).stderr;
    let expected =
        "warning: step 1: 3 devices of the archive are left out, the first is `dev/null`";
    assert!(told.contains(expected), "{told}");
}

/// Links of steps before lead inside the root; what is in their way is told.
#[test]
fn links_of_the_root_are_followed_and_stay() {
    if !require_root() || !require_tool("umoci") {
        return;
    }
    let before = "
  - directory: /usr/bin
    mode: '0711'
  - directory: /opt
  - link: /opt/bin
    target: /usr/bin
  - link: /opt/up
    target: ../../../../../../../usr
  - link: /opt/file
    target: /etc/passwd
  - write: /etc/passwd
    content: untouched
";
    let members = [
        folder("bin/"),
        file("bin/x"),
        file("up/bin/y"),
        file("file"),
        file("twice"),
        member(b"twice", b'0', b"", b"second"),
    ];
    let (workspace, outcome) = build(&archive(&members), before, "");
    outcome.expect(0);
    let root = workspace.unpack("out", "latest");
    for (path, expected) in [
        ("opt/bin", "-> /usr/bin 0:0"),
        // A folder that was there keeps its mode.
        ("usr/bin", "d 0711 0:0"),
        ("usr/bin/x", "f 0644 0:0"),
        ("usr/bin/y", "f 0644 0:0"),
        ("opt/file", "f 0644 0:0"),
        ("etc/passwd", "f 0644 0:0"),
    ] {
        assert_eq!(look(&root, path), expected, "{path}");
    }
    assert_eq!(
        fs::read_to_string(root.join("etc/passwd")).unwrap(),
        "untouched"
    );
    assert_eq!(content(&root, "twice"), "second");
}

#[test]
fn names_that_only_look_strange_are_kept_inside() {
    if !require_root() || !require_tool("umoci") {
        return;
    }
    let long = "d/".repeat(120) + "end";
    let members = [
        file("/absolute"),
        file("./dot"),
        file("a//b/./c"),
        member(b"old/", b'0', b"", b""),
        pax(&[("path", long.as_bytes())]),
        file("short"),
        pax(&[
            ("path", b"caf\xc3\xa9"),
            ("comment", b"x"),
            ("mtime", b"NaN"),
        ]),
        file("short"),
        member(
            b"././@LongLink",
            b'L',
            b"",
            format!("{}\0", "g".repeat(200)).as_bytes(),
        ),
        file("short"),
        pax(&[("size", b"3")]),
        sized(b"sized", b'0', b"", b"abc", 0),
        member(b"contiguous", b'7', b"", b"x"),
        sized(b"lying-link", b'2', b"a", b"", 5000),
    ];
    let (workspace, outcome) = build(&archive(&members), "", "");
    outcome.expect(0);
    let root = workspace.unpack("out", "latest").join("opt");
    for path in [
        "absolute",
        "dot",
        "a/b/c",
        &long,
        "caf\u{e9}",
        &"g".repeat(200),
        "sized",
        "contiguous",
    ] {
        assert!(root.join(path).is_file(), "{path}");
    }
    assert!(root.join("old").is_dir());
    assert_eq!(fs::read(root.join("sized")).unwrap(), b"abc");
    assert_eq!(look(&root, "lying-link"), "-> a 0:0");
}

/// `lib64 -> lib` and then `lib64/x`, as releases have it: where GNU tar puts it.
#[test]
fn links_of_the_archive_lead_inside_its_folder() {
    if !require_root() || !require_tool("umoci") {
        return;
    }
    let before = "
  - directory: /usr/old
  - link: /opt/old
    target: /usr/old
  - link: /opt/replaced
    target: /usr/old
";
    let members = [
        link("lib64", "lib"),
        file("lib64/early"),
        folder("lib/"),
        file("lib64/late"),
        hard("again", "lib64/late"),
        link("up", "lib/../../opt/./lib/"),
        file("up/through"),
        link("absolute", "/opt/lib"),
        folder("absolute/sub/"),
        file("old/x"),
        link("replaced", "lib"),
        file("replaced/y"),
        link("folder", "lib"),
        folder("folder"),
        file("folder/z"),
    ];
    let (workspace, outcome) = build(&archive(&members), before, "    owner: '3:4'\n");
    outcome.expect(0);
    let root = workspace.unpack("out", "latest");
    for (path, expected) in [
        ("opt/lib64", "-> lib 3:4"),
        ("opt/lib", "d 0755 3:4"),
        ("opt/lib/early", "f 0644 3:4"),
        ("opt/lib/late", "f 0644 3:4"),
        ("opt/lib/through", "f 0644 3:4"),
        ("opt/lib/sub", "d 0755 3:4"),
        ("opt/lib/y", "f 0644 3:4"),
        ("usr/old/x", "f 0644 3:4"),
        ("usr/old/y", "entity not found"),
        // Of two entries of one name the later one wins.
        ("opt/folder", "d 0755 3:4"),
        ("opt/folder/z", "f 0644 3:4"),
    ] {
        assert_eq!(look(&root, path), expected, "{path}");
    }
    let inode = |path: &str| fs::metadata(root.join(path)).unwrap().ino();
    assert_eq!(inode("opt/again"), inode("opt/lib/late"));
}

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
    let left = super::command_line::names(&workspace.cache().join("drafts"));
    assert_eq!(left, Vec::<String>::new());
}

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
            "names the folder that the archive",
        ),
        (
            "a link as the top",
            vec![link("./", "/etc")],
            "names the folder that the archive",
        ),
        (
            "a file as the top",
            vec![file("/")],
            "names the folder that the archive",
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
        let left = super::command_line::names(&workspace.cache().join("drafts"));
        assert_eq!(left, Vec::<String>::new(), "{what}");
    }
}

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

fn compressed(program: &str, bytes: &[u8]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, bytes).unwrap();
    let output = Command::new(program).arg("-c").arg(&path).output().unwrap();
    assert!(output.status.success());
    output.stdout
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

/// A pipe where the list of users should be must not stop anything.
#[test]
fn a_pipe_as_list_of_users_is_told() {
    let bytes = archive(&[member(b"etc/passwd", b'6', b"", b"")]);
    let server = Server::with(&bytes);
    for step in [
        "accounts: {users: [{name: app}]}",
        "write: /x\n    content: ''\n    owner: app",
    ] {
        let text = recipe(&server, &bytes, "", "").replace("to: /opt", "to: /");
        let workspace = Workspace::with(&format!("{text}  - {step}\n"));
        let told = run(&mut workspace.command(&["build", "context", "-o", "oci:out"])).expect(3);
        let expected = "`/etc/passwd` in the root is no regular file";
        assert!(told.stderr.contains(expected), "{}", told.stderr);
    }
}
