//! Documents that are odd and mean one thing.

use std::fs;
use std::path::Path;

use serde_json::json;

use super::documents::{archived, refuse, tar, with_manifest};
use super::indexes::{for_platform, index};
use super::layout::{
    CONFIG, LAYER, MANIFEST, RECIPE, blob, config, digest, document, guarded, image, manifest,
    publish,
};
use crate::moving::manifest as built;
use crate::support::workspace::Workspace;
use crate::unpacking::compressed;

/// What is odd and means one thing is taken, by an archive as by a layout.
#[track_caller]
fn taken(what: &str, make: impl FnOnce(&Path)) {
    let workspace = Workspace::with(RECIPE);
    make(&workspace.context().join("base"));
    let told = guarded(&workspace);
    assert_eq!(told.code, Some(0), "{what}: {}", told.stderr);
    let layers = |name| built(&workspace, name)["layers"].clone();
    let own = layers("out");
    fs::remove_dir_all(workspace.path("out")).unwrap();
    archived(&workspace);
    guarded(&workspace).expect(0);
    assert_eq!(layers("out"), own, "{what}");
}

#[test]
fn odd_documents_that_mean_one_thing_are_taken() {
    // A server that is not there: whoever asked it would fail, and would not be quick.
    let urls = json!(["http://127.0.0.1:9/layer", "file:///etc/passwd"]);
    taken("urls are never asked", |layout| {
        with_manifest(layout, |found| {
            for key in ["config", "layers"] {
                let found = match key {
                    "config" => &mut found[key],
                    _ => &mut found[key][0],
                };
                found["urls"] = urls.clone();
                // Nor is what a descriptor brings with it.
                found["data"] = json!("bm90IHRoZSBibG9i");
            }
        });
    });
    for media_type in [
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        "application/vnd.oci.image.layer.nondistributable.v1.tar",
    ] {
        taken(media_type, |layout| {
            with_manifest(layout, |found| {
                found["layers"][0]["mediaType"] = json!(media_type);
                found["layers"][0]["urls"] = urls.clone();
            });
        });
    }
    for program in ["cat", "gzip", "zstd"] {
        for media_type in [LAYER, &format!("{LAYER}+gzip"), &format!("{LAYER}+zstd")] {
            taken(&format!("{program} as {media_type}"), |layout| {
                let tar = tar();
                let packed = match program {
                    "cat" => tar.clone(),
                    program => compressed(program, &tar),
                };
                let config = document(layout, CONFIG, &config(&[digest(&tar)]));
                let layers = [blob(layout, media_type, &packed)];
                publish(
                    layout,
                    document(layout, MANIFEST, &manifest(&config, &layers)),
                );
            });
        }
    }
    taken("no media type in the documents", |layout| {
        with_manifest(layout, |found| {
            found.as_object_mut().unwrap().remove("mediaType");
        });
    });
    taken("keys that nobody knows", |layout| {
        with_manifest(layout, |found| {
            found["annotations"] = json!({"a": "\u{1b}[31m"});
            found["later"] = json!([[[]]]);
        });
    });
    taken("ten thousand manifests", |layout| {
        let other = json!({"os": "linux", "architecture": "s390x"});
        let mut list = vec![for_platform(layout, other); 9_999];
        let own = json!({"os": "linux", "architecture": "amd64"});
        list.push(for_platform(layout, own));
        publish(layout, index(layout, &list));
    });
    taken("an index in an index", |layout| {
        let inner = index(layout, &[image(layout, &[tar()])]);
        publish(layout, index(layout, &[inner]));
    });
    taken("no layers and no files", |layout| {
        publish(layout, image(layout, &[]))
    });
}

/// Who unpacks what is encrypted, or no tar, would have to guess.
#[test]
fn layers_that_are_no_tars_are_refused() {
    for (what, bytes) in [
        ("encrypted", &b"\x8b\x01\xff noise"[..]),
        ("a page", b"<html>"),
        ("half a gzip", b"\x1f\x8b\x08"),
    ] {
        let workspace = Workspace::with(RECIPE);
        let layout = workspace.context().join("base");
        let config = document(&layout, CONFIG, &config(&[digest(bytes)]));
        let media_type = format!("{LAYER}+gzip+encrypted");
        let layers = [blob(&layout, &media_type, bytes)];
        publish(
            &layout,
            document(&layout, MANIFEST, &manifest(&config, &layers)),
        );
        refuse(&workspace, what, 5, &[&digest(bytes)]);
    }
}
