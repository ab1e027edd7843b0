//! Runs a command for somebody who sits before it: a shell.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::thread::Builder;
use std::time::Duration;

use super::cancel::Cancel;
use super::error::{SandboxError, Tried};
use super::launcher::Launcher;
use super::request::{Attached, Exit, Sandbox};
use super::terminal::{self, Raw};

/// How long a shell may take to end when its terminal has gone; an interactive one ignores the
/// request to end.
const GRACE: Duration = Duration::from_secs(1);

/// Where an attached command's terminal is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// On standard output.
    Output,
    /// On standard error, since standard output is for data.
    Error,
}

impl Screen {
    /// Whether standard input and this are terminals.
    pub fn is_terminal(self) -> bool {
        match self {
            Screen::Output => terminal::is_interactive(&io::stdout()),
            Screen::Error => terminal::is_interactive(&io::stderr()),
        }
    }

    fn show(self, show: impl FnOnce(BorrowedFd<'_>) -> io::Result<()>) -> io::Result<()> {
        match self {
            Screen::Output => show(io::stdout().as_fd()),
            Screen::Error => show(io::stderr().as_fd()),
        }
    }
}

/// What could not be done when there is no thread to carry bytes.
fn thread() -> String {
    "start a thread".to_owned()
}

impl Launcher {
    /// Runs the command of `sandbox` with the caller's standard input, output and error: on a
    /// pseudo-terminal if standard input and `screen` are terminals, else through pipes. The
    /// caller's terminal is afterwards as it was.
    ///
    /// # Errors
    /// When the command could not be started; a command that fails is an [`Exit`].
    pub fn attach(
        &self,
        sandbox: &Sandbox,
        screen: Screen,
        cancel: &Cancel,
    ) -> Result<Exit, SandboxError> {
        let mut sandbox = sandbox.clone();
        sandbox.grace = GRACE;
        // Of this command alone: its terminal may be closed while others go on.
        let cancel = &cancel.child().tried(|| "start the sandbox".to_owned())?;
        if screen.is_terminal() {
            sandbox.attached = Attached::Terminal;
            self.attach_terminal(&sandbox, screen, cancel)
        } else {
            sandbox.attached = Attached::Pipes;
            self.attach_pipes(&sandbox, cancel)
        }
    }

    fn attach_terminal(
        &self,
        sandbox: &Sandbox,
        screen: Screen,
        cancel: &Cancel,
    ) -> Result<Exit, SandboxError> {
        let operation = || "make a terminal".to_owned();
        let (ours, theirs) = terminal::pair().tried(operation)?;
        let streams = (
            theirs.try_clone().tried(operation)?,
            theirs.try_clone().tried(operation)?,
        );
        // Ends at once: the relay listens to the terminal instead.
        let (nothing, _) = io::pipe().tried(operation)?;
        let (end, ending) = io::pipe().tried(operation)?;
        let raw = Raw::enter().tried(operation)?;
        let exit = std::thread::scope(|scope| {
            let relay = move || screen.show(|output| terminal::relay(ours, output, end, cancel));
            Builder::new().spawn_scoped(scope, relay).tried(thread)?;
            let ended = self.hold(
                sandbox,
                Some(theirs),
                streams,
                nothing.into(),
                &mut |_| {},
                cancel,
            );
            drop(ending);
            ended
        });
        drop(raw);
        Ok(exit?.exit)
    }

    fn attach_pipes(&self, sandbox: &Sandbox, cancel: &Cancel) -> Result<Exit, SandboxError> {
        let operation = || "start the sandbox".to_owned();
        let (input, mut typed) = io::pipe().tried(operation)?;
        let (mut output, output_writer) = io::pipe().tried(operation)?;
        let (mut error, error_writer) = io::pipe().tried(operation)?;
        let (nothing, _) = io::pipe().tried(operation)?;
        // Not waited for: nobody knows when the caller's standard input ends.
        let typing = move || io::copy(&mut io::stdin(), &mut typed);
        Builder::new().spawn(typing).tried(thread)?;
        let exit = std::thread::scope(|scope| {
            let show = move || io::copy(&mut output, &mut io::stdout());
            Builder::new().spawn_scoped(scope, show).tried(thread)?;
            let show = move || io::copy(&mut error, &mut io::stderr());
            Builder::new().spawn_scoped(scope, show).tried(thread)?;
            let streams = (output_writer.into(), error_writer.into());
            let input: OwnedFd = input.into();
            self.hold(
                sandbox,
                Some(input),
                streams,
                nothing.into(),
                &mut |_| {},
                cancel,
            )
        });
        let _ = io::Write::flush(&mut io::stdout());
        Ok(exit?.exit)
    }
}
