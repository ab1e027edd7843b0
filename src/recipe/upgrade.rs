//! Which packages are brought to their newest version.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, SeqAccess, Visitor, value::SeqAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize};

/// Which packages are brought to their newest version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Upgrade {
    /// All, or none.
    All(bool),
    /// These.
    Names(Vec<String>),
}

impl Default for Upgrade {
    fn default() -> Self {
        Self::All(false)
    }
}

impl<'de> Deserialize<'de> for Upgrade {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct UpgradeVisitor;

        impl<'de> Visitor<'de> for UpgradeVisitor {
            type Value = Upgrade;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`true`, `false` or a list of packages")
            }

            fn visit_bool<E: Error>(self, all: bool) -> Result<Upgrade, E> {
                Ok(Upgrade::All(all))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Upgrade, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(Upgrade::Names)
            }
        }

        // Asked for a boolean, an expression gives one; anything else comes as it is.
        deserializer.deserialize_bool(UpgradeVisitor)
    }
}

impl JsonSchema for Upgrade {
    fn schema_name() -> Cow<'static, str> {
        "Upgrade".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [{ "type": "boolean" }, { "type": "array", "items": { "type": "string" } }]
        })
    }

    fn inline_schema() -> bool {
        true
    }
}
