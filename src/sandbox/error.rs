//! What can fail before, while and after a command runs.

use std::fmt;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// An error of the operating system that can be sent from process to process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemError(i32);

impl SystemError {
    /// The error number (errno(3)).
    pub fn errno(self) -> i32 {
        self.0
    }
}

impl fmt::Display for SystemError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        io::Error::from_raw_os_error(self.0).fmt(f)
    }
}

impl std::error::Error for SystemError {}

impl From<rustix::io::Errno> for SystemError {
    fn from(errno: rustix::io::Errno) -> Self {
        SystemError(errno.raw_os_error())
    }
}

impl From<nix::errno::Errno> for SystemError {
    fn from(errno: nix::errno::Errno) -> Self {
        SystemError(errno as i32)
    }
}

impl From<io::Error> for SystemError {
    fn from(error: io::Error) -> Self {
        SystemError(error.raw_os_error().unwrap_or(libc::EIO))
    }
}

/// Why a command could not be run.
///
/// A command that ran and failed is no error: see [`Exit`](super::Exit).
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
#[non_exhaustive]
pub enum SandboxError {
    /// This host, or this user, cannot make a sandbox.
    #[error("cannot {operation}: {source}; {cure}")]
    Unsupported {
        /// What was tried.
        operation: String,
        /// What would make it work.
        cure: String,
        /// What the kernel said.
        source: SystemError,
    },
    /// The kernel refused the overlay; another kind of root may work.
    #[error(
        "cannot lay an overlay over `{}`: {source}{}; \
         keep the cache on a local file system such as ext4, xfs or tmpfs that is no overlay itself",
        upper.display(), with_colon(detail)
    )]
    Overlay {
        /// The directory for changes.
        upper: PathBuf,
        /// What the kernel logged about it, or nothing.
        detail: String,
        /// What the kernel said.
        source: SystemError,
    },
    /// Setting up the sandbox failed.
    #[error("cannot {operation}: {source}")]
    Setup {
        /// What was tried, with its path.
        operation: String,
        /// What the kernel said.
        source: SystemError,
    },
    /// Something in the root stands where the sandbox must mount.
    #[error("cannot mount on `{}`: it is {found} in the root; {cure}", path.display())]
    MountPoint {
        /// The path in the root.
        path: PathBuf,
        /// What is there, with its article.
        found: String,
        /// What to do.
        cure: String,
    },
    /// The description of the sandbox contradicts itself.
    #[error("invalid sandbox: {reason}")]
    Invalid {
        /// What is wrong with it.
        reason: String,
    },
    /// The command is not in the root.
    #[error("command `{command}` not found{}", searched(path.as_deref()))]
    CommandNotFound {
        /// As it was asked for.
        command: String,
        /// The `PATH` that was searched, for a name without `/`.
        path: Option<String>,
    },
    /// The command is there, but the program that should read it is not.
    #[error(
        "cannot run `{command}`: it needs `{interpreter}`, which is not in the root; \
         install it, or copy a statically linked program"
    )]
    InterpreterNotFound {
        /// The file.
        command: String,
        /// The program of its `#!` line, or its dynamic loader.
        interpreter: String,
    },
    /// The command is there, but cannot be executed.
    #[error("cannot run `{command}`: {source}; {cure}")]
    NotExecutable {
        /// The file.
        command: String,
        /// What to do.
        cure: String,
        /// What the kernel said.
        source: SystemError,
    },
    /// The working directory cannot be entered.
    #[error("cannot enter the working directory `{}`: {source}", path.display())]
    WorkingDirectory {
        /// The path in the root.
        path: PathBuf,
        /// What the kernel said.
        source: SystemError,
    },
    /// The root does not know the user.
    #[error("unknown user `{user}`: not in the root's `/etc/passwd`; add it, or use a number")]
    UnknownUser {
        /// As it was asked for.
        user: String,
    },
    /// The root does not know the group.
    #[error("unknown group `{group}`: not in the root's `/etc/group`; add it, or use a number")]
    UnknownGroup {
        /// As it was asked for.
        group: String,
    },
    /// An account file of the root cannot be trusted.
    #[error("cannot read `{}` of the root: {reason}", path.display())]
    AccountFile {
        /// The path in the root.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The processes of the sandbox vanished without saying how the command ended.
    #[error(
        "the sandbox died without a report; was it killed from outside (out of memory, \
         an administrator)?"
    )]
    Lost,
}

fn with_colon(detail: &str) -> String {
    if detail.is_empty() {
        String::new()
    } else {
        format!(" ({detail})")
    }
}

fn searched(path: Option<&str>) -> String {
    match path {
        None => " in the root".to_owned(),
        Some("") => {
            ": the environment sets no `PATH`; write the command with its folder".to_owned()
        }
        Some(path) => format!(" in the root's `{path}`"),
    }
}

impl SandboxError {
    /// Whether the host is to blame, and not the root or the command.
    pub fn is_unsupported(&self) -> bool {
        matches!(
            self,
            SandboxError::Unsupported { .. } | SandboxError::Overlay { .. }
        )
    }

    /// Whether the command itself is to blame: missing, not executable, nowhere to start, nobody
    /// to run as.
    pub fn is_command(&self) -> bool {
        matches!(
            self,
            SandboxError::CommandNotFound { .. }
                | SandboxError::InterpreterNotFound { .. }
                | SandboxError::NotExecutable { .. }
                | SandboxError::WorkingDirectory { .. }
                | SandboxError::UnknownUser { .. }
                | SandboxError::UnknownGroup { .. }
                | SandboxError::AccountFile { .. }
        )
    }
}

/// Says what was tried when a system call fails.
pub(super) trait Tried<T> {
    /// `operation` continues "cannot …" and names the path.
    fn tried(self, operation: impl FnOnce() -> String) -> Result<T, SandboxError>;
}

impl<T, E: Into<SystemError>> Tried<T> for Result<T, E> {
    fn tried(self, operation: impl FnOnce() -> String) -> Result<T, SandboxError> {
        self.map_err(|error| {
            let source = error.into();
            let operation = operation();
            let cure = match source.errno() {
                libc::EPERM => {
                    "run as root, and in a container with the capability SYS_ADMIN and without a \
                     seccomp profile that forbids mounts (`--privileged`)"
                }
                libc::ENOSYS => "a kernel of Linux 5.12 or later has the system calls for it",
                _ => return SandboxError::Setup { operation, source },
            };
            SandboxError::Unsupported {
                operation,
                cure: cure.to_owned(),
                source,
            }
        })
    }
}
