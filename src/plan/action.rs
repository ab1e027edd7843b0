//! What a step does, resolved.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::{
    AccountsAction, BytePath, CertificatesAction, CopyAction, CopyFromAction, FetchAction,
    FileCapabilities, ManagerPlace, Mode, MountAction, Network, Owner, PackagesAction,
};

/// One change to a root file system. Serialises with a `kind`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Action {
    /// Installs packages.
    Packages(Box<PackagesAction>),
    /// Runs a command in the sandbox.
    Run(RunAction),
    /// Copies files from the context.
    Copy(CopyAction),
    /// Copies files from another root file system.
    CopyFrom(CopyFromAction),
    /// Writes one file.
    Write(WriteAction),
    /// Brings a file from the network.
    Fetch(FetchAction),
    /// Makes one link.
    Link(LinkAction),
    /// Makes one directory, or sets its owner and mode.
    Directory(DirectoryAction),
    /// Removes what is there.
    Remove(RemoveAction),
    /// Changes owners and modes.
    Permissions(PermissionsAction),
    /// Makes users and groups.
    Accounts(AccountsAction),
    /// Adds certificate authorities.
    Certificates(CertificatesAction),
}

impl Action {
    /// Whether foreign code runs, so that a sandbox is needed.
    pub fn needs_sandbox(&self) -> bool {
        matches!(self, Self::Packages(_) | Self::Run(_))
    }

    /// The same without the names of stages, which change nothing.
    pub(super) fn nameless(&self) -> Cow<'_, Self> {
        Cow::Owned(match self {
            Self::CopyFrom(copy) => Self::CopyFrom(CopyFromAction {
                from: copy.from.nameless(),
                ..copy.clone()
            }),
            Self::Run(run) if !run.mounts.is_empty() => Self::Run(RunAction {
                mounts: run.mounts.iter().map(MountAction::nameless).collect(),
                ..run.clone()
            }),
            Self::Packages(packages) => match &packages.run_in {
                Some(ManagerPlace::Other(origin)) => Self::Packages(Box::new(PackagesAction {
                    run_in: Some(ManagerPlace::Other(origin.nameless())),
                    ..PackagesAction::clone(packages)
                })),
                _ => return Cow::Borrowed(self),
            },
            _ => return Cow::Borrowed(self),
        })
    }
}

/// A command in the root.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunAction {
    /// Program and arguments; a script is the last argument of its shell.
    pub command: Vec<String>,
    /// The whole environment.
    pub env: BTreeMap<String, String>,
    /// Absolute path in the root.
    pub workdir: String,
    /// `NAME[:GROUP]` or ids, resolved in the root.
    pub user: String,
    /// What the command may reach.
    pub network: Network,
    /// What it sees besides the root.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mounts: Vec<MountAction>,
    /// Seconds after which it is ended.
    #[serde(serialize_with = "seconds", skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,
}

/// A file with content from the recipe.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WriteAction {
    /// Absolute path in the root.
    pub path: BytePath,
    /// Content.
    pub content: String,
    /// Owner.
    pub owner: Owner,
    /// Permission bits.
    pub mode: Mode,
    /// Capabilities of whoever executes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capabilities: Option<FileCapabilities>,
}

/// A link.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LinkAction {
    /// Absolute path in the root.
    pub path: BytePath,
    /// The link's text, or for a hard link the absolute path of the file.
    pub target: BytePath,
    /// A hard link instead of a symbolic one.
    pub hard: bool,
    /// Owner of a symbolic link.
    pub owner: Owner,
}

/// A directory with all its parents.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DirectoryAction {
    /// Absolute path in the root.
    pub path: BytePath,
    /// Owner, where the recipe says one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
    /// Permission bits, where the recipe says them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
}

/// Paths that go away.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RemoveAction {
    /// Absolute paths or globs in the root.
    pub patterns: Vec<String>,
}

/// Paths that get another owner or mode.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PermissionsAction {
    /// Absolute paths or globs in the root.
    pub patterns: Vec<String>,
    /// New owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
    /// New permission bits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// With everything below.
    pub recursive: bool,
    /// Capabilities of whoever executes the files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capabilities: Option<FileCapabilities>,
}

fn seconds<S: serde::Serializer>(
    duration: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    duration.map(|d| d.as_secs_f64()).serialize(serializer)
}
