//! The version of the recipe language.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use super::scalar::ScalarProblem;
use crate::syntax::{ScalarKind, Written};

/// A version of the recipe language that this program knows: 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct LanguageVersion(u32);

impl Default for LanguageVersion {
    fn default() -> Self {
        Self(1)
    }
}

impl FromStr for LanguageVersion {
    type Err = ScalarProblem;

    fn from_str(text: &str) -> Result<Self, ScalarProblem> {
        match text {
            "1" => Ok(Self(1)),
            _ => Err(ScalarProblem::new(
                format!("version `{text}` of the recipe language is not known"),
                "write `1`, the only version so far; the image's version belongs in `output.tags`",
            )),
        }
    }
}

impl fmt::Display for LanguageVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for LanguageVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Written::expecting(deserializer, "the number 1")?;
        if written.kind == ScalarKind::String && written.text == "1" {
            return Err(D::Error::custom(
                "the version of the recipe language is a number\nremove the quotes: `1`",
            ));
        }
        written.text.parse().map_err(D::Error::custom)
    }
}

impl JsonSchema for LanguageVersion {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "LanguageVersion".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "const": 1 })
    }

    fn inline_schema() -> bool {
        true
    }
}
