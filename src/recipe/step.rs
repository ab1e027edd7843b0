//! One change to the root file system.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    AccountsStep, Certificates, Condition, Copy, Directory, Fetch, Link, PackagesStep, Permissions,
    Remove, Run, Write,
};

/// One change to the root file system. The key that names the kind stands beside its options.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(untagged)]
pub enum Step {
    /// Installs packages.
    Packages(PackagesStep),
    /// Runs a command.
    Run(Run),
    /// Brings files of the context, a stage or an image.
    Copy(Copy),
    /// Writes a file from text.
    Write(Write),
    /// Brings a file from the network.
    Fetch(Fetch),
    /// Makes a link.
    Link(Link),
    /// Makes a folder.
    Directory(Directory),
    /// Removes files.
    Remove(Remove),
    /// Changes owner and mode.
    Permissions(Permissions),
    /// Makes users and groups.
    Accounts(AccountsStep),
    /// Adds certificate authorities.
    Certificates(Certificates),
}

/// Reads one field of the step, whatever its kind.
macro_rules! of_any {
    ($step:expr, $field:ident) => {
        match $step {
            Self::Packages(step) => step.$field.as_ref(),
            Self::Run(step) => step.$field.as_ref(),
            Self::Copy(step) => step.$field.as_ref(),
            Self::Write(step) => step.$field.as_ref(),
            Self::Fetch(step) => step.$field.as_ref(),
            Self::Link(step) => step.$field.as_ref(),
            Self::Directory(step) => step.$field.as_ref(),
            Self::Remove(step) => step.$field.as_ref(),
            Self::Permissions(step) => step.$field.as_ref(),
            Self::Accounts(step) => step.$field.as_ref(),
            Self::Certificates(step) => step.$field.as_ref(),
        }
    };
}

impl Step {
    /// The key that names the kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Packages(_) => "packages",
            Self::Run(_) => "run",
            Self::Copy(_) => "copy",
            Self::Write(_) => "write",
            Self::Fetch(_) => "fetch",
            Self::Link(_) => "link",
            Self::Directory(_) => "directory",
            Self::Remove(_) => "remove",
            Self::Permissions(_) => "permissions",
            Self::Accounts(_) => "accounts",
            Self::Certificates(_) => "certificates",
        }
    }

    /// The title that the recipe gives it.
    pub fn name(&self) -> Option<&str> {
        of_any!(self, name).map(String::as_str)
    }

    /// The condition under which it is made.
    pub fn when(&self) -> Option<&Condition> {
        of_any!(self, when)
    }
}
