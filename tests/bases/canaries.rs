//! Whatever layers say, nothing changes beside the place that they are unpacked in: built as root,
//! and as a user who owns all that is around.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::entry::{Entry, layer};
use super::layout::{RECIPE, image, publish};
use crate::layouts::entries;
use crate::privilege::{NOBODY, nobody};
use crate::support::listing::{differences, list};
use crate::support::workspace::{Workspace, require_root, require_tool, run, tool};
use crate::unpacking::member::{archive, member, sized};

fn file(name: &str) -> Entry {
    Entry::file(name, "hostile").mode(0o6777)
}

/// Layers of all classes, most of them aimed at `canary`, an absolute path. Whether the build is to
/// work is known of those alone that must.
fn cases(canary: &str) -> Vec<(String, Vec<Vec<u8>>, Option<bool>)> {
    let mut cases = Vec::new();
    let mut add = |what: &str, layers: &[&[Entry]], works: Option<bool>| {
        let layers = layers.iter().map(|entries| layer(entries)).collect();
        cases.push((what.to_owned(), layers, works));
    };
    let precious = format!("{canary}/precious");
    add("absolute", &[&[file(&precious)]], Some(true));
    add(
        "link and file",
        &[&[Entry::link("e", canary), file("e/precious")]],
        Some(true),
    );
    // Three lead out of the root into the folder of the cache, and four to what is beside it.
    let targets = [1, 2, 3, 4, 5, 30].map(|depth| "../".repeat(depth));
    for up in targets.into_iter().chain([format!("{canary}/")]) {
        let aim = format!("{up}precious");
        add(
            &format!("name {aim}"),
            &[&[file(&format!("a/{aim}"))]],
            None,
        );
        let link = [Entry::link("e", &up), Entry::link("f", &aim)];
        let through = [
            file("e/precious"),
            file("e/folder/new"),
            Entry::folder("e/folder").mode(0o777).owner(7, 7).mtime(1),
            file("e/.wh.folder"),
            file("e/.wh..wh..opq"),
            Entry::hard("h", "e/precious"),
            Entry::hard("h", "f"),
            Entry::fifo("e/precious"),
            Entry::device("e/precious", b'4', 8, 0),
            // What an entry says of a link is said of the link.
            file("f"),
            Entry::hard("f", "e"),
            Entry::folder("f").mode(0o777).owner(7, 7).mtime(1),
            Entry::folder("e/.").mode(0o777).owner(7, 7).mtime(1),
            Entry::folder("e/").mode(0o777).owner(7, 7).mtime(1),
            Entry::link("f", &aim)
                .owner(7, 7)
                .mode(0o777)
                .mtime(1)
                .xattr("user.a", "b"),
            file(".wh.e"),
            file(".wh.f"),
            file("f/x"),
        ];
        for (count, entry) in through.iter().enumerate() {
            add(
                &format!("{count} later through {up}"),
                &[&link, std::slice::from_ref(entry)],
                None,
            );
        }
        // All of it in one layer, but for what no layer may say.
        let one = [&link[..], &through[..4]].concat();
        add(&format!("together through {up}"), &[&one], None);
        add(
            &format!("a hard link to a link to {aim}, and what is written to it"),
            &[
                &[link[1].clone(), Entry::hard("h", "f")],
                &[file("h"), file("f")],
            ],
            Some(true),
        );
        add(
            &format!("hard {aim}"),
            &[&[Entry::hard("h", &aim), file("h")]],
            None,
        );
        add(
            &format!("a folder becomes a link to {up}"),
            &[
                &[Entry::folder("d/"), file("d/precious")],
                &[Entry::link("d", &up), file("d/precious")],
            ],
            Some(true),
        );
    }
    for name in [
        ".", "/", "./", "/.", "", ".wh..", ".wh...", ".wh.", "a/.wh..", ".wh./x",
    ] {
        for entry in [file(name), Entry::link(name, canary), Entry::fifo(name)] {
            add(
                &format!("the root as {name:?}"),
                &[&[entry, file("precious")]],
                None,
            );
        }
    }
    add(
        "mode of the root",
        &[&[Entry::folder("./").mode(0o777)]],
        Some(true),
    );
    add(
        "devices",
        &[&[
            Entry::device("null", b'3', 1, 3).mode(0o666),
            Entry::device("disk", b'4', 8, 0).mode(0o666),
            Entry::device("white", b'3', 0, 0),
            Entry::fifo("pipe"),
        ]],
        Some(true),
    );
    let raw = |what: &str, bytes: Vec<u8>| (what.to_owned(), vec![bytes], Some(false));
    cases.push(raw("cut", sized(b"x", b'0', b"", b"short", 5000)));
    cases.push(raw("a kind", archive(&[member(b"x", b'Q', b"", b"")])));
    cases
}

/// A folder to build in, with things of `owner` wherever a path could lead.
struct Surroundings {
    workspace: Workspace,
    /// The folders that are compared.
    watched: Vec<PathBuf>,
}

impl Surroundings {
    fn of(owner: u32) -> Self {
        let workspace = Workspace::with(RECIPE);
        let canary = workspace.path("canary");
        // Wherever the cache unpacks, `..` leads to one of these.
        let around = ["", "cache", "tmp", "canary"];
        for place in around {
            let place = workspace.path(place);
            fs::create_dir_all(place.join("folder/inner")).unwrap();
            fs::write(place.join("precious"), "precious").unwrap();
            fs::write(place.join("folder/file"), "file").unwrap();
            symlink("file", place.join("folder/link")).unwrap();
            let mode = fs::Permissions::from_mode(0o640);
            fs::set_permissions(place.join("precious"), mode).unwrap();
        }
        let all = format!("{owner}:{owner}");
        tool(
            Command::new("chown")
                .args(["-hR", &all])
                .arg(workspace.path("")),
        );
        let watched = around
            .iter()
            .map(|place| workspace.path(place).join("folder"));
        let watched = watched.chain([canary]).collect();
        Self { workspace, watched }
    }

    /// Everything about the things around, with times to the nanosecond.
    fn look(&self) -> Vec<(PathBuf, crate::support::listing::Listing)> {
        let mut found: Vec<_> = (self.watched.iter())
            .map(|folder| (folder.clone(), list(folder)))
            .collect();
        for folder in &self.watched {
            let beside = folder.parent().unwrap().join("precious");
            for path in [folder, &beside].into_iter().filter(|path| path.exists()) {
                let meta = fs::symlink_metadata(path).unwrap();
                let line = format!(
                    "{:o} {}:{} {}.{} {}.{} {}",
                    meta.mode(),
                    meta.uid(),
                    meta.gid(),
                    meta.mtime(),
                    meta.mtime_nsec(),
                    meta.ctime(),
                    meta.ctime_nsec(),
                    meta.nlink()
                );
                let bytes = fs::read(path).unwrap_or_default();
                let line = format!("{line} {}", bytes.escape_ascii());
                let listing = [(path.as_os_str().as_encoded_bytes().to_vec(), line)];
                found.push((path.clone(), listing.into()));
            }
        }
        found
    }

    /// Builds every case, each time in a cache without results, and compares.
    fn build_all(&self, command: &dyn Fn(&[&str]) -> Command) {
        let canary = self.workspace.path("canary");
        let layout = self.workspace.context().join("base");
        let before = self.look();
        for (count, (what, layers, works)) in cases(canary.to_str().unwrap()).iter().enumerate() {
            if layout.exists() {
                fs::remove_dir_all(&layout).unwrap();
            }
            publish(&layout, image(&layout, layers));
            let out = format!("oci:out-{count}");
            let mut building = command(&["build", "context", "-o", &out]);
            let told = run(building.env("TMPDIR", self.workspace.path("tmp")));
            let wrong = match works {
                Some(true) => told.code != Some(0),
                Some(false) => told.code != Some(5),
                None => !matches!(told.code, Some(0 | 5)),
            };
            assert!(!wrong, "{what}: {:?} {}", told.code, told.stderr);
            let shown = self.workspace.path(&out["oci:".len()..]).join("index.json");
            assert_eq!(shown.exists(), told.code == Some(0), "{what}");
            for ((path, before), (_, after)) in before.iter().zip(self.look()) {
                let changed = differences(before, &after);
                assert!(changed.is_empty(), "{what}: {}: {changed}", path.display());
            }
            let left = entries(&self.workspace.cache().join("drafts"));
            assert!(left.is_empty(), "{what}: {left:?}");
        }
        let temporary = entries(&self.workspace.path("tmp"));
        assert_eq!(temporary.len(), 2, "{temporary:?}");
        // The comparison would have noticed.
        for name in ["precious", "cache/folder/file", "canary/folder/inner/new"] {
            let before = self.look();
            fs::write(self.workspace.path(name), "other").unwrap();
            assert!(before != self.look(), "{name}");
        }
    }
}

/// What is said of the files that hostile layers are written for.
fn accounts() -> Vec<String> {
    let files = [
        "passwd",
        "group",
        "shadow",
        "hosts",
        "resolv.conf",
        "ld.so.preload",
    ];
    let look = |name: &&str| match fs::metadata(Path::new("/etc").join(name)) {
        Ok(meta) => format!(
            "{} {} {} {}",
            meta.mode(),
            meta.uid(),
            meta.mtime(),
            meta.len()
        ),
        Err(error) => error.kind().to_string(),
    };
    files.iter().map(look).collect()
}

#[test]
fn nothing_changes_around_what_root_unpacks() {
    if !require_root() {
        return;
    }
    let before = accounts();
    let around = Surroundings::of(0);
    around.build_all(&|words| around.workspace.command(words));
    assert_eq!(accounts(), before);
}

#[test]
fn nothing_changes_around_what_a_user_unpacks() {
    if !require_root() || !require_tool("setpriv") {
        return;
    }
    let around = Surroundings::of(NOBODY);
    chown(around.workspace.path(""), Some(NOBODY), Some(NOBODY)).unwrap();
    around.build_all(&|words| nobody(&around.workspace, words));
}
