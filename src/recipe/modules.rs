//! Module streams of a distribution.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{
    MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer, value::SeqAccessDeserializer,
};
use serde::{Deserialize, Deserializer, Serialize};

/// Module streams (dnf(8), "MODULE COMMAND"), each as `NAME[:STREAM][/PROFILE]`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Modules {
    /// Streams that are enabled.
    pub enable: Vec<String>,
    /// Modules that are disabled.
    pub disable: Vec<String>,
    /// Modules that are brought to their first state.
    pub reset: Vec<String>,
}

/// What happens to module streams.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ModulesMapping {
    /// Streams to enable, as `NAME[:STREAM][/PROFILE]`.
    #[serde(default)]
    enable: Vec<String>,
    /// Modules to disable.
    #[serde(default)]
    disable: Vec<String>,
    /// Modules to bring to their first state.
    #[serde(default)]
    reset: Vec<String>,
}

impl Modules {
    /// Whether nothing happens.
    pub fn is_empty(&self) -> bool {
        self.enable.is_empty() && self.disable.is_empty() && self.reset.is_empty()
    }
}

impl<'de> Deserialize<'de> for Modules {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ModulesVisitor;

        impl<'de> Visitor<'de> for ModulesVisitor {
            type Value = Modules;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of module streams or a mapping")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Modules, A::Error> {
                Ok(Modules {
                    enable: Vec::deserialize(SeqAccessDeserializer::new(list))?,
                    ..Modules::default()
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Modules, A::Error> {
                let mapping = ModulesMapping::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Modules {
                    enable: mapping.enable,
                    disable: mapping.disable,
                    reset: mapping.reset,
                })
            }
        }

        deserializer.deserialize_any(ModulesVisitor)
    }
}

impl JsonSchema for Modules {
    fn schema_name() -> Cow<'static, str> {
        "Modules".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                { "type": "array", "items": { "type": "string" } },
                generator.subschema_for::<ModulesMapping>(),
            ],
            "examples": [["nodejs:20"]],
        })
    }

    fn inline_schema() -> bool {
        true
    }
}
