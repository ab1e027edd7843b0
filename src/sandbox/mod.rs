//! Runs one foreign command in a confined root.
//!
//! In goes a [`Sandbox`]: a root, mounts, a command, who runs it and what it may do. Out come its
//! output, line by line, and an [`Exit`]. While it runs it sees the root that was described and
//! nothing else of the host: namespaces of its own for mounts, processes, IPC, names, control
//! groups and, unless asked otherwise, the network; eleven capabilities; no descriptor but its
//! standard three. When [`Launcher::run`] returns, no process of the sandbox is left, and no
//! mount; both also hold when the caller is killed in the middle.
//!
//! ```text
//! caller ──spawns──► guard ──forks──► pid 1 ──forks──► command
//!   │   control socket │  kills pid 1   │ mounts, reaps,   │ drops privileges,
//!   └──── output ◄─────┼── when told ───┘ kills what is    └ executes
//!         (a pipe)     └── or alone       left at the end
//! ```
//!
//! The caller may have threads, and between fork and exec a process with threads may do next to
//! nothing. So guard, pid 1 and command come from the binary executed again: a binary that runs
//! sandboxes calls [`init`] first thing in `main` when [`is_init`] says so.
//!
//! A caller that is not root first moves into a user namespace, with [`enter`]; [`Isolation`] says
//! what can be owned there. What cannot, pid 1 records when the command asks the kernel for it. In a
//! container whose `/proc` is covered in part, the sandbox has that `/proc` and a user namespace of
//! its own ([`Processes`]).
//!
//! Every path is opened once and then used as a descriptor: sources before anything is mounted,
//! targets resolved inside the root (openat2(2)). This module knows nothing of recipes and steps,
//! and it is the only one with `unsafe`.

mod ability;
mod attach;
mod cancel;
mod capability;
mod command;
mod control;
mod conversation;
mod device;
mod enclosure;
mod error;
mod filesystem;
mod guard;
mod handover;
mod init;
mod item;
mod kernel;
mod launcher;
mod mount;
mod namespace;
mod nest;
mod output;
mod overlay;
mod probe;
mod processes;
mod program;
mod refusal;
mod request;
mod root;
mod seccomp;
mod skeleton;
mod stage;
mod standing;
mod subordinate;
mod supervisor;
mod syscall;
mod target;
mod terminal;
mod trial;
mod trial_program;
mod user;
mod wire;

pub use ability::{Seccomp, landlock_version};
pub use attach::Screen;
pub use cancel::Cancel;
pub use capability::{Capability, CapabilitySet};
pub use enclosure::enclosed;
pub use error::{SandboxError, SystemError};
pub use launcher::{Ended, Launcher};
pub use mount::{Mount, Root};
pub use namespace::{Entered, WantedIsolation, enter};
pub use processes::Processes;
pub use refusal::{Refusal, UNCOVERED};
pub use request::{Attached, Captured, Exit, Network, Sandbox, Stream};
pub use standing::{Isolation, UNKNOWN_OWNER, outside_owner, place_name};
pub use supervisor::Owned;
pub use trial::{Answer, Failure, Trial, answer, is_trial};
pub use user::User;

/// The first argument of a binary that is to be a sandbox's guard.
const INIT_ARGUMENT: &str = "__sandbox";

/// Whether this process was started by a [`Launcher`] to hold a sandbox.
pub fn is_init() -> bool {
    std::env::args_os()
        .nth(1)
        .is_some_and(|argument| argument == INIT_ARGUMENT)
}

/// Sets up the sandbox that the launcher describes, runs its command, and reports.
///
/// To be called in `main` before anything else, while the process has one thread.
pub fn init() -> std::process::ExitCode {
    guard::hold()
}
