//! What all scalars of the language share: from text, to text, and described in the schema.

use std::fmt;
use std::str::FromStr;

use serde::Deserializer;
use serde::de::Error as _;

use crate::syntax::{ScalarKind, Written};

/// Why a text is not the scalar that its key wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScalarProblem {
    /// What is wrong, in one line.
    pub message: String,
    /// What to write instead.
    pub help: String,
}

impl ScalarProblem {
    pub(super) fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: help.into(),
        }
    }
}

/// The message, then the help on a line of its own: the form in which serde carries both.
impl fmt::Display for ScalarProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}", self.message, self.help)
    }
}

impl std::error::Error for ScalarProblem {}

/// A value that is one piece of text with rules of its own.
pub trait Scalar: FromStr<Err = ScalarProblem> + fmt::Display {
    /// The noun of messages, with its article: `a mode`.
    const WHAT: &'static str;
    /// Whether a number without quotes is taken as the text that was written.
    const NUMBERS: bool;
    /// Regular expression of the schema; it may accept more than `FromStr` does, never less.
    const PATTERN: &'static str;
    /// Values that show the forms.
    const EXAMPLES: &'static [&'static str];

    /// What to say about a number or boolean without quotes where only text is taken: that it needs
    /// them, unless it would be wrong with them too.
    fn unquoted(text: &str) -> ScalarProblem {
        match text.parse::<Self>() {
            Err(problem) => problem,
            Ok(_) => ScalarProblem::new(
                format!("`{text}` is not text, but {} is expected", Self::WHAT),
                format!("put it in quotes: `\"{text}\"`"),
            ),
        }
    }
}

/// Reads a scalar through its `FromStr`.
pub(super) fn deserialize<'de, S: Scalar, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<S, D::Error> {
    let written = Written::expecting(deserializer, S::WHAT)?;
    let taken = match written.kind {
        ScalarKind::String | ScalarKind::Expanded => true,
        ScalarKind::Integer | ScalarKind::Float => S::NUMBERS,
        ScalarKind::Boolean | ScalarKind::Null => false,
    };
    if taken {
        written.text.parse().map_err(D::Error::custom)
    } else {
        Err(D::Error::custom(S::unquoted(&written.text)))
    }
}

/// The schema of a scalar: a pattern and examples, in place wherever the scalar stands.
pub(super) fn schema<S: Scalar>() -> schemars::Schema {
    let kinds: &[&str] = if S::NUMBERS {
        &["string", "integer"]
    } else {
        &["string"]
    };
    let mut schema = schemars::json_schema!({ "pattern": S::PATTERN, "examples": S::EXAMPLES });
    let kind = match kinds {
        [one] => serde_json::json!(one),
        several => serde_json::json!(several),
    };
    schema.insert("type".to_owned(), kind);
    schema
}

/// Gives a [`Scalar`] its `Deserialize`, `Serialize` and `JsonSchema`.
macro_rules! scalar {
    ($type:ident) => {
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::recipe::scalar::deserialize(deserializer)
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                $crate::recipe::scalar::schema::<Self>()
            }

            fn inline_schema() -> bool {
                true
            }
        }
    };
}
pub(super) use scalar;
