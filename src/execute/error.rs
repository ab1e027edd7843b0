//! Why a plan could not be carried out.

use std::fmt;
use std::io;

use super::accounts::{AccountsError, DatabaseError};
use super::archive::ArchiveError;
use super::base::BaseError;
use super::certificates::CertificatesError;
use super::fetch::FetchError;
use crate::packages::PackagesError;
use crate::rootfs::RootfsError;
use crate::sandbox::{Exit, SandboxError};
use crate::store::StoreError;
use crate::tree::{ResolveError, TreeError};

/// A step that failed, with what it was doing.
#[derive(Debug, thiserror::Error)]
#[error("{place}")]
pub struct StepError {
    /// Where the plan could not go on.
    pub place: Place,
    /// Why it failed.
    pub source: ExecuteError,
}

/// A place in a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Before all steps.
    Start,
    /// What a root starts from, or takes files from.
    Base {
        /// As the recipe names it.
        base: String,
    },
    /// A step.
    Step {
        /// Number of the step, from 1.
        step: usize,
        /// How many steps there are.
        of: usize,
        /// What the step does.
        title: String,
    },
    /// A shell for somebody to look around in.
    Shell,
    /// What must hold when a root is finished.
    Checks {
        /// The stage; none for the image itself.
        stage: Option<String>,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start => f.write_str("cannot begin"),
            Self::Shell => f.write_str("cannot run a command in the root as it stands"),
            Self::Base { base } => write!(f, "cannot use `{base}`"),
            Self::Checks { stage: None } => f.write_str("the image is not as its checks want it"),
            // What another recipe builds.
            Self::Checks { stage: Some(stage) } if stage.contains(':') => {
                write!(f, "`{stage}` is not as its checks want it")
            }
            Self::Checks { stage: Some(stage) } => {
                write!(f, "stage `{stage}` is not as its checks want it")
            }
            Self::Step { step, of, title } => write!(f, "step {step} of {of} failed: {title}"),
        }
    }
}

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExecuteError {
    /// Foreign code ended other than well.
    #[error("{}{}", ending(*exit), output(last_lines))]
    Exit {
        /// How it ended.
        exit: Exit,
        /// The end of its output.
        last_lines: Vec<String>,
    },
    /// There is nothing to type commands into.
    #[error("the root has neither `/bin/bash` nor `/bin/sh`")]
    NoShell,
    /// The sandbox could not be set up.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The package manager could not be used.
    #[error(transparent)]
    Packages(#[from] PackagesError),
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A change set could not be listed.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// A path means nothing in the root.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// A change set could not be written.
    #[error(transparent)]
    Rootfs(#[from] RootfsError),
    /// A file could not be fetched.
    #[error(transparent)]
    Fetch(Box<FetchError>),
    /// Users and groups could not be made.
    #[error(transparent)]
    Accounts(Box<AccountsError>),
    /// A file of users or groups cannot be used.
    #[error(transparent)]
    Database(Box<DatabaseError>),
    /// Certificates could not be added.
    #[error(transparent)]
    Certificates(Box<CertificatesError>),
    /// An archive could not be unpacked.
    #[error(transparent)]
    Archive(Box<ArchiveError>),
    /// A base could not be unpacked.
    #[error(transparent)]
    Base(Box<BaseError>),
    /// An input could not be read.
    #[error("cannot read `{path}`")]
    Input {
        /// Path in the context, or in a root.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// An input belongs to somebody whom a user namespace does not have.
    #[error("`{path}` belongs to another user of this host, whom onelayer cannot see without root")]
    UnknownOwner {
        /// Path in the context.
        path: String,
    },
    /// An input is not what it was when the plan was made.
    #[error("`{path}` changed while the image was built")]
    InputChanged {
        /// Path in the context.
        path: String,
    },
    /// A file could not be written.
    #[error("cannot write `{path}`")]
    Write {
        /// Path in the root.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// A file is to replace a folder.
    #[error("`{path}` is a folder in the root")]
    IsADirectory {
        /// Path in the root.
        path: String,
    },
    /// A folder is to be where something else is.
    #[error("`{path}` is no folder in the root")]
    NotADirectory {
        /// Path in the root.
        path: String,
    },
    /// Only a regular file can have capabilities.
    #[error("`{path}` is no regular file, so it cannot have capabilities")]
    NotAFile {
        /// Path in the root.
        path: String,
    },
    /// What should be changed is not there.
    #[error("there is no `{path}` in the root")]
    Missing {
        /// Path or glob in the root.
        path: String,
    },
    /// A link leads to a folder where links are followed.
    #[error("`{path}` leads to a folder, which cannot be copied in its place")]
    LinkToDirectory {
        /// Path of the link in the root that is copied from.
        path: String,
    },
    /// What should be copied from is not there.
    #[error("there is no `{origin}` to copy from")]
    NoOrigin {
        /// The stage or image.
        origin: String,
    },
    /// What should be mounted is not there.
    #[error("there is no `{path}` in `{origin}`")]
    NotInOrigin {
        /// Path in the stage or image.
        path: String,
        /// The stage or image.
        origin: String,
    },
    /// Checks do not hold.
    #[error("{} of {of} checks failed{}", failures.len(), list(failures))]
    Checks {
        /// How many there are.
        of: usize,
        /// Titles of those that failed, with what is wrong.
        failures: Vec<String>,
    },
    /// The work could not begin.
    #[error("cannot wait for signals")]
    Start {
        /// What the system said.
        source: io::Error,
    },
    /// The work needs a thread, and there can be none.
    #[error("cannot start a thread")]
    Thread {
        /// What the system said.
        source: io::Error,
    },
    /// A user or group that the root does not know.
    #[error("the root has no {kind} `{name}`")]
    UnknownName {
        /// `user` or `group`.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// A glob that cannot be read.
    #[error("`{pattern}` is no valid glob")]
    Glob {
        /// The glob.
        pattern: String,
        /// What is wrong with it.
        source: globset::Error,
    },
}

/// Large errors of single kinds of steps are boxed: every step returns this type.
macro_rules! boxed {
    ($($variant:ident($error:ty)),*) => {$(
        impl From<$error> for ExecuteError {
            fn from(error: $error) -> Self {
                Self::$variant(Box::new(error))
            }
        }
    )*};
}

boxed!(
    Fetch(FetchError),
    Archive(ArchiveError),
    Base(BaseError),
    Accounts(AccountsError),
    Database(DatabaseError),
    Certificates(CertificatesError)
);

impl ExecuteError {
    /// Nobody wants the step any more.
    pub(super) const CANCELLED: Self = Self::Exit {
        exit: Exit::Cancelled,
        last_lines: Vec::new(),
    };

    /// What the user can do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Packages(error) => error.help().map(str::to_owned),
            Self::Accounts(error) => error.help().map(str::to_owned),
            Self::Certificates(error) => error.help().map(str::to_owned),
            Self::Fetch(error) => error.help().map(str::to_owned),
            Self::Archive(error) => error.help().map(str::to_owned),
            Self::Base(error) => error.help().map(str::to_owned),
            Self::NoShell => Some(
                "name a program that it has after `--`, or install a shell in an earlier step"
                    .to_owned(),
            ),
            Self::InputChanged { .. } => Some("build again".to_owned()),
            Self::UnknownOwner { .. } => Some(
                "own the file, say with `owner` whose it shall be, or run it as root".to_owned(),
            ),
            Self::IsADirectory { path } => Some(format!(
                "name what shall be in it, as `{path}/NAME`, or remove it first"
            )),
            Self::UnknownName { .. } => {
                Some("use a number, or make the user in an earlier step".to_owned())
            }
            _ => None,
        }
    }
}

/// How a command ended, in words.
pub(super) fn ending(exit: Exit) -> String {
    match exit {
        Exit::Code(code) => format!("exit status {code}"),
        Exit::Signal(signal) => format!("killed by signal {signal}"),
        Exit::TimedOut => "the timeout was reached".to_owned(),
        Exit::Cancelled => "interrupted".to_owned(),
    }
}

fn output(lines: &[String]) -> String {
    if lines.is_empty() {
        return ", no output".to_owned();
    }
    format!(", the end of its output:{}", quote(lines))
}

/// Lines that somebody else wrote, each on a line of its own.
pub(super) fn quote(lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| format!("\n    | {line}")).collect();
    lines.concat()
}

fn list(failures: &[String]) -> String {
    let lines = failures.iter().map(|failure| format!("\n  - {failure}"));
    lines.collect()
}

/// A path of a root as messages show it.
pub(super) fn shown(path: &[u8]) -> String {
    crate::tree::display(path).to_string()
}
