//! Indexes that lead nowhere, or to too many images, and documents that call themselves other things.

use std::path::Path;

use serde_json::{Value, json};

use super::documents::{archived, refuse, refused, tar, with_config, with_manifest};
use super::entry::layer;
use super::layout::{
    INDEX, LAYER, MANIFEST, RECIPE, blob, document, image, manifest, publish, publish_all,
};
use crate::support::workspace::Workspace;

#[test]
fn documents_have_one_meaning() {
    let prettyjws = "application/vnd.docker.distribution.manifest.v1+prettyjws";
    let artifact = "application/vnd.oci.artifact.manifest.v1+json";
    let empty = "application/vnd.oci.empty.v1+json";
    for (key, value, expected) in [
        ("manifests", json!([]), "both `manifests` and `layers`"),
        ("mediaType", json!(INDEX), "calls itself"),
        ("mediaType", json!(prettyjws), "calls itself"),
        ("mediaType", json!(7), "manifest"),
        ("layers", json!(null), "manifest"),
        ("layers", json!({}), "manifest"),
        ("config", json!(null), "manifest"),
        ("config", json!([]), "manifest"),
    ] {
        refused(key, 5, &[expected], |layout| {
            with_manifest(layout, |manifest| manifest[key] = value.clone());
        });
    }
    for announced in [
        prettyjws,
        "application/vnd.docker.distribution.manifest.v1+json",
        artifact,
        "application/json",
        "",
    ] {
        refused(announced, 5, &[announced], |layout| {
            let mut found = image(layout, &[tar()]);
            found["mediaType"] = json!(announced);
            publish(layout, found);
        });
    }
    refused("a manifest as index", 5, &["calls itself"], |layout| {
        let mut found = image(layout, &[tar()]);
        found["mediaType"] = json!(INDEX);
        publish(layout, found);
    });
    refused("no configuration", 5, &["configuration"], |layout| {
        let config = blob(layout, empty, b"{}");
        let layers = [blob(layout, LAYER, &tar())];
        publish(
            layout,
            document(layout, MANIFEST, &manifest(&config, &layers)),
        );
    });
}

/// The image for a platform, by a name that messages show.
pub(super) fn for_platform(layout: &Path, platform: Value) -> Value {
    let mut found = image(layout, &[tar()]);
    found["platform"] = platform;
    found
}

pub(super) fn index(layout: &Path, manifests: &[Value]) -> Value {
    document(
        layout,
        INDEX,
        &json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}),
    )
}

#[test]
fn indexes_have_one_image_for_a_platform() {
    let os = |name: &str| json!({"os": "linux", "architecture": name});
    refused(
        "others",
        1,
        &[
            "no image for linux/amd64",
            "linux/s390x",
            "linux/arm/v6",
            "help: choose another image",
        ],
        |layout| {
            let old = json!({"os": "linux", "architecture": "arm", "variant": "v6"});
            let list = [os("s390x"), old].map(|name| for_platform(layout, name));
            publish(layout, index(layout, &list));
        },
    );
    refused("nothing", 1, &["no image for linux/amd64"], |layout| {
        publish(layout, index(layout, &[]));
    });
    refused(
        "two",
        1,
        &["2 images that match", "linux/amd64"],
        |layout| {
            let list = [tar(), layer(&[])].map(|tar| {
                let mut found = image(layout, &[tar]);
                found["platform"] = os("amd64");
                found
            });
            publish(layout, index(layout, &list));
        },
    );
    refused("a tag twice", 1, &["2 images that match"], |layout| {
        let mut list = [tar(), layer(&[])].map(|tar| image(layout, &[tar]));
        for found in &mut list {
            found["annotations"] = json!({"org.opencontainers.image.ref.name": "t"});
        }
        publish_all(layout, &list);
    });
    refused("no such tag", 1, &["no image tagged `t`"], |layout| {
        publish_all(layout, &[image(layout, &[tar()])]);
    });
    refused("control characters", 1, &["linux/"], |layout| {
        let name = os("\u{1b}]0;owned\u{7}\u{1b}[2Jx");
        publish(layout, index(layout, &[for_platform(layout, name)]));
    });
    // The index says one thing, and the image another.
    refused_recipe(
        "another platform",
        &["linux/s390x", "linux/amd64"],
        |layout| {
            with_config(layout, |found| found["architecture"] = json!("s390x"));
        },
    );
    refused("fifty deep", 1, &["within 4 nested indexes"], |layout| {
        let mut found = image(layout, &[tar()]);
        for _ in 0..50 {
            found = index(layout, &[found]);
        }
        publish(layout, found);
    });
}

/// As [`refused`], where the message names the base as the recipe has it.
#[track_caller]
fn refused_recipe(what: &str, parts: &[&str], make: impl FnOnce(&Path)) {
    let workspace = Workspace::with(RECIPE);
    make(&workspace.context().join("base"));
    refuse(&workspace, what, 1, &[&["oci:base:t"], parts].concat());
    archived(&workspace);
    refuse(
        &workspace,
        what,
        1,
        &[&["oci-archive:base.tar:t"], parts].concat(),
    );
}
