//! The list of tags in a layout.

use serde_json::{Map, Value, json};

use crate::image::{Document, media_type};

use super::REF_NAME;
use super::reference::Tag;

/// An `index.json` to which one image is added. What others wrote in it stays as it is, known or
/// not.
pub(super) struct TagIndex(Map<String, Value>);

impl TagIndex {
    /// No images.
    pub(super) fn new() -> Self {
        let empty = json!({
            "schemaVersion": 2,
            "mediaType": media_type::INDEX,
            "manifests": [],
        });
        match empty {
            Value::Object(members) => Self(members),
            _ => Self(Map::new()),
        }
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes).map(Self)
    }

    /// Lets `tag` mean a manifest or index, and nothing else. Without a tag, it replaces the earlier
    /// one without a tag.
    pub(super) fn set(&mut self, tag: Option<&Tag>, manifest: &Document) {
        let mut descriptor = json!({
            "mediaType": manifest.media_type,
            "digest": manifest.digest.to_string(),
            "size": manifest.bytes.len(),
        });
        if let Some(tag) = tag {
            descriptor["annotations"] = json!({ REF_NAME: tag.as_str() });
        }
        let list = self
            .0
            .entry("manifests")
            .or_insert_with(|| Value::Array(Vec::new()));
        if !list.is_array() {
            *list = Value::Array(Vec::new());
        }
        if let Value::Array(manifests) = list {
            manifests.retain(|other| name(other) != tag.map(Tag::as_str));
            manifests.push(descriptor);
        }
    }

    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&self.0)
    }
}

fn name(descriptor: &Value) -> Option<&str> {
    descriptor.get("annotations")?.get(REF_NAME)?.as_str()
}
