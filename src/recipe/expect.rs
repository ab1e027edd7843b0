//! What a checked command must do.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize};

use super::OneOrMany;

/// How a command must end and what it must print.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// Exit status, 0 if not given.
    #[serde(default)]
    pub exit: u8,
    /// What standard output must be like; text alone must be contained in it.
    pub stdout: Option<ExpectText>,
    /// What standard error must be like; text alone must be contained in it.
    pub stderr: Option<ExpectText>,
}

/// What a text must be like.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ExpectText {
    /// Texts that must be contained in it.
    pub contains: Vec<String>,
    /// Regular expressions that must match somewhere in it.
    pub matches: Vec<String>,
    /// What it must be, but for line ends at its end.
    pub equals: Option<String>,
    /// Whether it must be empty, or must not be.
    pub empty: Option<bool>,
}

/// What a text must be like.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ExpectTextMapping {
    /// Text, or a list of texts, that must be contained in it.
    #[schemars(example = &"version 1")]
    contains: Option<OneOrMany<String>>,
    /// Regular expression, or a list of them, that must match somewhere in it; `^` and `$` are ends of
    /// lines.
    #[schemars(example = &"^[0-9.]+$")]
    matches: Option<OneOrMany<String>>,
    /// What it must be, but for line ends at its end.
    #[schemars(example = &"2")]
    equals: Option<String>,
    /// Whether it must be empty, or must not be.
    empty: Option<bool>,
}

impl<'de> Deserialize<'de> for ExpectText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ExpectTextVisitor;

        impl<'de> Visitor<'de> for ExpectTextVisitor {
            type Value = ExpectText;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text or a mapping")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<ExpectText, E> {
                Ok(ExpectText {
                    contains: vec![text.to_owned()],
                    ..ExpectText::default()
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ExpectText, A::Error> {
                let mapping = ExpectTextMapping::deserialize(MapAccessDeserializer::new(map))?;
                let list = |texts: Option<OneOrMany<String>>| {
                    texts.map_or_else(Vec::new, |texts| texts.as_slice().to_vec())
                };
                Ok(ExpectText {
                    contains: list(mapping.contains),
                    matches: list(mapping.matches),
                    equals: mapping.equals,
                    empty: mapping.empty,
                })
            }
        }

        deserializer.deserialize_any(ExpectTextVisitor)
    }
}

impl JsonSchema for ExpectText {
    fn schema_name() -> Cow<'static, str> {
        "ExpectText".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [{ "type": "string" }, generator.subschema_for::<ExpectTextMapping>()]
        })
    }

    fn inline_schema() -> bool {
        true
    }
}
