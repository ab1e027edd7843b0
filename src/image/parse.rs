//! Documents that others wrote.

use std::collections::BTreeMap;

use oci_spec::image as spec;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::digest::Digest;

use super::config::{Config, Platform};
use super::descriptor::{Descriptor, media_type, sorted};
use super::failure::DocumentError;
use super::healthcheck::Healthcheck;

/// A list of manifests.
#[derive(Debug, Clone, Serialize)]
pub struct Index {
    /// Manifests, or further indexes.
    pub manifests: Vec<Descriptor>,
}

/// A manifest: configuration and layers of one image.
#[derive(Debug, Clone, Serialize)]
pub struct Manifest {
    /// Names the configuration.
    pub config: Descriptor,
    /// Name the layers, lowest first.
    pub layers: Vec<Descriptor>,
    /// Free text by name.
    pub annotations: BTreeMap<String, String>,
}

/// A whole image configuration.
#[derive(Debug, Clone, Serialize)]
pub struct ConfigFile {
    /// What the image runs on.
    pub platform: Platform,
    /// When it was made, as written.
    pub created: Option<String>,
    /// Who made it.
    pub author: Option<String>,
    /// How to run it.
    pub config: Config,
    /// Digests of the layers, uncompressed, lowest first.
    pub diff_ids: Vec<Digest>,
    /// How the layers came about, lowest first.
    pub history: Vec<History>,
}

/// One line of an image's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct History {
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// Who.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// How.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// Anything else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Whether no layer came of it.
    pub empty_layer: bool,
}

impl History {
    pub(super) fn to_spec(&self) -> Result<spec::History, oci_spec::OciSpecError> {
        let mut line = spec::HistoryBuilder::default();
        if let Some(created) = &self.created {
            line = line.created(&**created);
        }
        if let Some(author) = &self.author {
            line = line.author(&**author);
        }
        if let Some(created_by) = &self.created_by {
            line = line.created_by(&**created_by);
        }
        if let Some(comment) = &self.comment {
            line = line.comment(&**comment);
        }
        if self.empty_layer {
            line = line.empty_layer(true);
        }
        line.build()
    }
}

/// The members that tell documents apart.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outline {
    media_type: Option<String>,
    manifests: Option<IgnoredAny>,
    config: Option<IgnoredAny>,
    layers: Option<IgnoredAny>,
}

/// What docker's configurations have and the specification's types do not.
#[derive(Deserialize)]
struct DockerOnly {
    config: Option<DockerConfig>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DockerConfig {
    healthcheck: Option<Healthcheck>,
}

impl Index {
    /// Reads an index that a descriptor announced as `media_type`.
    pub fn parse(bytes: &[u8], media_type: &str) -> Result<Self, DocumentError> {
        let document = "index";
        check_outline(bytes, document, media_type)?;
        let index: spec::ImageIndex = json(bytes, document)?;
        Ok(Self {
            manifests: descriptors(index.manifests(), document)?,
        })
    }

    /// Whether `media_type` is one that [`Index::parse`] reads.
    pub fn is_index(media_type: &str) -> bool {
        matches!(media_type, media_type::INDEX | media_type::DOCKER_INDEX)
    }
}

impl Manifest {
    /// What a manifest or index says that it is; OCI's need not say it, and are told apart by what
    /// they hold.
    pub fn announced(bytes: &[u8]) -> Option<String> {
        let outline: Outline = json(bytes, "manifest").ok()?;
        let is_manifest = outline.config.is_some() && outline.layers.is_some();
        let guessed = match (outline.manifests, is_manifest) {
            (Some(_), false) => Some(media_type::INDEX),
            (None, true) => Some(media_type::MANIFEST),
            _ => None,
        };
        outline.media_type.or(guessed.map(str::to_owned))
    }

    /// Reads a manifest that a descriptor announced as `media_type`.
    pub fn parse(bytes: &[u8], media_type: &str) -> Result<Self, DocumentError> {
        if !matches!(
            media_type,
            media_type::MANIFEST | media_type::DOCKER_MANIFEST
        ) {
            return Err(DocumentError::Unsupported {
                media_type: media_type.to_owned(),
            });
        }
        let document = "manifest";
        check_outline(bytes, document, media_type)?;
        let manifest: spec::ImageManifest = json(bytes, document)?;
        Ok(Self {
            config: Descriptor::from_spec(manifest.config(), document)?,
            layers: descriptors(manifest.layers(), document)?,
            annotations: sorted(manifest.annotations().as_ref()),
        })
    }
}

impl ConfigFile {
    /// Reads an image configuration.
    pub fn parse(bytes: &[u8]) -> Result<Self, DocumentError> {
        let document = "configuration";
        let found: spec::ImageConfiguration = json(bytes, document)?;
        let docker: DockerOnly = json(bytes, document)?;
        let diff_ids = found.rootfs().diff_ids().iter().map(|id| id.parse());
        let history = found.history().iter().flatten().map(|line| History {
            created: line.created().clone(),
            author: line.author().clone(),
            created_by: line.created_by().clone(),
            comment: line.comment().clone(),
            empty_layer: line.empty_layer().unwrap_or(false),
        });
        let mut config = found
            .config()
            .as_ref()
            .map(Config::from_spec)
            .unwrap_or_default();
        config.healthcheck = docker.config.and_then(|config| config.healthcheck);
        Ok(Self {
            platform: Platform {
                os: found.os().to_string(),
                architecture: found.architecture().to_string(),
                variant: found.variant().clone(),
            },
            created: found.created().clone(),
            author: found.author().clone(),
            config,
            diff_ids: diff_ids
                .collect::<Result<_, _>>()
                .map_err(|source| DocumentError::Digest { document, source })?,
            history: history.collect(),
        })
    }

    /// Fails unless this configuration has one `diff_id` for each layer of `manifest`.
    pub fn check_layers(&self, manifest: &Manifest) -> Result<(), DocumentError> {
        let (layers, diff_ids) = (manifest.layers.len(), self.diff_ids.len());
        if layers == diff_ids {
            Ok(())
        } else {
            Err(DocumentError::LayerCount { layers, diff_ids })
        }
    }
}

fn check_outline(
    bytes: &[u8],
    document: &'static str,
    expected: &str,
) -> Result<(), DocumentError> {
    let outline: Outline = json(bytes, document)?;
    if outline.manifests.is_some() && (outline.layers.is_some() || outline.config.is_some()) {
        return Err(DocumentError::Ambiguous { document });
    }
    match outline.media_type {
        Some(found) if found != expected => Err(DocumentError::MediaType {
            document,
            expected: expected.to_owned(),
            found,
        }),
        _ => Ok(()),
    }
}

fn json<'a, T: Deserialize<'a>>(
    bytes: &'a [u8],
    document: &'static str,
) -> Result<T, DocumentError> {
    serde_json::from_slice(bytes).map_err(|source| DocumentError::Json { document, source })
}

fn descriptors(
    found: &[spec::Descriptor],
    document: &'static str,
) -> Result<Vec<Descriptor>, DocumentError> {
    found
        .iter()
        .map(|descriptor| Descriptor::from_spec(descriptor, document))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(media_type: &str, extra: &str) -> String {
        let digest = Digest::of("x");
        format!(
            r#"{{"schemaVersion":2,"mediaType":"{media_type}","layers":[],
               "config":{{"mediaType":"m","digest":"{digest}","size":1}}{extra}}}"#
        )
    }

    fn error(text: &str) -> String {
        Manifest::parse(text.as_bytes(), media_type::MANIFEST)
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn a_manifest_is_read() {
        let text = manifest(media_type::MANIFEST, "");
        assert!(Manifest::parse(text.as_bytes(), media_type::MANIFEST).is_ok());
    }

    #[test]
    fn documents_with_two_meanings_are_refused() {
        let both = manifest(media_type::MANIFEST, r#","manifests":[]"#);
        assert!(error(&both).contains("both `manifests`"));
        assert!(error(&manifest(media_type::INDEX, "")).contains("calls itself"));
        let twice = manifest(media_type::MANIFEST, r#","layers":[]"#);
        assert_eq!(error(&twice), "the manifest is not valid");
    }

    #[test]
    fn schema_1_is_refused_by_name() {
        let old = "application/vnd.docker.distribution.manifest.v1+json";
        let refused = Manifest::parse(b"{}", old).unwrap_err();
        assert!(refused.to_string().contains(old));
    }

    #[test]
    fn digests_are_strict() {
        let good = manifest(media_type::MANIFEST, "");
        let hex = Digest::of("x").hex();
        for bad in ["../../etc/passwd", "abc", &hex.to_uppercase()] {
            assert!(!error(&good.replace(&hex, bad)).is_empty(), "{bad}");
        }
    }
}
