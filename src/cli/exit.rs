//! Exit statuses, the contract with scripts.

use std::process::ExitCode;

use onelayer::ops;

/// Why the command ended; the number is the process's exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Done.
    Success = 0,
    /// The recipe is rejected; diagnostics were printed.
    Rejected = 1,
    /// The command line is wrong.
    Usage = 2,
    /// A step or check failed.
    Step = 3,
    /// This host cannot do it.
    Host = 4,
    /// Input, output or disk failed.
    Io = 5,
    /// A bug in onelayer.
    Bug = 70,
    /// SIGINT.
    Interrupted = 130,
    /// SIGTERM.
    Terminated = 143,
}

/// What each status means, for help and manual.
pub(crate) const MEANINGS: [(&str, &str); 8] = [
    ("0", "done"),
    ("1", "the recipe is rejected; what is wrong was printed"),
    ("2", "usage"),
    (
        "3",
        "a step or check failed; the message names it, its exit status and the end of its output",
    ),
    (
        "4",
        "this host cannot do it (tool, privilege, kernel); the message says what would make it",
    ),
    ("5", "input, output or disk failed"),
    ("70", "a bug in onelayer"),
    ("130, 143", "interrupted; nothing partial is left"),
];

/// The table below the command's help.
pub(crate) fn statuses() -> String {
    let lines = MEANINGS.map(|(status, meaning)| format!("  {status:8}  {meaning}"));
    format!("Exit statuses:\n{}", lines.join("\n"))
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl From<&ops::Error> for Exit {
    fn from(error: &ops::Error) -> Self {
        match error.kind() {
            ops::ErrorKind::Rejected => Self::Rejected,
            ops::ErrorKind::Usage => Self::Usage,
            ops::ErrorKind::Step => Self::Step,
            ops::ErrorKind::Host => Self::Host,
            ops::ErrorKind::Io => Self::Io,
            ops::ErrorKind::Cancelled => Self::Interrupted,
            // One that is not known here is one that nobody has thought of.
            _ => Self::Bug,
        }
    }
}
