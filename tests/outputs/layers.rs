//! Images of several layers, made by hand: whiteouts, replacements, hostile entries.

use std::fs;
use std::io::Write;
use std::path::Path;

use onelayer::digest::Digest;
use onelayer::layer::Layer;
use onelayer::transport::{Destinations, TransportError};
use serde_json::Value;
use tar::{Builder, EntryType, Header};

use crate::layouts::{entries, reference};
use crate::support::workspace::{Workspace, require_root, require_tool};
use crate::support::{image, run, scratch};

enum Item {
    Directory,
    File(&'static str),
    Symlink(&'static str),
    Hard(&'static str),
    Socket,
}
use Item::{Directory, File, Hard, Socket, Symlink};

/// A tar with names as they are, whatever is wrong with them.
fn tar(items: &[(&str, Item)]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (name, item) in items {
        let mut header = Header::new_ustar();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_mode(0o755);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        let (kind, link, content) = match item {
            Directory => (EntryType::Directory, "", ""),
            File(content) => (EntryType::Regular, "", *content),
            Symlink(target) => (EntryType::Symlink, *target, ""),
            Hard(target) => (EntryType::Link, *target, ""),
            Socket => (EntryType::new(b'Q'), "", ""),
        };
        header.set_entry_type(kind);
        header.as_old_mut().linkname[..link.len()].copy_from_slice(link.as_bytes());
        header.set_size(content.len() as u64);
        header.set_cksum();
        builder.append(&header, content.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap()
}

/// Writes an image of these layers to every one of `places`.
fn write(layers: &[Vec<u8>], places: &[&str]) -> Result<Digest, TransportError> {
    let references: Vec<_> = places.iter().map(|place| reference(place)).collect();
    let mut destinations = Destinations::open(&references)?;
    let mut described = Vec::new();
    for bytes in layers {
        let mut blob = destinations.blob()?;
        blob.write_all(bytes).unwrap();
        let digest = Digest::of(bytes);
        destinations.add(blob, &digest)?;
        described.push(Layer {
            diff_id: digest,
            digest,
            size: bytes.len() as u64,
            uncompressed_size: bytes.len() as u64,
            media_type: "application/vnd.oci.image.layer.v1.tar",
            entries: 0,
        });
    }
    let image = image::describe(described);
    destinations.commit(&image)?;
    Ok(image.config.digest)
}

fn three_layers() -> Vec<Vec<u8>> {
    let lowest = tar(&[
        ("./", Directory),
        ("a/", Directory),
        ("a/one", File("1")),
        ("a/two", File("2")),
        ("b/", Directory),
        ("b/below/", Directory),
        ("b/below/file", File("x")),
        ("c", Symlink("a")),
        ("d/", Directory),
        ("d/old", File("old")),
    ]);
    let middle = tar(&[
        ("a/.wh.one", File("")),
        ("b", File("now a file")),
        ("c/", Directory),
        ("c/file", File("c")),
        ("d/new", File("new")),
        ("d/.wh..wh..opq", File("")),
    ]);
    let highest = tar(&[
        ("a/three", File("3")),
        ("b", Symlink("/etc")),
        ("e/f/g", File("deep")),
    ]);
    vec![lowest, middle, highest]
}

#[test]
fn layers_are_applied_in_order() {
    let scratch = scratch();
    let out = scratch.path().join("out");
    let mut layers = three_layers();
    // Nothing is below it that it could hide.
    layers.insert(
        0,
        tar(&[
            ("a/", Directory),
            ("a/zero", File("0")),
            (".wh.a", File("")),
        ]),
    );
    // Only a directory that has all layers can have a link from one to another.
    layers.push(tar(&[("a/four", Hard("./a/two"))]));
    write(&layers, &[&format!("rootfs:{}", out.display())]).unwrap();
    super::assert_holds(&out, &["a", "b", "c", "d", "e"]);
    super::assert_holds(&out.join("a"), &["four", "three", "two", "zero"]);
    super::assert_holds(&out.join("c"), &["file"]);
    super::assert_holds(&out.join("d"), &["new"]);
    assert_eq!(fs::read_link(out.join("b")).unwrap(), Path::new("/etc"));
    assert_eq!(fs::read(out.join("e/f/g")).unwrap(), b"deep");
    assert_eq!(fs::read(out.join("a/four")).unwrap(), b"2");
    assert_eq!(entries(scratch.path()).len(), 1);
}

#[test]
fn every_place_takes_several_layers() {
    let _engines = crate::support::engines_mount();
    if !require_root()
        || !["skopeo", "podman"]
            .map(require_tool)
            .iter()
            .all(|found| *found)
    {
        return;
    }
    let workspace = Workspace::new();
    let at = |name: &str| workspace.path(name).display().to_string();
    let mut layers = three_layers();
    // The same layer twice is one blob and one member.
    layers.push(layers[2].clone());
    let places = [
        format!("docker-archive:{}:x:1", at("d.tar")),
        format!("oci-archive:{}:x", at("o.tar")),
        format!("oci:{}:x", at("layout")),
        format!("oci-archive:{}:x", at("p.tar")),
    ];
    let places = places.each_ref().map(String::as_str);
    let config = write(&layers, &places).unwrap();
    assert!(fs::read(at("o.tar")).unwrap() == fs::read(at("p.tar")).unwrap());
    for place in places {
        let config_file = run("skopeo", &["inspect", "--config", "--raw", place]).stdout;
        assert_eq!(Digest::of(&config_file), config, "{place}");
        let inspected = run("skopeo", &["inspect", place]).stdout;
        let inspected: Value = serde_json::from_slice(&inspected).unwrap();
        assert_eq!(inspected["Layers"].as_array().unwrap().len(), 4, "{place}");
    }
    let listed = workspace.podman(&format!(
        "podman load --quiet --input '{}' > /dev/null
         cd \"$(podman image mount docker.io/library/x:1)\"; ls -d * */*
         podman image unmount docker.io/library/x:1 > /dev/null",
        at("d.tar")
    ));
    let expected = [
        "a", "a/three", "a/two", "b", "c", "c/file", "d", "d/new", "e", "e/f",
    ];
    let found: Vec<&str> = listed
        .lines()
        .filter(|line| !line.starts_with("b/"))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn several_layers_become_one_tar() {
    let scratch = scratch();
    let place = |name: &str| format!("rootfs:{}", scratch.path().join(name).display());
    write(&three_layers(), &[&place("r.tar"), &place("again.tar")]).unwrap();
    let read = |name: &str| fs::read(scratch.path().join(name)).unwrap();
    assert!(read("r.tar") == read("again.tar"));
    let bytes = read("r.tar");
    let mut archive = tar::Archive::new(bytes.as_slice());
    let names: Vec<String> = (archive.entries().unwrap())
        .map(|entry| entry.unwrap().path().unwrap().display().to_string())
        .collect();
    let folders = ["./", "a/", "c/", "d/", "e/", "e/f/"];
    let files = ["a/two", "c/file", "d/new", "a/three", "b", "e/f/g"];
    assert_eq!(names, [&folders[..], &files].concat());
}

#[test]
fn hostile_entries_stay_inside() {
    let scratch = scratch();
    let outside = scratch.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("precious"), "precious").unwrap();
    let out = scratch.path().join("out");
    let place = format!("rootfs:{}", out.display());
    for (what, layers) in [
        ("upwards", vec![tar(&[("../outside/new", File("x"))])]),
        (
            "below a file",
            vec![tar(&[("a", File("x")), ("a/new", File("x"))])],
        ),
        (
            "through links without end",
            vec![tar(&[("l", Symlink("l")), ("l/new", File("x"))])],
        ),
        (
            "a hard link upwards",
            vec![tar(&[("x", Hard("../outside/precious"))])],
        ),
        (
            "a hard link through a link",
            vec![tar(&[
                ("l", Symlink("../../outside")),
                ("x", Hard("l/precious")),
            ])],
        ),
        (
            "a whiteout upwards",
            vec![tar(&[("a/", Directory)]), tar(&[("a/.wh...", File(""))])],
        ),
        (
            "a whiteout of its own directory",
            vec![tar(&[("a/", Directory)]), tar(&[("a/.wh..", File(""))])],
        ),
        ("a root that is a file", vec![tar(&[("./", File("x"))])]),
        ("an unknown kind", vec![tar(&[("x", Socket)])]),
        ("no tar", vec![vec![7; 2048]]),
    ] {
        let refused = write(&layers, &[&place]);
        assert!(refused.is_err(), "{what}");
        assert_eq!(entries(scratch.path()).len(), 1, "{what}");
        assert_eq!(entries(&outside).len(), 1, "{what}");
    }
    // Links lead inside the root, as they do for umoci and in a base.
    let layers = [
        tar(&[("l", Symlink("../../outside")), ("top", Symlink("/"))]),
        tar(&[("l/new", File("x")), ("top/deep/", Directory)]),
    ];
    write(&layers, &[&place]).unwrap();
    super::assert_holds(&out, &["deep", "l", "outside", "top"]);
    super::assert_holds(&out.join("outside"), &["new"]);
    super::assert_holds(&outside, &["precious"]);
    fs::remove_dir_all(&out).unwrap();
    // A whiteout below what a link leads to, and one of what is not there, remove nothing.
    let layers = [
        tar(&[("l", Symlink("../../outside"))]),
        tar(&[("l/.wh.precious", File("")), ("no/.wh.where", File(""))]),
    ];
    write(&layers, &[&place]).unwrap();
    assert_eq!(fs::read(outside.join("precious")).unwrap(), b"precious");
}

#[test]
fn a_blob_that_is_not_the_layer_is_noticed() {
    let scratch = scratch();
    let at = |name: &str| scratch.path().join(name).display().to_string();
    let places = [
        format!("docker-archive:{}", at("d.tar")),
        format!("rootfs:{}", at("r.tar")),
        format!("rootfs:{}", at("r.tgz")),
        format!("rootfs:{}", at("out")),
    ];
    for place in &places {
        let mut destinations = Destinations::open(&[reference(place)]).unwrap();
        let bytes = tar(&[("x", File("x"))]);
        let mut blob = destinations.blob().unwrap();
        blob.write_all(&bytes).unwrap();
        let digest = Digest::of(&bytes);
        destinations.add(blob, &digest).unwrap();
        let layer = Layer {
            diff_id: Digest::of("another"),
            digest,
            size: 1,
            uncompressed_size: 1,
            media_type: "application/vnd.oci.image.layer.v1.tar",
            entries: 1,
        };
        let refused = destinations.commit(&image::describe(vec![layer]));
        let refused = refused.unwrap_err();
        assert!(matches!(refused, TransportError::Layer { .. }), "{refused}");
        assert_eq!(entries(scratch.path()).len(), 0, "{place}");
    }
}

/// Whatever a tar has in it, it is refused or unpacked below the directory, and never a panic.
#[test]
fn damaged_tars_stay_inside() {
    let scratch = scratch();
    let place = format!("rootfs:{}", scratch.path().join("out").display());
    let noise = crate::support::nasty::noise(4000);
    let mut refused = 0;
    for round in noise.chunks_exact(20) {
        let mut layers = three_layers();
        for change in round.chunks_exact(5) {
            let layer = &mut layers[usize::from(change[0]) % 3];
            let at = usize::from(change[1]) << 8 | usize::from(change[2]);
            // Names, numbers and kinds, with the sum made right again, or content.
            let header = at % layer.len() / 512 * 512;
            layer[header + usize::from(change[3]) % 160] = change[4];
            let sum = |(at, byte): (usize, &u8)| match at {
                148..156 => 32,
                _ => u32::from(*byte),
            };
            let sum: u32 = layer[header..header + 512]
                .iter()
                .enumerate()
                .map(sum)
                .sum();
            layer[header + 148..header + 156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        }
        match write(&layers, &[&place]) {
            Ok(_) => fs::remove_dir_all(scratch.path().join("out")).unwrap(),
            Err(_) => refused += 1,
        }
        assert_eq!(entries(scratch.path()).len(), 0);
    }
    assert!(refused > 20, "{refused}");
}
