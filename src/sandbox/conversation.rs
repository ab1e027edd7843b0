//! What happens between caller and sandbox while a command runs.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::cancel::Cancel;
use super::control::{KILL, Report, TERMINATE};
use super::error::{SandboxError, Tried};
use super::launcher::Ended;
use super::output::Lines;
use super::request::{Exit, Sandbox};

/// How long pid 1 may take to end everything and report, before it is killed itself.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often a second wish to stop is looked for, after the first.
const TICK: Duration = Duration::from_millis(100);
/// What is still read of the output when nobody is left to write: a full pipe, the largest there
/// is. More would come from a descriptor that was smuggled out.
const REMAINDER: usize = 1 << 20;

/// How far the end of the command has been pursued.
#[derive(Debug, Clone, Copy)]
enum Pursuit {
    /// Not at all.
    Running,
    /// It was asked to end, until this time.
    Asked(Instant),
    /// Everything in the sandbox was killed; pid 1 reports until this time.
    Killed(Instant),
    /// Pid 1 is being killed.
    Abandoned,
}

/// One run, from the caller's side.
pub(super) struct Conversation<'a> {
    sandbox: &'a Sandbox,
    control: &'a UnixStream,
    output: Option<OwnedFd>,
    cancel: &'a Cancel,
    started: Instant,
    pursuit: Pursuit,
    /// Why the command is being ended.
    reason: Option<Exit>,
    report: Vec<u8>,
    lines: Lines,
}

impl<'a> Conversation<'a> {
    pub(super) fn new(
        sandbox: &'a Sandbox,
        control: &'a UnixStream,
        output: OwnedFd,
        cancel: &'a Cancel,
    ) -> Conversation<'a> {
        Conversation {
            sandbox,
            control,
            output: Some(output),
            cancel,
            started: Instant::now(),
            pursuit: Pursuit::Running,
            reason: None,
            report: Vec::new(),
            lines: Lines::default(),
        }
    }

    /// Listens until the sandbox has ended.
    pub(super) fn hold(mut self, line: &mut dyn FnMut(&[u8])) -> Result<Ended, SandboxError> {
        let operation = || "listen to the sandbox".to_owned();
        if let Some(output) = &self.output {
            rustix::io::ioctl_fionbio(output, true).tried(operation)?;
        }
        while self.listen(line).tried(operation)? {
            self.pursue();
        }
        // Nobody in the sandbox is left. Its output need not have ended: a command with the
        // host's network can hand the descriptor to a process outside.
        let mut remainder = 0;
        while remainder < REMAINDER {
            match self.read_output(line) {
                Some(count @ 1..) => remainder += count,
                _ => break,
            }
        }
        std::mem::take(&mut self.lines).finish(line);
        let report = serde_json::from_slice(&self.report);
        match (self.reason, report) {
            (_, Ok(Report::Failed(error))) => Err(error),
            (Some(exit), _) => Ok(Ended {
                exit,
                identity: (0, 0),
                owned: Vec::new(),
            }),
            (None, Ok(Report::Exited(ended))) => Ok(ended),
            (None, Err(_)) => Err(SandboxError::Lost),
        }
    }

    /// Waits for something to happen and takes it in; whether the sandbox still lives.
    fn listen(&mut self, line: &mut dyn FnMut(&[u8])) -> io::Result<bool> {
        let asked = self.reason.is_some();
        let mut fds = vec![PollFd::new(self.control.as_fd(), PollFlags::POLLIN)];
        if !asked {
            fds.push(PollFd::new(self.cancel.signal(), PollFlags::POLLIN));
        }
        let output = self.output.as_ref().map(|output| {
            fds.push(PollFd::new(output.as_fd(), PollFlags::POLLIN));
            fds.len() - 1
        });
        match poll(&mut fds, self.timeout()) {
            Ok(_) => {}
            Err(nix::errno::Errno::EINTR) => return Ok(true),
            Err(errno) => return Err(errno.into()),
        }
        let ready = |fd: &PollFd<'_>| fd.any().unwrap_or(true);
        let talks = ready(&fds[0]);
        let writes = output.is_some_and(|index| ready(&fds[index]));
        drop(fds);
        if writes && self.read_output(line) == Some(0) {
            self.output = None;
        }
        if talks {
            let mut bytes = [0; 4096];
            match self.control.read(&mut bytes) {
                Ok(0) => return Ok(false),
                Ok(count) => self.report.extend_from_slice(&bytes[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // The guard died before it had read everything.
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Reads some output: its length, 0 at the end, nothing when there is none at present.
    fn read_output(&mut self, line: &mut dyn FnMut(&[u8])) -> Option<usize> {
        let mut bytes = [0; 64 << 10];
        match rustix::io::read(self.output.as_ref()?, &mut bytes) {
            Ok(count) => {
                self.lines.push(&bytes[..count], line);
                Some(count)
            }
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => None,
            Err(_) => Some(0),
        }
    }

    fn timeout(&self) -> PollTimeout {
        let until = match self.pursuit {
            Pursuit::Running => self
                .sandbox
                .timeout
                .map(|timeout| timeout.saturating_sub(self.started.elapsed())),
            Pursuit::Asked(until) => {
                Some(until.saturating_duration_since(Instant::now()).min(TICK))
            }
            Pursuit::Killed(until) => Some(until.saturating_duration_since(Instant::now())),
            Pursuit::Abandoned => None,
        };
        match until {
            None => PollTimeout::NONE,
            // Rounded up, so that the time has come when poll(2) returns.
            Some(until) => {
                PollTimeout::try_from(until + Duration::from_millis(1)).unwrap_or(PollTimeout::MAX)
            }
        }
    }

    /// Ends the command by degrees: asked, killed, abandoned.
    fn pursue(&mut self) {
        let now = Instant::now();
        match self.pursuit {
            Pursuit::Running => {
                let late = |timeout| self.started.elapsed() >= timeout;
                if self.cancel.is_cancelled() {
                    self.reason = Some(Exit::Cancelled);
                } else if self.sandbox.timeout.is_some_and(late) {
                    self.reason = Some(Exit::TimedOut);
                } else {
                    return;
                }
                self.order(TERMINATE);
                self.pursuit = Pursuit::Asked(now + self.sandbox.grace);
            }
            Pursuit::Asked(until) if now >= until || self.is_impatient() => {
                self.order(KILL);
                self.pursuit = Pursuit::Killed(now + PATIENCE);
            }
            Pursuit::Killed(until) if now >= until => {
                // The guard takes the end of the socket for the end of the caller.
                let _ = self.control.shutdown(Shutdown::Write);
                self.pursuit = Pursuit::Abandoned;
            }
            _ => {}
        }
    }

    /// Whether somebody wants to stop although the command was asked to end already.
    fn is_impatient(&self) -> bool {
        let first = usize::from(self.reason == Some(Exit::Cancelled));
        self.cancel.wishes() > first
    }

    fn order(&self, order: u8) {
        let mut control = self.control;
        let _ = control.write_all(&[order]);
    }
}
