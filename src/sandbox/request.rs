//! What to run, and everything it will see.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::capability::CapabilitySet;
use super::mount::{Mount, Root};
use super::user::User;

/// One command in one confined root.
///
/// Everything the command sees is said here: nothing of the caller's environment, descriptors,
/// working directory, limits or signal settings is passed on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sandbox {
    /// The root directory.
    pub root: Root,
    /// Mounts beside the standard ones, made in this order (after the standard ones).
    pub mounts: Vec<Mount>,
    /// Whether `/proc`, `/sys`, `/dev`, `/tmp` and `/run` are mounted.
    pub standard_mounts: bool,
    /// The command and its arguments, not empty. A name without `/` is looked for in the `PATH`
    /// of [`environment`](Self::environment).
    pub command: Vec<OsString>,
    /// Programs, tried in this order and without arguments, if that of the command cannot be executed.
    pub instead: Vec<OsString>,
    /// Exactly the environment of the command.
    pub environment: Vec<(OsString, OsString)>,
    /// Where the command starts; absolute, resolved inside the root.
    #[serde(with = "super::wire::path")]
    pub working_directory: PathBuf,
    /// What the command reads on standard input.
    pub stdin: Vec<u8>,
    /// Whether somebody sits before it, whose input it reads.
    pub attached: Attached,
    /// Who runs the command.
    pub user: User,
    /// What of the network is reachable.
    pub network: Network,
    /// The capabilities of a command that runs as root; any other user has none.
    pub capabilities: CapabilitySet,
    /// After this time the command is asked to end, then killed.
    pub timeout: Option<Duration>,
    /// How long a command may take to end after it was asked to.
    pub grace: Duration,
}

impl Sandbox {
    /// A command run as root in `root`, with the standard mounts, the default capabilities, no
    /// network, an empty environment and no timeout.
    pub fn new<Word: Into<OsString>>(
        root: Root,
        command: impl IntoIterator<Item = Word>,
    ) -> Sandbox {
        Sandbox {
            root,
            mounts: Vec::new(),
            standard_mounts: true,
            command: command.into_iter().map(Into::into).collect(),
            instead: Vec::new(),
            environment: Vec::new(),
            working_directory: PathBuf::from("/"),
            stdin: Vec::new(),
            attached: Attached::No,
            user: User::ROOT,
            network: Network::None,
            capabilities: CapabilitySet::default(),
            timeout: None,
            grace: Duration::from_secs(10),
        }
    }
}

/// Whether somebody sits before a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Attached {
    /// Nobody: it reads [`Sandbox::stdin`].
    No,
    /// Its standard input is a pipe that the caller writes to.
    Pipes,
    /// Its standard streams are a terminal of its own, which it controls.
    Terminal,
}

/// What of the network a command reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Network {
    /// A network namespace of its own with nothing but `lo`, which is up.
    None,
    /// The caller's network namespace, abstract Unix sockets included.
    Host,
}

/// How a command ended, with what it wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captured {
    /// How it ended.
    pub exit: Exit,
    /// What it wrote to standard output.
    pub output: Stream,
    /// What it wrote to standard error.
    pub error: Stream,
}

/// What a command wrote to one of its streams.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stream {
    /// The beginning of it.
    pub bytes: Vec<u8>,
    /// Whether that is all of it.
    pub is_whole: bool,
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Exit {
    /// It exited with this status.
    Code(i32),
    /// This signal killed it.
    Signal(i32),
    /// It ran into [`Sandbox::timeout`]. How it took the request to end is not reported.
    TimedOut,
    /// It was ended because of [`Cancel`](super::Cancel).
    Cancelled,
}

impl Exit {
    /// Whether the command exited with status 0.
    pub fn success(self) -> bool {
        self == Exit::Code(0)
    }
}
