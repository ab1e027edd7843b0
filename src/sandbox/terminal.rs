//! The terminal of an interactive command: a pseudo-terminal of its own, and what carries bytes
//! between it and the caller's.
//!
//! The command never gets the caller's terminal, which it could change or push input into. Its own
//! is made by the caller and handed over as a descriptor (TIOCGPTPEER, ioctl_tty(2)): no path that
//! the root could replace has a part in it (CVE-2025-52565).

use std::io::{self, IsTerminal};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr, tcsetwinsize};

use super::cancel::Cancel;

/// No more than this waits for the other side to read.
const BLOCK: usize = 16 << 10;

/// Whether somebody sits before standard input and `output`.
pub(super) fn is_interactive(output: &impl IsTerminal) -> bool {
    io::stdin().is_terminal() && output.is_terminal()
}

/// Both ends of a new pseudo-terminal, as large and with the settings of the caller's.
pub(super) fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let ours = openpt(flags)?;
    grantpt(&ours)?;
    unlockpt(&ours)?;
    let theirs = ioctl_tiocgptpeer(&ours, flags)?;
    if let Ok(settings) = tcgetattr(io::stdin()) {
        tcsetattr(&theirs, OptionalActions::Now, &settings)?;
    }
    resize(&ours);
    rustix::io::ioctl_fionbio(&ours, true)?;
    Ok((ours, theirs))
}

/// Makes the command's terminal as large as the caller's; the kernel tells the command.
fn resize(ours: impl AsFd) {
    if let Ok(size) = tcgetwinsize(io::stdin()) {
        let _ = tcsetwinsize(ours, size);
    }
}

/// The caller's terminal without a mind of its own, until this is dropped: also by a panic.
pub(super) struct Raw(Termios);

impl Raw {
    pub(super) fn enter() -> io::Result<Raw> {
        let before = tcgetattr(io::stdin())?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(io::stdin(), OptionalActions::Drain, &raw)?;
        Ok(Raw(before))
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        let _ = tcsetattr(io::stdin(), OptionalActions::Drain, &self.0);
    }
}

/// Carries bytes both ways until `end` can be read, and then what is left of the output. When the
/// caller wants to stop, or its terminal is closed, the command's is closed too: it gets SIGHUP.
pub(super) fn relay(
    ours: OwnedFd,
    output: BorrowedFd<'_>,
    end: impl AsFd,
    cancel: &Cancel,
) -> io::Result<()> {
    let (resized, writer) = UnixStream::pair()?;
    resized.set_nonblocking(true)?;
    let signal = signal_hook::low_level::pipe::register(signal_hook::consts::SIGWINCH, writer)?;
    let carried = carry(&ours, output, end.as_fd(), &resized, cancel);
    signal_hook::low_level::unregister(signal);
    carried
}

fn carry(
    ours: &OwnedFd,
    output: BorrowedFd<'_>,
    end: BorrowedFd<'_>,
    resized: &UnixStream,
    cancel: &Cancel,
) -> io::Result<()> {
    let stdin = io::stdin();
    let mut typed: Vec<u8> = Vec::new();
    loop {
        let wants = match typed.is_empty() {
            true => PollFlags::POLLIN,
            false => PollFlags::POLLIN | PollFlags::POLLOUT,
        };
        let mut fds = vec![
            PollFd::new(ours.as_fd(), wants),
            PollFd::new(end, PollFlags::POLLIN),
            PollFd::new(cancel.signal(), PollFlags::POLLIN),
            PollFd::new(resized.as_fd(), PollFlags::POLLIN),
        ];
        if typed.is_empty() {
            fds.push(PollFd::new(stdin.as_fd(), PollFlags::POLLIN));
        }
        match poll(&mut fds, PollTimeout::NONE) {
            Err(Errno::EINTR) => continue,
            other => other?,
        };
        let ready = |index: usize| fds.get(index).is_some_and(|fd| fd.any().unwrap_or(true));
        let (talks, ended, stopped) = (ready(0), ready(1), ready(2));
        let (sized, types) = (ready(3), ready(4));
        drop(fds);
        if stopped {
            return Ok(());
        }
        if sized {
            let mut bytes = [0; 64];
            while rustix::io::read(resized, &mut bytes).is_ok_and(|count| count > 0) {}
            resize(ours);
        }
        if types {
            let mut block = [0; BLOCK];
            match rustix::io::read(&stdin, &mut block) {
                Ok(count @ 1..) => typed.extend_from_slice(&block[..count]),
                Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => {}
                // Nobody sits there any more.
                _ => {
                    cancel.cancel();
                    return Ok(());
                }
            }
        }
        if !typed.is_empty() {
            match rustix::io::write(ours, &typed) {
                Ok(count) => drop(typed.drain(..count)),
                Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => {}
                Err(_) => typed.clear(),
            }
        }
        if talks && !show(ours, output)? {
            // The command and all that it started have let go of the terminal.
            return Ok(());
        }
        if ended {
            while show(ours, output)? && has_more(ours)? {}
            return Ok(());
        }
    }
}

/// Shows some output; whether there may be more, now or later.
fn show(ours: &OwnedFd, output: BorrowedFd<'_>) -> io::Result<bool> {
    let mut block = [0; BLOCK];
    match rustix::io::read(ours, &mut block) {
        Ok(0) => Ok(false),
        Ok(count) => write_all(output, &block[..count]).map(|()| true),
        Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => Ok(true),
        Err(_) => Ok(false),
    }
}

fn has_more(ours: &OwnedFd) -> io::Result<bool> {
    let mut fds = [PollFd::new(ours.as_fd(), PollFlags::POLLIN)];
    let ready = poll(&mut fds, PollTimeout::ZERO)?;
    Ok(ready > 0
        && fds[0]
            .revents()
            .is_some_and(|e| e.contains(PollFlags::POLLIN)))
}

/// The descriptor may have been made not to wait by whoever shares it.
fn write_all(to: BorrowedFd<'_>, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match rustix::io::write(to, bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(rustix::io::Errno::INTR) => {}
            Err(rustix::io::Errno::AGAIN) => {
                let mut fds = [PollFd::new(to, PollFlags::POLLOUT)];
                let _ = poll(&mut fds, PollTimeout::NONE);
            }
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(())
}
