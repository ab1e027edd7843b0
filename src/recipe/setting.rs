//! A text that the base's configuration may have, set or taken away.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer};

use super::Text;
use crate::syntax::{ScalarKind, Written};

/// The value of a label or variable, or that it is not to be inherited from the base: `null`, or
/// `{unset: true}` where a format has no `null`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// This value.
    Set(Text),
    /// No value, whatever the base has.
    Unset,
}

/// That a label or variable of the base is not inherited.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct UnsetMapping {
    /// Always `true`.
    #[schemars(extend("const" = true))]
    unset: bool,
}

const EXPECTED: &str = "text or `null`";

impl Setting {
    /// The value, if it has one.
    pub fn text(&self) -> Option<&Text> {
        match self {
            Self::Set(text) => Some(text),
            Self::Unset => None,
        }
    }
}

impl<'de> Deserialize<'de> for Setting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SettingVisitor;

        impl<'de> Visitor<'de> for SettingVisitor {
            type Value = Setting;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(EXPECTED)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Setting, A::Error> {
                let mapping = UnsetMapping::deserialize(MapAccessDeserializer::new(map))?;
                if mapping.unset {
                    Ok(Setting::Unset)
                } else {
                    Err(A::Error::custom(
                        "`unset: false` says nothing\nwrite the value, or `{unset: true}`",
                    ))
                }
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(
                self,
                deserializer: D,
            ) -> Result<Setting, D::Error> {
                let written = Written::expecting(deserializer, EXPECTED)?;
                Ok(match written.kind {
                    ScalarKind::Null => Setting::Unset,
                    _ => Setting::Set(Text::from(written.text.as_str())),
                })
            }
        }

        Written::or_mapping(deserializer, SettingVisitor)
    }
}

impl JsonSchema for Setting {
    fn schema_name() -> Cow<'static, str> {
        "Setting".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                { "type": ["string", "number", "boolean"] },
                { "const": null, "description": "Takes away what the base has." },
                generator.subschema_for::<UnsetMapping>(),
            ]
        })
    }

    fn inline_schema() -> bool {
        true
    }
}
