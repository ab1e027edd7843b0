//! What must hold when the root file system is finished.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    AbsolutePath, Command, Expect, FileCapabilities, FileKind, Mode, OneOrMany, Owner, Text,
};

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
    /// User, and after a colon the group, as which it runs; that of the image if not given.
    pub user: Option<Owner>,
    /// Environment of the command, above that of the image.
    #[serde(default)]
    pub env: BTreeMap<String, Text>,
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
    /// Mode that it must have; a symbolic one must change nothing.
    pub mode: Option<Mode>,
    /// Owner that it must have; of any group if none is named.
    pub owner: Option<Owner>,
    /// Text, or a list of texts, that the file must hold.
    #[schemars(example = &"Welcome")]
    pub contains: Option<OneOrMany<String>>,
    /// Whether somebody must be able to execute it, or nobody.
    pub executable: Option<bool>,
    /// Capabilities that it must have.
    pub capabilities: Option<FileCapabilities>,
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
    /// Name, or a list of names, of packages that must be installed, by rpm, dpkg or apk.
    #[schemars(example = &"bash")]
    pub package: OneOrMany<String>,
}
