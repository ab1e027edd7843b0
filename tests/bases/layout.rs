//! Layouts written document by document, without any code of the library.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::workspace::{Outcome, Workspace, sum};

pub(crate) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
pub(crate) const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

/// A recipe that is nothing but the base in `context/base`. Times stay as they are.
pub(crate) const RECIPE: &str =
    "name: x\nbase: oci:base:t\noutput: {source_date_epoch: 4000000000}\n";

/// `sha256:` and the digits.
pub(crate) fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", sum("sha256sum", bytes))
}

/// Writes a blob, and describes it.
pub(crate) fn blob(layout: &Path, media_type: &str, bytes: &[u8]) -> Value {
    let folder = layout.join("blobs/sha256");
    fs::create_dir_all(&folder).unwrap();
    let digest = digest(bytes);
    fs::write(folder.join(&digest["sha256:".len()..]), bytes).unwrap();
    json!({"mediaType": media_type, "digest": digest, "size": bytes.len()})
}

/// Writes a document, and describes it.
pub(crate) fn document(layout: &Path, media_type: &str, value: &Value) -> Value {
    blob(layout, media_type, value.to_string().as_bytes())
}

/// What an image says of itself.
pub(crate) fn config(diff_ids: &[String]) -> Value {
    json!({
        "architecture": "amd64", "os": "linux", "config": {},
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
    })
}

pub(crate) fn manifest(config: &Value, layers: &[Value]) -> Value {
    json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers})
}

/// Makes `descriptor` the image `t`.
pub(crate) fn publish(layout: &Path, mut descriptor: Value) {
    descriptor["annotations"] = json!({"org.opencontainers.image.ref.name": "t"});
    publish_all(layout, &[descriptor]);
}

pub(crate) fn publish_all(layout: &Path, descriptors: &[Value]) {
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": descriptors});
    fs::write(layout.join("index.json"), index.to_string()).unwrap();
    let version = json!({"imageLayoutVersion": "1.0.0"});
    fs::write(layout.join("oci-layout"), version.to_string()).unwrap();
}

/// Writes an image of these tars, and describes its manifest.
pub(crate) fn image(layout: &Path, layers: &[Vec<u8>]) -> Value {
    let described: Vec<Value> = (layers.iter())
        .map(|layer| blob(layout, LAYER, layer))
        .collect();
    let diff_ids: Vec<String> = layers.iter().map(|layer| digest(layer)).collect();
    let config = document(layout, CONFIG, &config(&diff_ids));
    document(layout, MANIFEST, &manifest(&config, &described))
}

/// A recipe's folder with the image of these layers beside it.
pub(crate) fn with_base(layers: &[Vec<u8>]) -> Workspace {
    let workspace = Workspace::with(RECIPE);
    let layout = workspace.context().join("base");
    publish(&layout, image(&layout, layers));
    workspace
}

/// Builds, and fails unless the base is refused with all of `parts` in the message, nothing
/// beside it was touched and nothing is left.
#[track_caller]
pub(crate) fn expect_refused(workspace: &Workspace, what: &str, code: i32, parts: &[&str]) {
    let told = guarded(workspace);
    assert_eq!(
        told.code,
        Some(code),
        "{what}: {}{}",
        told.stdout,
        told.stderr
    );
    for part in parts {
        assert!(
            told.stderr.contains(part),
            "{what}: no `{part}` in {}",
            told.stderr
        );
    }
    assert!(!workspace.path("out/index.json").exists(), "{what}");
}

/// Builds with a tree beside the work folder that must not change, and a cache in which nothing
/// half done may stay.
#[track_caller]
pub(crate) fn guarded(workspace: &Workspace) -> Outcome {
    let canary = workspace.path("canary");
    fs::create_dir_all(canary.join("folder")).unwrap();
    fs::write(canary.join("precious"), "precious").unwrap();
    let before = crate::support::listing::list(&canary);
    let told = workspace.build(&["-o", "oci:out"]);
    assert_eq!(before, crate::support::listing::list(&canary));
    let drafts = workspace.cache().join("drafts");
    if drafts.exists() {
        let left = crate::layouts::entries(&drafts);
        assert!(left.is_empty(), "{left:?}");
    }
    told
}
