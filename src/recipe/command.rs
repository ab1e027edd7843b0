//! What a `run` step runs.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, SeqAccess, Visitor, value::SeqAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize};

/// A script for a shell, or the words of a command that no shell sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Command {
    /// The script is the last word after those of `shell`.
    Script(String),
    /// The program and its arguments; never empty.
    Words(Vec<String>),
}

impl<'de> Deserialize<'de> for Command {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CommandVisitor;

        impl<'de> Visitor<'de> for CommandVisitor {
            type Value = Command;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text or a list of texts")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Command, E> {
                if text.trim().is_empty() {
                    return Err(E::custom(
                        "the script is empty\nwrite a command, or remove the step",
                    ));
                }
                Ok(Command::Script(text.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Command, A::Error> {
                let words: Vec<String> = Vec::deserialize(SeqAccessDeserializer::new(list))?;
                if words.first().is_some_and(String::is_empty) {
                    return Err(A::Error::custom(
                        "the program has no name\nwrite the program before its arguments",
                    ));
                }
                if words.is_empty() {
                    return Err(A::Error::custom(
                        "the command has no words\nwrite the program and its arguments, or remove the step",
                    ));
                }
                Ok(Command::Words(words))
            }
        }

        deserializer.deserialize_any(CommandVisitor)
    }
}

impl JsonSchema for Command {
    fn schema_name() -> Cow<'static, str> {
        "Command".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                { "type": "string", "minLength": 1 },
                { "type": "array", "items": { "type": "string" }, "minItems": 1 },
            ]
        })
    }

    fn inline_schema() -> bool {
        true
    }
}
