//! What an image takes from its base's configuration.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, SeqAccess, Visitor, value::SeqAccessDeserializer, value::StrDeserializer};
use serde::{Deserialize, Deserializer, Serialize};

/// What an image takes from its base's configuration.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Inherit {
    /// All but what names the base itself.
    #[default]
    All,
    /// Nothing.
    None,
    /// These keys.
    Keys(Vec<ConfigKey>),
}

/// A key of a configuration.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum ConfigKey {
    /// The program.
    Entrypoint,
    /// Its arguments.
    Cmd,
    /// The environment.
    Env,
    /// The user.
    User,
    /// The working directory.
    Workdir,
    /// The ports.
    ExposedPorts,
    /// The volumes.
    Volumes,
    /// The labels.
    Labels,
    /// The stop signal.
    StopSignal,
    /// The check of a running container.
    Healthcheck,
    /// Who made the image.
    Author,
}

/// The two words.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Word {
    /// All but what names the base itself: its title, version, creation time and the like.
    All,
    /// Nothing.
    None,
}

impl Inherit {
    /// Whether `key` is taken from the base.
    pub fn takes(&self, key: ConfigKey) -> bool {
        match self {
            Self::All => true,
            Self::None => false,
            Self::Keys(keys) => keys.contains(&key),
        }
    }
}

impl<'de> Deserialize<'de> for Inherit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InheritVisitor;

        impl<'de> Visitor<'de> for InheritVisitor {
            type Value = Inherit;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`all`, `none` or a list of keys")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Inherit, E> {
                Ok(match Word::deserialize(StrDeserializer::new(text))? {
                    Word::All => Inherit::All,
                    Word::None => Inherit::None,
                })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Inherit, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(Inherit::Keys)
            }
        }

        deserializer.deserialize_any(InheritVisitor)
    }
}

impl JsonSchema for Inherit {
    fn schema_name() -> Cow<'static, str> {
        "Inherit".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let key = generator.subschema_for::<ConfigKey>();
        json_schema!({
            "anyOf": [
                generator.subschema_for::<Word>(),
                { "type": "array", "items": key },
            ]
        })
    }

    fn inline_schema() -> bool {
        true
    }
}
