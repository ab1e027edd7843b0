//! Image layouts and archives: other tools, crashes, other writers, hostile contents.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::thread;
use std::time::Duration;

use onelayer::digest::Digest;
use onelayer::image::{Image, Manifest};
use onelayer::layer::Compression;
use onelayer::transport::{Destinations, Reference, Source, TransportError, inspect};
use onelayer::tree::Tree;

use crate::support::twin::{Twin, kill};
use crate::support::{image, nasty, require_tool, run, scratch};

pub(crate) fn small_tree(scratch: &Path, content: &str) -> Tree {
    let root = scratch.join(format!("root-{content}"));
    fs::create_dir_all(&root).unwrap();
    fs::write(root.join("file"), content).unwrap();
    image::tree(&root)
}

pub(crate) fn reference(text: &str) -> Reference {
    text.parse().unwrap()
}

/// Reads everything of the image, as a consumer would, and gives its manifest's digest.
fn check(text: &str) -> Digest {
    let reference = reference(text);
    let source = Source::open(&reference).unwrap();
    let descriptor = source.find(reference.tag(), None).unwrap();
    let manifest: Manifest = source.manifest(&descriptor).unwrap();
    source.config(&manifest).unwrap();
    for layer in &manifest.layers {
        let mut blob = source.blob(layer, "layer").unwrap();
        std::io::copy(&mut blob, &mut std::io::sink()).unwrap();
    }
    descriptor.digest
}

pub(crate) fn entries(directory: &Path) -> BTreeSet<String> {
    fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn other_tools_accept_a_layout() {
    let tools = ["skopeo", "oci-image-tool", "umoci"];
    if !tools.map(require_tool).iter().all(|found| *found) {
        return;
    }
    let scratch = scratch();
    let layout = scratch.path().join("layout").display().to_string();
    let archive = scratch.path().join("image.tar").display().to_string();
    let (oci, tar) = (
        format!("oci:{layout}:v1"),
        format!("oci-archive:{archive}:v1"),
    );
    let written = image::write(&small_tree(scratch.path(), "x"), &[&oci, &tar]);

    run(
        "oci-image-tool",
        &["validate", "--type", "image", "--ref", "name=v1", &layout],
    );
    run("umoci", &["stat", "--image", &format!("{layout}:v1")]);
    for reference in [&oci, &tar] {
        let output = run("skopeo", &["inspect", reference]).stdout;
        let told: serde_json::Value = serde_json::from_slice(&output).unwrap();
        assert_eq!(told["Digest"], written.manifest.digest.to_string());
        assert_eq!(told["Created"], "2023-11-14T22:13:20Z");
        assert_eq!(told["Labels"]["z"], "1");
        assert_eq!(check(reference), written.manifest.digest);
    }
    let copy = scratch.path().join("copy").display().to_string();
    run(
        "skopeo",
        &[
            "copy",
            "--preserve-digests",
            &tar,
            &format!("oci:{copy}:v2"),
        ],
    );
    assert_eq!(check(&format!("oci:{copy}:v2")), written.manifest.digest);
}

#[test]
fn an_image_of_another_tool_is_read() {
    if !require_tool("umoci") {
        return;
    }
    let scratch = scratch();
    let layout = scratch.path().join("layout").display().to_string();
    let image = format!("{layout}:x");
    run("umoci", &["init", "--layout", &layout]);
    run("umoci", &["new", "--image", &image]);
    run(
        "umoci",
        &[
            "config",
            "--image",
            &image,
            "--config.env",
            "A=1",
            "--config.user",
            "7",
        ],
    );
    let seen = inspect(&reference(&format!("oci:{image}")), None).unwrap();
    assert_eq!(seen.config.config.env["A"], "1");
    assert_eq!(seen.config.config.user.as_deref(), Some("7"));
    // And taken as a layout to write to.
    image::write(
        &small_tree(scratch.path(), "x"),
        &[&format!("oci:{layout}:y")],
    );
    run("umoci", &["stat", "--image", &image]);
    run("umoci", &["stat", "--image", &format!("{layout}:y")]);
}

#[test]
fn documents_are_the_same_bytes_every_time() {
    let scratch = scratch();
    let tree = small_tree(scratch.path(), "x");
    let (_, layer) = image::layer(&tree, &image::options(1, Compression::None));
    let first = image::describe(vec![layer.clone()]);
    for _ in 0..20 {
        assert_eq!(image::describe(vec![layer.clone()]), first);
    }
    let config = String::from_utf8(first.config.bytes).unwrap();
    let expected = format!(
        r#"{{"architecture":"amd64","author":"Example Team","config":{{"Cmd":["/bin/sh"],"Env":["A=b=c"],"ExposedPorts":{{"80/tcp":{{}}}},"Labels":{{"a":"2","z":"1"}}}},"created":"2023-11-14T22:13:20Z","history":[{{"author":"Example Team","created":"2023-11-14T22:13:20Z","created_by":"test"}}],"os":"linux","rootfs":{{"diff_ids":["{}"],"type":"layers"}}}}"#,
        layer.diff_id
    );
    assert_eq!(config, expected);
}

#[test]
fn archives_are_the_same_bytes_every_time() {
    let scratch = scratch();
    let tree = small_tree(scratch.path(), "x");
    let path = |name: &str| scratch.path().join(name).display().to_string();
    image::write(&tree, &[&format!("oci-archive:{}:t", path("1.tar"))]);
    // Written as a copy of another output this time.
    let references = [
        format!("oci:{}:t", path("layout")),
        format!("oci-archive:{}:t", path("2.tar")),
    ];
    image::write(&tree, &[&references[0], &references[1]]);
    assert!(fs::read(path("1.tar")).unwrap() == fs::read(path("2.tar")).unwrap());
    let left: Vec<String> = entries(scratch.path())
        .into_iter()
        .filter(|name| name.starts_with('.'))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_tag_is_replaced_and_the_others_stay() {
    let scratch = scratch();
    let layout = scratch.path().join("layout");
    let tagged = |tag: &str| format!("oci:{}:{tag}", layout.display());
    let write = |content: &str, tag: &str| {
        image::write(&small_tree(scratch.path(), content), &[&tagged(tag)])
            .manifest
            .digest
    };
    let one = write("1", "a");
    let other = write("2", "b");
    let two = write("3", "a");
    assert_ne!(one, two);
    assert_eq!((check(&tagged("a")), check(&tagged("b"))), (two, other));
    let index = fs::read_to_string(layout.join("index.json")).unwrap();
    assert!(!index.contains(&one.to_string()), "{index}");
    let error = inspect(&reference(&format!("oci:{}", layout.display())), None).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("has 2 images that match; name one of: b, a"),
        "{error}"
    );
}

#[test]
fn a_directory_of_something_else_is_left_alone() {
    let scratch = scratch();
    fs::write(scratch.path().join("precious"), "").unwrap();
    let place = reference(&format!("oci:{}", scratch.path().display()));
    let refused = Destinations::open(&[place]).err().unwrap();
    assert!(matches!(refused, TransportError::NotALayout { .. }));
    assert_eq!(
        entries(scratch.path()),
        BTreeSet::from(["precious".to_owned()])
    );

    let file = scratch.path().join("precious").display().to_string();
    assert!(Destinations::open(&[reference(&format!("oci:{file}"))]).is_err());
}

#[test]
fn an_archive_replaces_nothing_but_files() {
    let scratch = scratch();
    let path = |name: &str| scratch.path().join(name);
    fs::create_dir(path("folder")).unwrap();
    run("mkfifo", &[path("pipe").to_str().unwrap()]);
    symlink("/etc/passwd", path("link")).unwrap();
    for name in ["folder", "pipe", "link"] {
        let place = reference(&format!("oci-archive:{}", path(name).display()));
        let refused = Destinations::open(&[place]).err().unwrap();
        assert!(
            matches!(refused, TransportError::Kind { .. }),
            "{name}: {refused}"
        );
    }
    let twice = reference(&format!("oci-archive:{}", path("x.tar").display()));
    let refused = Destinations::open(&[twice.clone(), twice]).err().unwrap();
    assert!(matches!(refused, TransportError::SameOutput { .. }));
    assert_eq!(entries(scratch.path()).len(), 3);
}

#[test]
fn what_is_given_up_at_any_point_leaves_the_old_image() {
    let scratch = scratch();
    let layout = scratch.path().join("layout");
    let archive = scratch.path().join("image.tar");
    let places = [
        format!("oci:{}:t", layout.display()),
        format!("oci-archive:{}:t", archive.display()),
    ];
    let references = places.each_ref().map(|place| reference(place));
    let old = image::write(
        &small_tree(scratch.path(), "old"),
        &[&places[0], &places[1]],
    );
    let tree = small_tree(scratch.path(), "new");
    let (bytes, layer) = image::layer(&tree, &image::options(1, Compression::default()));
    for point in 0..3 {
        let mut destinations = Destinations::open(&references).unwrap();
        let mut blob = destinations.blob().unwrap();
        if point > 0 {
            blob.write_all(&bytes).unwrap();
        }
        if point > 1 {
            destinations.add(blob, &layer.digest).unwrap();
        } else {
            drop(blob);
        }
        drop(destinations);
        for place in &places {
            assert_eq!(check(place), old.manifest.digest, "point {point}");
        }
        for directory in [&layout, scratch.path()] {
            let names = entries(directory);
            assert!(names.iter().all(|name| !name.starts_with('.')), "{names:?}");
        }
    }
    let fresh = scratch.path().join("fresh");
    drop(Destinations::open(&[reference(&format!("oci:{}", fresh.display()))]).unwrap());
    assert!(!fresh.exists());
}

#[test]
fn writers_side_by_side_lose_no_tag() {
    let scratch = scratch();
    let layout = scratch.path().join("layout");
    let place = |number: usize| format!("oci:{}:t{number}", layout.display());
    let trees = ["a", "b", "c"].map(|content| small_tree(scratch.path(), content));
    let write = |number: usize| image::write(&trees[number % 3], &[&place(number)]);
    let images: Vec<Image> = thread::scope(|scope| {
        let write = &write;
        let writers: Vec<_> = (0..8)
            .map(|number| scope.spawn(move || write(number)))
            .collect();
        writers
            .into_iter()
            .map(|writer| writer.join().unwrap())
            .collect()
    });
    for (number, image) in images.iter().enumerate() {
        assert_eq!(check(&place(number)), image.manifest.digest);
    }
}

/// Writes images of a root, both in `folder`, until it is killed.
fn write_on(folder: &Path) {
    let root = folder.join("root");
    fs::create_dir_all(&root).unwrap();
    fs::write(root.join("noise"), nasty::noise(2 << 20)).unwrap();
    let place = format!("oci:{}:t", folder.join("layout").display());
    for round in 0_u32.. {
        fs::write(root.join("round"), round.to_string()).unwrap();
        image::write(&image::tree(&root), &[&place]);
    }
}

#[test]
fn killed_at_any_time_the_tag_means_a_whole_image() {
    let twin = Twin::of(killed_at_any_time_the_tag_means_a_whole_image);
    if let Some(folder) = twin.folder() {
        return write_on(&folder);
    }
    let scratch = scratch();
    let layout = scratch.path().join("layout");
    let place = format!("oci:{}:t", layout.display());
    image::write(&small_tree(scratch.path(), "first"), &[&place]);
    for round in 0..25_u64 {
        let victim = twin.start(scratch.path());
        thread::sleep(Duration::from_millis(30 + round * 13 % 200));
        kill(victim);
        check(&place);
    }
    let last = image::write(&small_tree(scratch.path(), "last"), &[&place]);
    assert_eq!(check(&place), last.manifest.digest);
    let expected = ["blobs", "index.json", "oci-layout"].map(str::to_owned);
    assert_eq!(entries(&layout), BTreeSet::from(expected));
}

#[test]
fn inspecting_tells_what_was_written() {
    let scratch = scratch();
    let place = format!("oci-archive:{}", scratch.path().join("a.tar").display());
    let written = image::write(&small_tree(scratch.path(), "x"), &[&place]);
    let seen = inspect(&reference(&place), None).unwrap();
    assert_eq!(
        (seen.reference, seen.digest),
        (place, written.manifest.digest)
    );
    assert_eq!(seen.config.created.as_deref(), Some("2023-11-14T22:13:20Z"));
    assert_eq!(seen.annotations["k"], "v");
    assert_eq!(seen.config.history[0].created_by.as_deref(), Some("test"));
    let layer = &written.layers[0];
    assert_eq!(
        (seen.layers[0].digest, seen.layers[0].diff_id),
        (layer.digest, layer.diff_id)
    );
    let documents = written.config.bytes.len() + written.manifest.bytes.len();
    assert_eq!(seen.size, layer.size + documents as u64);
}
