//! Layouts and archives with hostile or damaged contents.

use std::fs;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::symlink;
use std::path::Path;

use onelayer::digest::Digest;
use onelayer::transport::{Destinations, Source, TransportError, inspect};

use crate::layouts::{entries, reference, small_tree};
use crate::support::{image, scratch};

#[test]
fn links_inside_a_layout_are_not_followed() {
    let scratch = scratch();
    let tree = small_tree(scratch.path(), "x");
    let outside = scratch.path().join("outside");
    fs::create_dir(&outside).unwrap();
    let layout = scratch.path().join("layout");
    let place = format!("oci:{}:t", layout.display());
    image::write(&tree, &[&place]);

    fs::rename(layout.join("index.json"), outside.join("index.json")).unwrap();
    symlink(outside.join("index.json"), layout.join("index.json")).unwrap();
    assert!(inspect(&reference(&place), None).is_err());
    fs::rename(outside.join("index.json"), layout.join("index.json")).unwrap();

    fs::rename(layout.join("blobs/sha256"), outside.join("sha256")).unwrap();
    symlink(outside.join("sha256"), layout.join("blobs/sha256")).unwrap();
    assert!(inspect(&reference(&place), None).is_err());
    let before = entries(&outside.join("sha256"));
    let mut destinations = Destinations::open(&[reference(&place)]).unwrap();
    let blob = destinations.blob().unwrap();
    assert!(destinations.add(blob, &Digest::of("")).is_err());
    assert_eq!(entries(&outside.join("sha256")), before);
}

/// A layout whose only image's blob of one kind is replaced by `change`.
fn damaged(scratch: &Path, what: &str, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> String {
    let layout = scratch.join(what);
    let place = format!("oci:{}:t", layout.display());
    let image = image::write(&small_tree(scratch, what), &[&place]);
    let digest = match what {
        "manifest" => image.manifest.digest,
        "config" => image.config.digest,
        _ => image.layers[0].digest,
    };
    let path = layout.join("blobs/sha256").join(digest.hex());
    let bytes = change(fs::read(&path).unwrap());
    fs::write(path, bytes).unwrap();
    place
}

#[test]
fn damage_is_noticed() {
    let scratch = scratch();
    let flip = |mut bytes: Vec<u8>| {
        bytes[9] ^= 1;
        bytes
    };
    for what in ["manifest", "config"] {
        let place = damaged(scratch.path(), what, flip);
        let error = inspect(&reference(&place), None).unwrap_err();
        assert!(
            matches!(error, TransportError::Digest { .. }),
            "{what}: {error}"
        );
        let place = damaged(scratch.path(), what, |bytes| [bytes, vec![b' ']].concat());
        let error = inspect(&reference(&place), None).unwrap_err();
        assert!(
            matches!(error, TransportError::Size { .. }),
            "{what}: {error}"
        );
    }
    let place = reference(&damaged(scratch.path(), "layer", flip));
    let seen = inspect(&place, None).unwrap();
    let source = Source::open(&place).unwrap();
    let manifest = source.manifest(&source.find(None).unwrap()).unwrap();
    let mut blob = source.blob(&manifest.layers[0], "layer").unwrap();
    let error = blob.read_to_end(&mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidData);
    assert_eq!(seen.layers.len(), 1);
}

fn tar_of(members: &[(&str, tar::EntryType, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, kind, bytes) in members {
        let mut header = tar::Header::new_ustar();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        builder.append(&header, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

#[test]
fn archives_with_two_meanings_are_refused() {
    use tar::EntryType::{Link, Regular, Symlink};
    let scratch = scratch();
    let path = scratch.path().join("x.tar");
    let index: &[u8] = br#"{"schemaVersion":2,"manifests":[]}"#;
    for members in [
        vec![
            ("index.json", Regular, index),
            ("index.json", Regular, index),
        ],
        vec![
            ("index.json", Regular, index),
            ("./index.json", Regular, index),
        ],
        vec![("index.json", Symlink, &b""[..])],
        vec![("blobs/sha256/x", Link, &b""[..])],
    ] {
        fs::write(&path, tar_of(&members)).unwrap();
        let refused = Source::open(&reference(&format!("oci-archive:{}", path.display())));
        assert!(matches!(refused, Err(TransportError::Member { .. })));
    }
}

/// A layout made of `documents`, of which the last one is in the list of tags.
fn nested(directory: &Path, documents: &[&dyn Fn(&str) -> String]) -> String {
    fs::create_dir_all(directory.join("blobs/sha256")).unwrap();
    let mut descriptor = String::new();
    for document in documents {
        let bytes = document(&descriptor);
        let digest = Digest::of(&bytes);
        fs::write(directory.join("blobs/sha256").join(digest.hex()), &bytes).unwrap();
        descriptor = format!(
            r#"{{"mediaType":"application/vnd.oci.image.index.v1+json","digest":"{digest}","size":{}}}"#,
            bytes.len()
        );
    }
    let index = format!(r#"{{"schemaVersion":2,"manifests":[{descriptor}]}}"#);
    fs::write(directory.join("index.json"), index).unwrap();
    format!("oci:{}", directory.display())
}

#[test]
fn indexes_in_indexes_end() {
    let scratch = scratch();
    let index = |inner: &str| format!(r#"{{"schemaVersion":2,"manifests":[{inner}]}}"#);
    let place = nested(
        &scratch.path().join("deep"),
        &[&index as &dyn Fn(&str) -> String; 30],
    );
    let error = inspect(&reference(&place), None).unwrap_err().to_string();
    assert!(
        error.contains("has no manifest within 4 nested indexes"),
        "{error}"
    );

    let both = |_: &str| r#"{"schemaVersion":2,"manifests":[],"layers":[]}"#.to_owned();
    let place = nested(&scratch.path().join("both"), &[&both]);
    let error = inspect(&reference(&place), None).unwrap_err();
    assert!(matches!(error, TransportError::Document { .. }), "{error}");

    let large = |_: &str| " ".repeat(5 << 20);
    let place = nested(&scratch.path().join("large"), &[&large]);
    let error = inspect(&reference(&place), None).unwrap_err();
    assert!(matches!(error, TransportError::TooLarge { .. }), "{error}");
}
