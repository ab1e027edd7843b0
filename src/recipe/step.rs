//! One change to the root file system.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Copy, Directory, Link, PackagesStep, Permissions, Remove, Run, Write};

/// One change to the root file system. The key that names the kind stands beside its options.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(untagged)]
pub enum Step {
    /// Installs packages.
    Packages(PackagesStep),
    /// Runs a command.
    Run(Run),
    /// Brings files of the context.
    Copy(Copy),
    /// Writes a file from text.
    Write(Write),
    /// Makes a link.
    Link(Link),
    /// Makes a folder.
    Directory(Directory),
    /// Removes files.
    Remove(Remove),
    /// Changes owner and mode.
    Permissions(Permissions),
}

impl Step {
    /// The key that names the kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Packages(_) => "packages",
            Self::Run(_) => "run",
            Self::Copy(_) => "copy",
            Self::Write(_) => "write",
            Self::Link(_) => "link",
            Self::Directory(_) => "directory",
            Self::Remove(_) => "remove",
            Self::Permissions(_) => "permissions",
        }
    }

    /// The title that the recipe gives it.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Packages(step) => step.name.as_deref(),
            Self::Run(step) => step.name.as_deref(),
            Self::Copy(step) => step.name.as_deref(),
            Self::Write(step) => step.name.as_deref(),
            Self::Link(step) => step.name.as_deref(),
            Self::Directory(step) => step.name.as_deref(),
            Self::Remove(step) => step.name.as_deref(),
            Self::Permissions(step) => step.name.as_deref(),
        }
    }
}
