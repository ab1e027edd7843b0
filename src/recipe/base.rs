//! What the root file system starts from.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer};

use super::scalar::ScalarProblem;
use super::{Platform, Sha256};

/// What the root file system starts from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Base {
    /// The empty directory.
    Scratch,
    /// An image, by a reference with or without a transport.
    Image(BaseImage),
    /// A directory or a tar archive (`rootfs:PATH`).
    Rootfs(String),
    /// Another stage of the same recipe (`stage:NAME`).
    Stage(String),
    /// What another recipe builds (`recipe:PATH`).
    Recipe(String),
}

/// An image to start from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BaseImage {
    /// Reference of the image: `docker://NAME`, a bare name, `oci:DIR[:TAG]`, `oci-archive:FILE`,
    /// `docker-archive:FILE`, `containers-storage:NAME` or `docker-daemon:NAME`.
    #[schemars(example = &"docker://docker.io/library/debian:12")]
    pub image: String,
    /// Digest that the image must have: `sha256:…`.
    pub digest: Option<Sha256>,
    /// Platform to take from an index, as `OS/ARCHITECTURE[/VARIANT]`; that of the image if not
    /// given.
    pub platform: Option<Platform>,
}

/// With its digest and platform where they stand beside the reference.
impl fmt::Display for BaseImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.image)?;
        if let Some(digest) = &self.digest {
            write!(f, "@sha256:{digest}")?;
        }
        match &self.platform {
            Some(platform) => write!(f, " ({platform})"),
            None => Ok(()),
        }
    }
}

/// What makes a base of the text after its prefix.
type Prefixed = fn(String) -> Base;

impl Base {
    fn parse(text: &str) -> Result<Self, ScalarProblem> {
        const HELP: &str = "write `scratch`, the reference of an image, `rootfs:PATH`, `stage:NAME` or `recipe:PATH`";
        if text.trim().is_empty() {
            return Err(ScalarProblem::new("the base is empty", HELP));
        }
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(ScalarProblem::new(
                format!("base `{}` holds white space", text.escape_debug()),
                HELP,
            ));
        }
        let prefixes: [(&str, Prefixed); 3] = [
            ("rootfs:", Self::Rootfs),
            ("stage:", Self::Stage),
            ("recipe:", Self::Recipe),
        ];
        for (prefix, base) in prefixes {
            match text.strip_prefix(prefix) {
                Some("") => {
                    return Err(ScalarProblem::new(
                        format!("`{prefix}` names nothing"),
                        format!("write what to start from after `{prefix}`"),
                    ));
                }
                Some(rest) => return Ok(base(rest.to_owned())),
                None => {}
            }
        }
        Ok(if text == "scratch" {
            Self::Scratch
        } else {
            Self::Image(BaseImage {
                image: text.to_owned(),
                digest: None,
                platform: None,
            })
        })
    }
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scratch => f.write_str("scratch"),
            Self::Image(image) => image.fmt(f),
            Self::Rootfs(path) => write!(f, "rootfs:{path}"),
            Self::Stage(name) => write!(f, "stage:{name}"),
            Self::Recipe(path) => write!(f, "recipe:{path}"),
        }
    }
}

impl<'de> Deserialize<'de> for Base {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BaseVisitor;

        impl<'de> Visitor<'de> for BaseVisitor {
            type Value = Base;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text or a mapping with `image`")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Base, E> {
                Base::parse(text).map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Base, A::Error> {
                BaseImage::deserialize(MapAccessDeserializer::new(map)).map(Base::Image)
            }
        }

        deserializer.deserialize_any(BaseVisitor)
    }
}

impl JsonSchema for Base {
    fn schema_name() -> Cow<'static, str> {
        "Base".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                { "type": "string", "minLength": 1, "pattern": r"^\S+$", "examples": ["scratch", "stage:NAME", "docker://docker.io/library/debian:12"] },
                generator.subschema_for::<BaseImage>(),
            ]
        })
    }

    fn inline_schema() -> bool {
        true
    }
}
