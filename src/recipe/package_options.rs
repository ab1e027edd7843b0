//! Choices of a package step that have few words.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{
    Error, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer,
    value::SeqAccessDeserializer,
};
use serde::{Deserialize, Deserializer, Serialize};

use super::scalar::{Scalar, ScalarProblem, scalar};
use crate::diagnostic::nearest;

/// Where the package manager comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum RunIn {
    /// The host's, and if it has none, the root's own.
    #[default]
    Auto,
    /// The host's.
    Host,
    /// The root's own.
    Root,
    /// That of a stage.
    Stage(String),
}

impl Scalar for RunIn {
    const WHAT: &'static str = "a place of the package manager";
    const NUMBERS: bool = false;
    const PATTERN: &'static str = r"^(auto|host|root|stage:\S+)$";
    const EXAMPLES: &'static [&'static str] = &["auto", "host", "root", "stage:tools"];
}

impl FromStr for RunIn {
    type Err = ScalarProblem;

    fn from_str(text: &str) -> Result<Self, ScalarProblem> {
        match text {
            "auto" => return Ok(Self::Auto),
            "host" => return Ok(Self::Host),
            "root" => return Ok(Self::Root),
            _ => {}
        }
        match text.strip_prefix("stage:") {
            Some(name) if !name.is_empty() && !name.contains(char::is_whitespace) => {
                Ok(Self::Stage(name.to_owned()))
            }
            _ => Err(ScalarProblem::new(
                format!("`{}` is no place of a package manager", text.escape_debug()),
                match nearest(text, ["auto", "host", "root"]) {
                    Some(meant) => format!("write `{meant}` if that is meant"),
                    None => "write `auto`, `host`, `root` or `stage:NAME`".to_owned(),
                },
            )),
        }
    }
}

impl fmt::Display for RunIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Host => f.write_str("host"),
            Self::Root => f.write_str("root"),
            Self::Stage(name) => write!(f, "stage:{name}"),
        }
    }
}

scalar!(RunIn);

/// Whether the database of installed packages stays in the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Database {
    /// It stays: scanners and later steps find the packages.
    #[default]
    Keep,
    /// It goes when the last package step is done.
    Remove,
}

/// What happens when a package's own script fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Scriptlets {
    /// The build fails.
    #[default]
    Fail,
    /// A warning is printed.
    Warn,
}

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
