//! Values that whoever builds may choose.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer};

use super::Text;
use crate::syntax::{ScalarKind, Written};

/// A value that whoever builds may choose with `--set NAME=VALUE`; `${{ args.NAME }}` stands for
/// it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Arg {
    /// The value without `--set`.
    pub default: Option<Text>,
    /// What it is for.
    pub description: Option<String>,
    /// The only values that it may have; any if there are none.
    pub options: Vec<Text>,
    /// Whether the build fails without `--set`.
    pub required: bool,
}

/// A value that whoever builds may choose, described.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ArgMapping {
    /// The value without `--set`. Numbers and booleans are taken as the text that was written.
    default: Option<Text>,
    /// What it is for, in a sentence.
    #[schemars(example = &"version of the application")]
    description: Option<String>,
    /// The only values that it may have.
    #[serde(default)]
    options: Vec<Text>,
    /// Whether the build fails without `--set`. Without a default it must be `true`.
    #[serde(default)]
    required: bool,
}

impl<'de> Deserialize<'de> for Arg {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ArgVisitor;

        impl<'de> Visitor<'de> for ArgVisitor {
            type Value = Arg;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text, a number, a boolean or a mapping")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Arg, A::Error> {
                let mapping = ArgMapping::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Arg {
                    default: mapping.default,
                    description: mapping.description,
                    options: mapping.options,
                    required: mapping.required,
                })
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(
                self,
                deserializer: D,
            ) -> Result<Arg, D::Error> {
                let written =
                    Written::expecting(deserializer, "text, a number, a boolean or a mapping")?;
                match written.kind {
                    ScalarKind::Null => Err(D::Error::custom(
                        "the argument has no value\nwrite a default, or `{required: true}`",
                    )),
                    _ => Ok(Arg {
                        default: Some(Text::from(written.text.as_str())),
                        ..Arg::default()
                    }),
                }
            }
        }

        Written::or_mapping(deserializer, ArgVisitor)
    }
}

impl JsonSchema for Arg {
    fn schema_name() -> Cow<'static, str> {
        "Arg".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                { "type": ["string", "number", "boolean"] },
                generator.subschema_for::<ArgMapping>(),
            ],
            "description": "A value that whoever builds may choose: its default, or a mapping.",
        })
    }

    fn inline_schema() -> bool {
        true
    }
}
