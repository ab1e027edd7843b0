//! Reading what `docker save` writes.
//!
//! `manifest.json` lists images, each with the names of its configuration and layers in the tar.
//! Nothing in it has a digest but the configuration's file name; the layers are checked by the
//! `diff_id`s of the configuration. Docker's own description is in its source
//! ([image/tarexport]); containers-transports(5) calls it `docker-archive`.
//!
//! [image/tarexport]: https://github.com/moby/moby/blob/v27.0.0/image/tarexport/tarexport.go

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::digest::Digest;
use crate::image::{ConfigFile, Descriptor, Document, Manifest, media_type};

use super::failure::TransportError;
use super::found::{Documents, Found};
use super::reference::ImageName;
use super::source::Source;

/// The list of images.
const MANIFEST_FILE: &str = "manifest.json";
/// Nothing says how a layer is compressed but its first bytes.
const LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar";

/// The name that is looked for in an archive; none for the only image.
pub(super) type Wanted = Option<ImageName>;

/// One image of the list.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    config: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    layers: Vec<String>,
}

/// Finds the image that `wanted` names.
pub(super) fn find(source: &Source, wanted: &Wanted) -> Result<Found, TransportError> {
    let bytes = source.named(MANIFEST_FILE, "list of images")?;
    let images: Vec<Listed> =
        serde_json::from_slice(&bytes).map_err(|error| TransportError::Index {
            path: source.path().join(MANIFEST_FILE),
            source: error,
        })?;
    let listed = choose(source, images, wanted)?;
    let bytes = source.listed_document(&listed.config, "configuration")?;
    let config = source.read(ConfigFile::parse(&bytes))?;
    let digest = Digest::of(&bytes);
    let mut layers = Vec::new();
    for (file, diff_id) in listed.layers.iter().zip(&config.diff_ids) {
        let (file, size) = source.layer_file(file)?;
        layers.push(Descriptor {
            media_type: LAYER.to_owned(),
            // The blob has no digest of its own.
            digest: *diff_id,
            size,
            annotations: BTreeMap::from([(FILE.to_owned(), file)]),
            platform: None,
        });
    }
    let manifest = Manifest {
        config: Descriptor {
            media_type: media_type::CONFIG.to_owned(),
            digest,
            size: bytes.len() as u64,
            annotations: BTreeMap::new(),
            platform: None,
        },
        layers,
        annotations: BTreeMap::new(),
    };
    if listed.layers.len() != config.diff_ids.len() {
        let error = crate::image::DocumentError::LayerCount {
            layers: listed.layers.len(),
            diff_ids: config.diff_ids.len(),
        };
        return source.read(Err(error));
    }
    Ok(Found {
        digest,
        size: 0,
        manifest,
        config,
        documents: Documents {
            manifest: None,
            config: Document {
                media_type: media_type::CONFIG,
                digest,
                bytes,
            },
        },
    })
}

/// Where a layer's descriptor keeps the name of its file in the archive.
pub(super) const FILE: &str = "onelayer.file";

fn choose(
    source: &Source,
    mut images: Vec<Listed>,
    wanted: &Wanted,
) -> Result<Listed, TransportError> {
    let tags = |image: &Listed| -> Vec<String> {
        let tags = image.repo_tags.iter().flatten();
        tags.filter_map(|tag| Some(tag.parse::<ImageName>().ok()?.to_string()))
            .collect()
    };
    if let Some(wanted) = wanted {
        let wanted = wanted.to_string();
        images.retain(|image| tags(image).contains(&wanted));
        return match images.len() {
            0 => Err(source.missing(format!("image named `{wanted}`"))),
            _ => Ok(images.remove(0)),
        };
    }
    match images.len() {
        0 => Err(source.missing("image")),
        1 => Ok(images.remove(0)),
        count => Err(TransportError::Several {
            path: source.path().to_owned(),
            count,
            candidates: images.iter().flat_map(tags).collect::<Vec<_>>().join(", "),
        }),
    }
}
