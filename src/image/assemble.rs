//! From layers to the documents around them.

use std::collections::BTreeMap;

use oci_spec::image as spec;
use serde::Serialize;

use crate::digest::Digest;
use crate::layer::Layer;

use super::config::{Config, Platform};
use super::failure::ImageError;
use super::format::Format;
use super::parse::History;

/// All that an image says besides its layers.
#[derive(Debug, Clone)]
pub struct Description {
    /// What it runs on.
    pub platform: Platform,
    /// When it was made, in seconds since 1970: `SOURCE_DATE_EPOCH`, never the clock.
    pub created: u64,
    /// Who made it.
    pub author: Option<String>,
    /// With what it was made; stands in the history.
    pub created_by: Option<String>,
    /// How to run it.
    pub config: Config,
    /// Annotations of the manifest; docker's format has none.
    pub annotations: BTreeMap<String, String>,
    /// How the layers below the last ones came about, lowest first; the others have a line each
    /// that says when, by whom and with what.
    pub history: Vec<History>,
    /// What more there is to say of the last layers, for their history.
    pub comment: Option<String>,
    /// Whose documents they are.
    pub format: Format,
}

/// A serialised document; its bytes never change again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// What it is.
    pub media_type: &'static str,
    /// The JSON.
    pub bytes: Vec<u8>,
    /// Digest of the JSON.
    pub digest: Digest,
}

/// An image whose layers are written somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// The configuration; its digest is the image id that docker and podman show.
    pub config: Document,
    /// The manifest; its digest is what `name@sha256:…` means.
    pub manifest: Document,
    /// The layers, lowest first.
    pub layers: Vec<Layer>,
}

/// Describes `layers`, lowest first, as an image; their media types become those of the format.
/// Equal arguments give equal bytes.
///
/// # Errors
/// When the time has no date, or docker's format no name for a layer.
pub fn assemble(mut layers: Vec<Layer>, description: &Description) -> Result<Image, ImageError> {
    let format = description.format;
    for layer in &mut layers {
        layer.media_type = format.layer(layer.media_type)?;
    }
    let config = configuration(&layers, description)?;
    let config = Document::new(format.config(), "configuration", config)?;
    let annotations = &description.annotations;
    enclose(layers, config, annotations, format)
}

/// Writes the manifest of an image whose configuration others wrote. Equal arguments give equal
/// bytes.
///
/// # Errors
/// When docker's format has no name for a layer.
pub fn reassemble(
    mut layers: Vec<Layer>,
    config: Document,
    annotations: &BTreeMap<String, String>,
    format: Format,
) -> Result<Image, ImageError> {
    for layer in &mut layers {
        layer.media_type = format.layer(layer.media_type)?;
    }
    let config = Document {
        media_type: format.config(),
        ..config
    };
    enclose(layers, config, annotations, format)
}

fn enclose(
    layers: Vec<Layer>,
    config: Document,
    annotations: &BTreeMap<String, String>,
    format: Format,
) -> Result<Image, ImageError> {
    let manifest = manifest(&layers, &config, annotations, format)?;
    let manifest = Document::new(format.manifest(), "manifest", value("manifest", &manifest)?)?;
    Ok(Image {
        config,
        manifest,
        layers,
    })
}

fn configuration(
    layers: &[Layer],
    description: &Description,
) -> Result<serde_json::Value, ImageError> {
    let created = rfc_3339(description.created)?;
    let build = |source| ImageError::Build {
        document: "configuration",
        source,
    };
    let rootfs = spec::RootFsBuilder::default()
        .typ("layers")
        .diff_ids(
            layers
                .iter()
                .map(|l| l.diff_id.to_string())
                .collect::<Vec<_>>(),
        )
        .build()
        .map_err(build)?;
    // One entry a layer, as the specification asks for.
    let mut history = spec::HistoryBuilder::default().created(&*created);
    if let Some(author) = &description.author {
        history = history.author(&**author);
    }
    if let Some(created_by) = &description.created_by {
        history = history.created_by(&**created_by);
    }
    if let Some(comment) = &description.comment {
        history = history.comment(&**comment);
    }
    let history = history.build().map_err(build)?;
    let below = description.history.iter().map(History::to_spec);
    let mut lines = below.collect::<Result<Vec<_>, _>>().map_err(build)?;
    let told = description.history.iter().filter(|line| !line.empty_layer);
    let untold = layers.len().saturating_sub(told.count());
    lines.resize(lines.len() + untold, history);

    let platform = &description.platform;
    let mut configuration = spec::ImageConfigurationBuilder::default()
        .created(created)
        .architecture(&*platform.architecture)
        .os(&*platform.os)
        .config(description.config.to_spec())
        .rootfs(rootfs)
        .history(lines)
        .build()
        .map_err(build)?;
    configuration.set_author(description.author.clone());
    configuration.set_variant(platform.variant.clone());
    let mut configuration = value("configuration", &configuration)?;
    if let (Format::Docker, Some(check)) = (description.format, &description.config.healthcheck) {
        configuration["config"]["Healthcheck"] = check.to_json();
    }
    Ok(configuration)
}

fn manifest(
    layers: &[Layer],
    config: &Document,
    annotations: &BTreeMap<String, String>,
    format: Format,
) -> Result<spec::ImageManifest, ImageError> {
    let build = |source| ImageError::Build {
        document: "manifest",
        source,
    };
    let descriptor = |media_type: &str, digest: &Digest, size: u64| {
        spec::DescriptorBuilder::default()
            .media_type(media_type)
            .digest(
                digest
                    .to_string()
                    .parse::<spec::Digest>()
                    .expect("our digests are well-formed"),
            )
            .size(size)
            .build()
            .map_err(build)
    };
    let mut manifest = spec::ImageManifestBuilder::default()
        .schema_version(spec::SCHEMA_VERSION)
        .media_type(format.manifest())
        .config(descriptor(
            config.media_type,
            &config.digest,
            config.bytes.len() as u64,
        )?)
        .layers(
            layers
                .iter()
                .map(|layer| descriptor(layer.media_type, &layer.digest, layer.size))
                .collect::<Result<Vec<_>, _>>()?,
        )
        .build()
        .map_err(build)?;
    if format == Format::Oci && !annotations.is_empty() {
        manifest.set_annotations(Some(annotations.clone().into_iter().collect()));
    }
    Ok(manifest)
}

impl Document {
    /// Serialises `value` with sorted keys and no blanks, whatever maps it is made of.
    pub(super) fn new(
        media_type: &'static str,
        document: &'static str,
        mut value: serde_json::Value,
    ) -> Result<Self, ImageError> {
        value.sort_all_objects();
        let bytes = serde_json::to_vec(&value)
            .map_err(|source| ImageError::Serialise { document, source })?;
        Ok(Self {
            media_type,
            digest: Digest::of(&bytes),
            bytes,
        })
    }
}

pub(super) fn value(
    document: &'static str,
    value: &impl Serialize,
) -> Result<serde_json::Value, ImageError> {
    serde_json::to_value(value).map_err(|source| ImageError::Serialise { document, source })
}

fn rfc_3339(seconds: u64) -> Result<String, ImageError> {
    let timestamp = jiff::Timestamp::from_second(i64::try_from(seconds).unwrap_or(i64::MAX));
    match timestamp {
        Ok(timestamp) => Ok(timestamp.to_string()),
        Err(source) => Err(ImageError::Created { seconds, source }),
    }
}
