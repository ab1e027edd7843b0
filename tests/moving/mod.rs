//! Images from place to place: bases that are kept, registries, copies, several platforms.

mod on_base;
mod registries;

use std::fs;
use std::path::Path;

use serde_json::Value;

/// A document of a layout, by its digest.
pub(crate) fn document(layout: &Path, digest: &Value) -> Value {
    let hex = digest.as_str().unwrap().strip_prefix("sha256:").unwrap();
    let bytes = fs::read(layout.join("blobs/sha256").join(hex)).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}
