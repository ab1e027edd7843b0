//! What must hold when the root file system is finished.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize};

use super::{AbsolutePath, Command, FileCapabilities, Mode, OneOrMany, Owner, Text};

/// Something that must hold when the root file system is finished. Checks change nothing.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(untagged)]
pub enum Check {
    /// A command ends as expected.
    Run(RunCheck),
    /// A file is as expected.
    File(FileCheck),
    /// A path is not there.
    Absent(AbsentCheck),
    /// A package is installed.
    Package(PackageCheck),
}

/// Runs a command in a copy of the finished root file system.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunCheck {
    /// Title of the check, for messages.
    #[schemars(example = &"the application answers")]
    pub name: Option<String>,
    /// What to run: text goes through `/bin/sh -e -c`, a list is a program and its arguments.
    #[schemars(example = &"python3 -c 'import flask'")]
    pub run: Command,
    /// How it must end and what it must print; exit status 0 if not given.
    #[serde(default)]
    pub expect: Expect,
    /// Text on its standard input, which is empty if not given.
    #[schemars(example = &"1 + 1\n")]
    pub stdin: Option<String>,
    /// User, and after a colon the group, as which it runs.
    pub user: Option<Owner>,
    /// Environment of the command, above that of the image.
    #[serde(default)]
    pub env: BTreeMap<String, Text>,
}

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
    /// Regular expression, or a list of them, that must match somewhere in it.
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

/// Looks at a file of the finished root file system.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileCheck {
    /// Title of the check, for messages.
    #[schemars(example = &"the application answers")]
    pub name: Option<String>,
    /// Path that must be there.
    pub file: AbsolutePath,
    /// What it must be; anything if not given. A link is not followed.
    #[serde(rename = "type")]
    pub kind: Option<FileKind>,
    /// Mode that it must have.
    pub mode: Option<Mode>,
    /// Owner that it must have.
    pub owner: Option<Owner>,
    /// Text, or a list of texts, that the file must hold.
    #[schemars(example = &"Welcome")]
    pub contains: Option<OneOrMany<String>>,
    /// Whether somebody must be able to execute it, or nobody.
    pub executable: Option<bool>,
    /// Capabilities that it must have.
    pub capabilities: Option<FileCapabilities>,
}

/// What a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A folder.
    Directory,
    /// A symbolic link.
    Symlink,
}

/// Makes sure that something is not in the finished root file system.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AbsentCheck {
    /// Title of the check, for messages.
    #[schemars(example = &"the application answers")]
    pub name: Option<String>,
    /// Path or glob, or a list of them, that must not be there.
    pub absent: OneOrMany<AbsolutePath>,
}

/// Makes sure that a package is installed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PackageCheck {
    /// Title of the check, for messages.
    #[schemars(example = &"the application answers")]
    pub name: Option<String>,
    /// Name, or a list of names, of packages that must be installed.
    #[schemars(example = &"bash")]
    pub package: OneOrMany<String>,
}
