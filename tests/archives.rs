//! Layers, read back by the tools that will read them.

use std::fs::{self, File};
use std::path::Path;
use std::sync::atomic::AtomicBool;

use onelayer::digest::Digest;
use onelayer::layer::{Compression, LayerError};
use onelayer::progress::{Event, Reporter, Silent};
use onelayer::tree::{Tree, Upper, WalkOptions, walk};

use crate::support::listing::{self, Listing};
use crate::support::nasty::{self, EPOCH};
use crate::support::{image, require_root, require_tool, run, run_in, scratch};

/// What a tool must restore: the directory as it is, with times as layers have them.
pub(crate) fn expected(root: &Path) -> Listing {
    let mut listing = listing::list(root);
    for line in listing.values_mut() {
        let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        if words[0] != "link" {
            let time: i64 = words[3].parse().unwrap();
            words[3] = match &*words[0] {
                "Directory" => EPOCH.to_string(),
                _ => time.clamp(0, EPOCH as i64).to_string(),
            };
            *line = words.join(" ");
        }
    }
    listing
}

/// Go's archive/tar reads an extended attribute without a value as one that is not there, as POSIX
/// says for keywords in general.
fn expected_by_go(root: &Path) -> Listing {
    let mut listing = expected(root);
    let noted = listing.get_mut(&b"etc/noted"[..]).unwrap();
    *noted = noted.replace(" user.a=", "");
    listing
}

pub(crate) fn assert_same(expected: &Listing, found: &Listing) {
    let differences = listing::differences(expected, found);
    assert!(differences.is_empty(), "{differences}");
}

pub(crate) fn nasty_root(scratch: &Path) -> std::path::PathBuf {
    let root = scratch.join("root");
    fs::create_dir(&root).unwrap();
    nasty::make(&root);
    root
}

#[test]
fn gnu_tar_restores_a_nasty_tree() {
    if !require_root() || !require_tool("tar") {
        return;
    }
    let scratch = scratch();
    let root = nasty_root(scratch.path());
    let options = image::options(2, Compression::None);
    let (tar, layer) = image::layer(&image::tree(&root), &options);
    assert_eq!(
        (layer.diff_id, layer.size),
        (layer.digest, tar.len() as u64)
    );
    fs::write(scratch.path().join("layer.tar"), tar).unwrap();
    fs::create_dir(scratch.path().join("out")).unwrap();
    let arguments = ["--xattrs", "--xattrs-include=*", "--numeric-owner", "-xpf"];
    let arguments = [&arguments[..], &["layer.tar", "-C", "out"]].concat();
    let output = run_in(scratch.path(), "tar", &arguments);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_same(
        &expected(&root),
        &listing::list(&scratch.path().join("out")),
    );
}

#[test]
fn umoci_restores_a_nasty_tree() {
    if !require_root() || !require_tool("umoci") {
        return;
    }
    let scratch = scratch();
    let root = nasty_root(scratch.path());
    let layout = scratch.path().join("layout").display().to_string();
    image::write(&image::tree(&root), &[&format!("oci:{layout}:x")]);
    let bundle = scratch.path().join("bundle");
    let image = format!("{layout}:x");
    run(
        "umoci",
        &["unpack", "--image", &image, bundle.to_str().unwrap()],
    );
    assert_same(
        &expected_by_go(&root),
        &listing::list(&bundle.join("rootfs")),
    );
}

#[test]
fn podman_restores_a_nasty_tree() {
    let _engines = crate::support::engines_mount();
    if !require_root() || !require_tool("podman") {
        return;
    }
    let scratch = scratch();
    let root = nasty_root(scratch.path());
    let archive = format!("oci-archive:{}/image.tar:x", scratch.path().display());
    image::write(&image::tree(&root), &[&archive]);
    let storage = scratch.path().join("storage").display().to_string();
    let state = scratch.path().join("state").display().to_string();
    let podman = |arguments: &[&str]| {
        let storage = [
            "--root",
            &storage,
            "--runroot",
            &state,
            "--storage-driver",
            "vfs",
        ];
        let output = run("podman", &[&storage[..], arguments].concat());
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let id = podman(&["pull", "-q", &archive]);
    let mounted = podman(&["image", "mount", &id]);
    let mut found = listing::list(Path::new(&mounted));
    let mut expected = expected_by_go(&root);
    // The driver writes into the root directory after it has unpacked the layer.
    let roots = (found.remove(&b""[..]), expected.remove(&b""[..]));
    let rights = roots.0.zip(roots.1);
    assert!(rights.is_some_and(|(found, expected)| found[..17] == expected[..17]));
    assert_same(&expected, &found);
    podman(&["image", "unmount", &id]);
    podman(&["system", "reset", "--force"]);
}

#[test]
fn paths_of_any_length_are_archived() {
    if !require_tool("tar") {
        return;
    }
    let scratch = scratch();
    let root = scratch.path().join("root");
    fs::create_dir(&root).unwrap();
    nasty::make_deep(&root);
    let options = image::options(2, Compression::None);
    let (tar, layer) = image::layer(&image::tree(&root), &options);
    assert_eq!(layer.entries, 22);
    fs::write(scratch.path().join("layer.tar"), tar).unwrap();
    let output = run_in(scratch.path(), "tar", &["-tf", "layer.tar"]);
    let last = String::from_utf8(output.stdout).unwrap();
    let last = last.lines().last().unwrap();
    assert_eq!(
        last,
        format!("{}/file", vec!["p".repeat(250); 20].join("/"))
    );
    run("rm", &["-rf", root.to_str().unwrap()]);
}

#[test]
fn bytes_do_not_depend_on_threads() {
    let scratch = scratch();
    let root = scratch.path().join("root");
    for folder in 0..20 {
        let folder = root.join(format!("folder-{folder}"));
        fs::create_dir_all(&folder).unwrap();
        for file in 0..200_usize {
            let content = nasty::noise(file * 37 % 5000);
            fs::write(folder.join(format!("{file}")), content).unwrap();
        }
    }
    fs::write(root.join("large"), nasty::noise(20 << 20)).unwrap();
    let tree = image::tree(&root);
    for compression in [Compression::default(), Compression::None] {
        let (blob, layer) = image::layer(&tree, &image::options(1, compression));
        assert_eq!(layer.digest, Digest::of(&blob));
        for threads in [2, 7] {
            let again = image::layer(&tree, &image::options(threads, compression));
            assert!(again == (blob.clone(), layer.clone()), "{threads} threads");
        }
    }
}

#[test]
fn gunzip_gives_the_tar_with_its_diff_id() {
    if !require_tool("gzip") {
        return;
    }
    let scratch = scratch();
    let root = scratch.path().join("root");
    fs::create_dir(&root).unwrap();
    fs::write(root.join("large"), nasty::noise(5 << 20)).unwrap();
    let (blob, layer) = image::layer(
        &image::tree(&root),
        &image::options(2, Compression::default()),
    );
    fs::write(scratch.path().join("layer.gz"), blob).unwrap();
    let tar = run_in(scratch.path(), "gzip", &["-dc", "layer.gz"]).stdout;
    assert_eq!(Digest::of(&tar), layer.diff_id);
    assert_eq!(tar.len() as u64, layer.uncompressed_size);
}

#[test]
fn a_file_that_changed_is_named() {
    let scratch = scratch();
    fs::write(scratch.path().join("file"), "before").unwrap();
    for change in ["after!", "longer than before"] {
        fs::write(scratch.path().join("file"), "before").unwrap();
        let tree = image::tree(scratch.path());
        fs::write(scratch.path().join("file"), change).unwrap();
        let options = image::options(2, Compression::None);
        let error = onelayer::layer::squash(&tree, &options, Vec::new(), &Silent).unwrap_err();
        let LayerError::Content(error) = error else {
            panic!("{error}");
        };
        let message = error.to_string();
        assert!(message.starts_with("`/file` of `"), "{message}");
        assert!(message.ends_with("changed while it was read"), "{message}");
    }
}

#[test]
fn a_file_that_became_a_pipe_or_link_blocks_nobody() {
    let scratch = scratch();
    let file = scratch.path().join("file");
    for kind in ["mkfifo", "ln"] {
        let _ = fs::remove_file(&file);
        fs::write(&file, "before").unwrap();
        let tree = image::tree(scratch.path());
        fs::remove_file(&file).unwrap();
        let path = file.to_str().unwrap();
        match kind {
            "mkfifo" => run("mkfifo", &[path]),
            _ => run("ln", &["-s", "/etc/passwd", path]),
        };
        let options = image::options(2, Compression::None);
        let result = onelayer::layer::squash(&tree, &options, Vec::new(), &Silent);
        assert!(matches!(result, Err(LayerError::Content(_))), "{kind}");
    }
}

#[test]
fn names_that_mean_removal_are_refused() {
    let scratch = scratch();
    File::create(scratch.path().join(".wh.passwd")).unwrap();
    let options = image::options(1, Compression::None);
    let tree = image::tree(scratch.path());
    let error = onelayer::layer::squash(&tree, &options, Vec::new(), &Silent).unwrap_err();
    assert!(matches!(error, LayerError::WhiteoutName { path } if path == "/.wh.passwd"));
}

#[test]
fn a_full_disk_is_an_error() {
    struct Full(usize);
    impl std::io::Write for Full {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 = self
                .0
                .checked_sub(bytes.len())
                .ok_or(std::io::ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let scratch = scratch();
    for file in 0..8 {
        fs::write(
            scratch.path().join(format!("{file}")),
            nasty::noise(9 << 20),
        )
        .unwrap();
    }
    let tree = image::tree(scratch.path());
    let options = image::options(3, Compression::default());
    let result = onelayer::layer::squash(&tree, &options, Full(20 << 20), &Silent);
    assert!(matches!(result, Err(LayerError::Write(_))));
}

#[test]
fn progress_ends_at_the_total_and_a_request_to_stop_is_heard() {
    #[derive(Default)]
    struct Seen(std::sync::Mutex<Vec<(u64, u64)>>);
    impl Reporter for Seen {
        fn report(&self, event: &Event<'_>) {
            if let Event::Squashing { done, total } = event {
                self.0.lock().unwrap().push((*done, *total));
            }
        }
    }
    let scratch = scratch();
    for file in 0..5 {
        fs::write(
            scratch.path().join(format!("{file}")),
            nasty::noise(5 << 20),
        )
        .unwrap();
    }
    let tree = image::tree(scratch.path());
    let mut options = image::options(2, Compression::default());
    let seen = Seen::default();
    let layer = onelayer::layer::squash(&tree, &options, std::io::sink(), &seen).unwrap();
    let seen = seen.0.into_inner().unwrap();
    assert!(seen.len() > 3 && seen.is_sorted());
    assert_eq!(
        seen.last(),
        Some(&(layer.uncompressed_size, layer.uncompressed_size))
    );

    let stop = AtomicBool::new(true);
    let stopped = || stop.load(std::sync::atomic::Ordering::Relaxed);
    options.cancel = Some(&stopped);
    let result = onelayer::layer::squash(&tree, &options, std::io::sink(), &Silent);
    assert!(matches!(result, Err(LayerError::Cancelled)));
}

#[test]
fn late_steps_stand_at_the_end_and_leave_the_beginning_as_it_was() {
    let scratch = scratch();
    let [early, late] = ["early", "late"].map(|name| {
        let folder = scratch.path().join(name);
        fs::create_dir_all(folder.join("usr/share")).unwrap();
        folder
    });
    fs::write(early.join("usr/share/z"), nasty::noise(3 << 20)).unwrap();
    fs::write(late.join("usr/share/a"), "new").unwrap();
    let options = image::options(2, Compression::default());
    let mut tree = image::tree(&early);
    let (before, _) = image::layer(&tree, &options);
    let upper = Upper::open(late).unwrap();
    tree.apply(walk(&upper, &WalkOptions::default()).unwrap(), 1);
    let (after, _) = image::layer(&tree, &options);
    // All but the end of the archive, a member of its own, is a prefix of the new blob.
    let end = image::layer(&Tree::new(), &options).0.len();
    assert!(after.starts_with(&before[..before.len() - end.min(64)]));
}
