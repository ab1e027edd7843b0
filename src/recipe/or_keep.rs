//! A value, or `keep` for the one that is there.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::scalar::{self, Scalar, ScalarProblem};

/// A value, or `keep` for the one that the copied file has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrKeep<T> {
    /// The file's own.
    Keep,
    /// This one.
    Set(T),
}

impl<T: FromStr> FromStr for OrKeep<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Self, T::Err> {
        match text {
            "keep" => Ok(Self::Keep),
            _ => text.parse().map(Self::Set),
        }
    }
}

impl<T: fmt::Display> fmt::Display for OrKeep<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keep => f.write_str("keep"),
            Self::Set(value) => value.fmt(f),
        }
    }
}

impl<T: Scalar> Scalar for OrKeep<T> {
    const WHAT: &'static str = T::WHAT;
    const NUMBERS: bool = T::NUMBERS;
    const PATTERN: &'static str = T::PATTERN;
    const EXAMPLES: &'static [&'static str] = T::EXAMPLES;

    fn unquoted(text: &str) -> ScalarProblem {
        T::unquoted(text)
    }
}

impl<'de, T: Scalar> Deserialize<'de> for OrKeep<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        scalar::deserialize(deserializer)
    }
}

impl<T: fmt::Display> Serialize for OrKeep<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<T: Scalar + JsonSchema> JsonSchema for OrKeep<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("OrKeep_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        // The type of both, so that editors do not propose `keep` to whoever wrote a number.
        json_schema!({
            "anyOf": [generator.subschema_for::<T>(), { "type": "string", "const": "keep" }]
        })
    }

    fn inline_schema() -> bool {
        true
    }
}
