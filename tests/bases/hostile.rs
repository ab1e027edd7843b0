//! Layers that nobody should write: refused with the entry and the layer, or kept inside.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

use serde_json::Value;

use super::dialects::{binary, changed};
use super::entry::{Entry, layer};
use super::layout::{
    CONFIG, LAYER, MANIFEST, RECIPE, blob, config, digest, document, expect_refused, guarded,
    manifest, publish, with_base,
};
use super::unpacked::unpacked;
use crate::privilege::NOBODY;
use crate::support::workspace::{Workspace, require_root, require_tool};
use crate::unpacking::compressed;
use crate::unpacking::member::{archive, file as raw, member, pax, sized};

fn file(name: &str) -> Entry {
    Entry::file(name, "")
}

/// The layer's digest in pieces that no line break of a message can cut.
#[track_caller]
fn refuse(what: &str, layers: &[Vec<u8>], entry: &str) {
    let workspace = with_base(layers);
    let digest = digest(layers.last().unwrap());
    let told = guarded(&workspace);
    let message = one_line(&told.stderr);
    assert_eq!(told.code, Some(5), "{what}: {message}");
    for part in [entry, &digest] {
        let part: String = part.split_whitespace().collect();
        assert!(message.contains(&part), "{what}: no `{part}` in {message}");
    }
    assert!(!workspace.path("out/index.json").exists(), "{what}");
}

/// A message without the breaks of its lines.
fn one_line(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace() && *c != '│')
        .collect()
}

#[test]
fn impossible_entries() {
    let over = u64::from(u32::MAX);
    for (entry, shown) in [
        (file("../x"), "`../x`"),
        (file("a/../../x"), "`a/../../x`"),
        (file("/../x"), "`/../x`"),
        (file("./../x"), "`./../x`"),
        (Entry::folder("../x"), "`../x`"),
        (Entry::link(".", "/etc"), "`.`"),
        (Entry::link("./", "/etc"), "`./`"),
        (Entry::link("/.", "/etc"), "`/.`"),
        (Entry::link("/", "/etc"), "`/`"),
        (file("."), "`.`"),
        (Entry::hard(".", "x"), "`.`"),
        (Entry::link("x", ""), "`x`"),
        (Entry::link("x", "y".repeat(5000)), "`x`"),
        (file(".wh."), "`.wh.`"),
        (file("a/.wh.."), "`a/.wh..`"),
        (file("a/.wh..."), "`a/.wh...`"),
        (file(".wh.a/b"), "`.wh.a/b`"),
        (Entry::hard("x", "../../etc/passwd"), "`x`"),
        (Entry::hard("x", "/etc/passwd"), "`x`"),
        (Entry::hard("x", "nowhere"), "`x`"),
        (Entry::hard("x", ""), "`x`"),
        (file("x").owner(over, 0), "`x`"),
        (file("x").owner(0, over), "`x`"),
        (file("x").record("uid", "99999999999"), "`x`"),
        (file("x").record("gid", "-1"), "`x`"),
        (file("x").record("path", b"a\0b"), "`"),
        (file("n".repeat(256).as_str()), "nnnn"),
        (file("d/".repeat(3000).as_str()), "d/d/"),
    ] {
        refuse(shown, &[layer(&[entry])], shown);
    }
    for (shown, entries) in [
        ("`f/x`", vec![file("f"), file("f/x")]),
        ("`l/x`", vec![Entry::link("l", "l"), file("l/x")]),
        (
            "`a/x`",
            vec![Entry::link("a", "b"), Entry::link("b", "a"), file("a/x")],
        ),
        ("`h`", vec![Entry::folder("d"), Entry::hard("h", "d")]),
        (
            "`h`",
            vec![Entry::link("l", "/etc"), Entry::hard("h", "l/passwd")],
        ),
        ("`d`", vec![file("d/x"), Entry::hard("d", "d/x")]),
    ] {
        refuse(shown, &[layer(&entries)], shown);
        // In a layer of its own as well.
        let (last, first) = entries.split_last().unwrap();
        refuse(shown, &[layer(first), archive(&[last.bytes()])], shown);
    }
    refuse("type", &[archive(&[member(b"x", b'Q', b"", b"")])], "`x`");
    refuse(
        "truncated",
        &[sized(b"x", b'0', b"", b"short", 5000)],
        "`x`",
    );
}

#[test]
fn links_lead_back_into_the_root() {
    if !require_root() || !require_tool("umoci") {
        return;
    }
    let up = "../".repeat(30);
    let workspace = with_base(&[
        layer(&[
            Entry::link("etc", "/canary"),
            Entry::link("up", format!("{up}canary")),
            file("etc/one"),
        ]),
        layer(&[
            file("up/two"),
            file("up/.wh.one"),
            Entry::hard("three", "etc/two"),
        ]),
    ]);
    guarded(&workspace).expect(0);
    let found = unpacked(&workspace, "out");
    let names: Vec<_> = found
        .keys()
        .map(|name| name.escape_ascii().to_string())
        .collect();
    assert_eq!(names, ["", "canary", "canary/two", "etc", "three", "up"]);
}

#[test]
fn attributes_of_other_machines_are_left_out() {
    if !require_root() || !require_tool("umoci") {
        return;
    }
    let own = Entry::folder("d").xattr("user.own", "1");
    let foreign = [
        "trusted.overlay.opaque",
        "user.overlay.opaque",
        "security.selinux",
        "security.ima",
        "security.evm",
        "system.posix_acl_access",
        "user.containers.override_stat",
        "user.rootlesscontainers",
    ];
    let mut entry = own;
    for name in foreign {
        entry = entry.xattr(name, "0:0:4755");
    }
    let workspace = with_base(&[layer(&[entry, file("d/x")])]);
    guarded(&workspace).expect(0);
    // The bytes: what lists roots for tests leaves some of them out.
    let found = unpacked(&workspace, "out");
    assert!(found[&b"d"[..]].ends_with(" user.own=1"), "{found:?}");
    for file in fs::read_dir(workspace.path("out/blobs/sha256")).unwrap() {
        let path = file.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        let bytes = match bytes.starts_with(b"\x1f\x8b") {
            true => {
                Command::new("gzip")
                    .arg("-dc")
                    .stdin(fs::File::open(&path).unwrap())
                    .output()
                    .unwrap()
                    .stdout
            }
            false => bytes,
        };
        let text = String::from_utf8_lossy(&bytes);
        for name in foreign {
            assert!(!text.contains(name), "{name}");
        }
    }
}

/// A recipe's folder with an image of one blob, whose tar is said to have `diff_id`.
fn with_blob(bytes: &[u8], diff_id: String) -> Workspace {
    let workspace = Workspace::with(RECIPE);
    let layout = workspace.context().join("base");
    let layers: [Value; 1] = [blob(&layout, LAYER, bytes)];
    let config = document(&layout, CONFIG, &config(&[diff_id]));
    publish(
        &layout,
        document(&layout, MANIFEST, &manifest(&config, &layers)),
    );
    workspace
}

#[test]
fn other_compressions_are_refused() {
    for program in ["xz", "bzip2"] {
        if !require_tool(program) {
            return;
        }
        let tar = layer(&[file("x")]);
        let packed = compressed(program, &tar);
        let workspace = with_blob(&packed, digest(&tar));
        expect_refused(
            &workspace,
            program,
            5,
            &["gzip or zstd", "help: choose another base"],
        );
    }
}

/// Builds with less memory than 256 MiB, as the user that the tests have and as one without power.
#[track_caller]
fn bounded(what: &str, workspace: &Workspace) -> (Option<i32>, String) {
    let root = measured(what, workspace, &[]);
    let mut all = vec![root];
    if require_root() && require_tool("setpriv") {
        let nobody = format!("setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups");
        let words: Vec<&str> = nobody.split(' ').collect();
        all.push(measured(what, workspace, &words));
    }
    for (peak, code, told) in &all {
        assert!(*peak < 256 << 10, "{what}: {peak} KiB");
        assert_eq!((*code, told), (all[0].1, &all[0].2), "{what}");
    }
    let (_, code, told) = all.swap_remove(0);
    (code, told)
}

/// Builds, started by `wrapper`, and tells the most memory that it had, in KiB.
#[track_caller]
fn measured(what: &str, workspace: &Workspace, wrapper: &[&str]) -> (u64, Option<i32>, String) {
    // A folder that every user can write in.
    let open = tempfile::tempdir().unwrap();
    let mode = fs::Permissions::from_mode(0o777);
    fs::set_permissions(open.path(), mode.clone()).unwrap();
    fs::set_permissions(workspace.path(""), mode).unwrap();
    // The build folder may be out of the user's reach.
    let program = workspace.path("onelayer");
    fs::copy(env!("CARGO_BIN_EXE_onelayer"), &program).unwrap();
    let (report, cache) = (open.path().join("time"), open.path().join("cache"));
    let time = ["/usr/bin/time", "-f", "%M", "-o", report.to_str().unwrap()];
    let words = [wrapper, &time, &[program.to_str().unwrap()]].concat();
    let mut command = Command::new(words[0]);
    let output = command
        .args(&words[1..])
        .args(["build", "context", "-o"])
        .arg(format!("oci:{}", open.path().join("out").display()))
        .current_dir(workspace.path(""))
        .env("ONELAYER_CACHE_DIR", &cache)
        .process_group(0)
        .output()
        .unwrap();
    let text = fs::read_to_string(&report).unwrap();
    let peak: u64 = text.lines().last().unwrap().parse().unwrap();
    let drafts = crate::layouts::entries(&cache.join("drafts"));
    assert!(drafts.is_empty(), "{what}: {drafts:?}");
    let told = String::from_utf8_lossy(&output.stderr);
    // Its name is another each time.
    let told = told.replace(&open.path().display().to_string(), "");
    (peak, output.status.code(), one_line(&told))
}

#[test]
fn bombs_take_little_memory() {
    if !["time", "gzip", "zstd"].into_iter().all(require_tool) {
        return;
    }
    // A file of zeros, a thousand times larger than its blob, that ends too early.
    let mut zeros = sized(b"zeros", b'0', b"", b"", 300 << 20);
    zeros.resize(zeros.len() + (100 << 20), 0);
    let (code, told) = bounded(
        "zeros",
        &with_blob(&compressed("gzip", &zeros), digest(&zeros)),
    );
    assert_eq!(code, Some(5), "{told}");
    assert!(told.contains("`zeros`"), "{told}");

    let header = sized(b"pax", b'x', b"", b"", 1 << 30);
    let (code, told) = bounded("header", &with_base(&[header]));
    assert_eq!(code, Some(5), "{told}");
    assert!(told.contains("`pax`"), "{told}");

    // Ten gibibytes that are a hole.
    let map = [
        ("GNU.sparse.major", &b"1"[..]),
        ("GNU.sparse.minor", b"0"),
        ("GNU.sparse.name", b"hole"),
        ("GNU.sparse.realsize", b"80000000000"),
    ];
    let mut list = b"1\n0\n0\n".to_vec();
    list.resize(512, 0);
    let hole = [pax(&map), member(b"x", b'0', b"", &list)];
    let (code, told) = bounded("hole", &with_base(&[archive(&hole)]));
    assert_eq!(code, Some(5), "{told}");
    assert!(told.contains("holdmorethan"), "{told}");
    assert!(told.contains("bytes,upto`hole`"), "{told}");

    // The same in the forms of older programs.
    let map = [
        ("GNU.sparse.map", &b"0,0"[..]),
        ("GNU.sparse.name", b"hole"),
        ("GNU.sparse.size", b"80000000000"),
    ];
    let size = binary(12, 80_000_000_000);
    let old = member(b"x", b'S', b"", b"");
    for hole in [
        [pax(&map), member(b"x", b'0', b"", b"")].concat(),
        changed(old, &[(257, b"ustar  \0"), (483, &size)]),
    ] {
        let (code, told) = bounded("older hole", &with_base(&[archive(&[hole])]));
        assert_eq!(code, Some(5), "{told}");
        assert!(told.contains("holdmorethan"), "{told}");
    }

    // What is in one compression is not looked for in another.
    let tar = layer(&[file("x")]);
    let twice = compressed("gzip", &compressed("gzip", &tar));
    let (code, told) = bounded("twice", &with_blob(&twice, digest(&tar)));
    assert_eq!(code, Some(5), "{told}");
    assert!(told.contains("itsbyteshavethedigest"), "{told}");

    let many: Vec<Vec<u8>> = (0..100_000).map(|n| raw(&format!("f/{n}"))).collect();
    let bad = [many, vec![member(b"../x", b'0', b"", b"")]].concat();
    let (code, told) = bounded("many", &with_base(&[archive(&bad)]));
    assert_eq!(code, Some(5), "{told}");

    // A frame that asks for a window of 2 GiB.
    let mut zstd = Command::new("zstd");
    zstd.args(["-c", "--ultra", "-19", "--long=31"]);
    zstd.stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped());
    let mut child = zstd.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(&layer(&[file("x")])).unwrap();
    drop(input);
    let mut frame = child.wait_with_output().unwrap().stdout;
    // The window's descriptor follows the magic number and the frame's own (RFC 8878, 3.1.1.1).
    frame[4] &= !0x20;
    frame[5] = (31 - 10) << 3;
    let (code, told) = bounded("window", &with_blob(&frame, digest(b"")));
    assert_eq!(code, Some(5), "{told}");
}

/// Names alone. A million of them fit in 256 MiB, which takes a release build a minute; what two
/// hundred thousand more take says whether that still holds.
#[test]
fn a_name_takes_little_memory() {
    if !["time", "gzip"].into_iter().all(require_tool) {
        return;
    }
    let peak = |count: u64| {
        let mut tar = Vec::new();
        for number in 0..count {
            tar.extend(raw(&format!("d{}/file{:05}", number / 1000, number % 1000)));
        }
        tar.extend([0; 1024]);
        let workspace = with_blob(&compressed("gzip", &tar), digest(&tar));
        let (peak, code, told) = measured("files", &workspace, &[]);
        assert_eq!(code, Some(0), "{told}");
        peak
    };
    let (few, many) = (peak(20_000), peak(220_000));
    let each = (many - few) * 1024 / 200_000;
    assert!(each < 320, "{few}, {many}: {each} bytes each");
}

#[test]
fn devices_have_numbers_and_archives_are_files() {
    refuse(
        "no numbers",
        &[archive(&[member(b"d", b'3', b"", b"")])],
        "d",
    );
    for kind in ["oci-archive", "docker-archive"] {
        let recipe = format!("name: x\nbase: {kind}:pipe\n");
        let workspace = Workspace::with(&recipe);
        let pipe = workspace.context().join("pipe");
        assert!(
            Command::new("mkfifo")
                .arg(&pipe)
                .status()
                .unwrap()
                .success()
        );
        let refused = workspace.build(&["-o", "oci:out"]).expect(5);
        assert!(
            refused.stderr.contains("not a regular file"),
            "{}",
            refused.stderr
        );
    }
}

/// Removals of one folder, again and again, cost no more than one.
#[test]
fn removals_are_made_once() {
    let mut members: Vec<Vec<u8>> = (0..20_000).map(|n| raw(&format!("d/{n}"))).collect();
    members.extend((0..20_000).map(|_| raw("d/.wh..wh..opq")));
    let workspace = with_base(&[archive(&members)]);
    workspace.build(&["-o", "oci:out"]).expect(0);
}

/// A root that is no image has no layers; its messages name the file.
#[test]
fn roots_of_the_context_are_called_what_they_are() {
    let removal = [file("a"), file("d/.wh.x")];
    let cases: [(&str, Vec<u8>, &[&str]); 3] = [
        (
            "root.tar",
            layer(&removal),
            &["`d/.wh.x` in the archive `root.tar` cannot be in a layer"],
        ),
        (
            "root.tar",
            layer(&[file("../x")]),
            &["`../x` in the archive `root.tar` climbs with `..`"],
        ),
        (
            "root.tar",
            b"nothing of the kind".to_vec(),
            &["the archive `root.tar` is no tar, plain or compressed with gzip, zstd, xz or bzip2"],
        ),
    ];
    for (name, bytes, parts) in cases {
        let workspace = Workspace::with(&format!("name: x\nbase: rootfs:{name}\n"));
        fs::write(workspace.context().join(name), bytes).unwrap();
        let told = one_line(&workspace.build(&["-o", "oci:out"]).expect(5).stderr);
        for part in parts {
            assert!(told.contains(&one_line(part)), "{told}");
        }
    }
}

/// No step runs before that is known.
#[test]
fn a_directory_with_removals_is_no_root() {
    let workspace = Workspace::with(
        "
name: x
base: rootfs:root
steps:
  - run: [/nothing, of, the, kind]
",
    );
    workspace.write("root/d/.wh.x", "");
    let told = one_line(&workspace.build(&["-o", "oci:out"]).expect(5).stderr);
    for part in [
        "`d/.wh.x` in the directory `root` cannot be in a layer",
        "help: rename or remove it",
    ] {
        assert!(told.contains(&one_line(part)), "{told}");
    }
    assert!(!told.contains("/nothing"), "{told}");
}

/// An overlay takes it for a removal, and would lose what an earlier layer has of that name.
#[test]
fn a_device_that_would_be_a_removal_is_left_out() {
    if !require_root() || !require_tool("umoci") {
        return;
    }
    let device = || Entry::device("white", b'3', 0, 0);
    for layers in [
        vec![layer(&[device(), file("x")])],
        vec![layer(&[file("x")]), layer(&[device()])],
    ] {
        let workspace = with_base(&layers);
        let told = guarded(&workspace).expect(0).stderr;
        assert!(told.contains("warning") && told.contains("white"), "{told}");
        let found = unpacked(&workspace, "out");
        let names: Vec<&[u8]> = found.keys().map(Vec::as_slice).collect();
        assert_eq!(names, [&b""[..], b"x"]);
    }
}
