//! The process between caller and pid 1: it stays outside the sandbox and can always kill it.
//!
//! Pid 1 may hang in a mount, and it cannot be told from inside that its caller is gone. The
//! guard waits for three things only: an order of the caller, the end of the caller, the end of
//! pid 1. The kernel kills pid 1 when the guard dies (PR_SET_PDEATHSIG), and everything else in
//! the sandbox when pid 1 does (pid_namespaces(7)).

use std::io::Read;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::CloneFlags;
use nix::sys::signal::SigSet;
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitOptions, pidfd_open, pidfd_send_signal,
    set_parent_process_death_signal, waitpid,
};

use super::control::{self, KILL, Report, TERMINATE};
use super::error::{SandboxError, Tried};
use super::request::Attached;
use super::{device, handover, init, nest, syscall};

/// Runs the sandbox that the caller describes on standard input, a socket.
pub(super) fn hold() -> ExitCode {
    // Without descriptors from the caller before anything else happens.
    let prepared = syscall::close_from(3)
        .and_then(|()| Ok(set_parent_process_death_signal(Some(Signal::KILL))?))
        .and_then(|()| Ok(rustix::io::fcntl_dupfd_cloexec(std::io::stdin(), 3)?));
    let Ok(control) = prepared.map(UnixStream::from) else {
        return ExitCode::FAILURE;
    };
    match run(&control) {
        Ok(code) => code,
        Err(error) => {
            control::report(&control, &Report::Failed(error));
            ExitCode::FAILURE
        }
    }
}

fn run(control: &UnixStream) -> Result<ExitCode, SandboxError> {
    let null = device::open(device::NULL)?;
    nix::unistd::dup2_stdin(&null).tried(|| "close standard input".to_owned())?;
    let sandbox =
        control::receive(control).tried(|| "read the description of the sandbox".to_owned())?;
    if sandbox.attached != Attached::No {
        let input = handover::receive(control).ok_or(SandboxError::Lost)?;
        nix::unistd::dup2_stdin(&input).tried(|| "take standard input".to_owned())?;
    }

    // Signals to pid 1 wait until it asks for them; none of them ends the guard.
    let mut signals = SigSet::empty();
    signals.add(nix::sys::signal::Signal::SIGCHLD);
    signals.add(nix::sys::signal::Signal::SIGTERM);
    signals.add(nix::sys::signal::Signal::SIGINT);
    signals
        .thread_set_mask()
        .tried(|| "block signals".to_owned())?;

    nix::sched::unshare(CloneFlags::CLONE_NEWPID)
        .tried(|| "make a process id namespace".to_owned())?;

    let (life, ours) = std::io::pipe().tried(|| "make a pipe".to_owned())?;
    let pair = UnixStream::pair().tried(|| "make a pair of sockets".to_owned())?;
    let (maps, theirs) = pair;
    let Some(child) = syscall::fork().tried(|| "fork".to_owned())? else {
        drop((ours, maps));
        return Ok(init::run(&sandbox, control, &life, theirs));
    };
    drop((life, theirs));
    drop(sandbox);
    // Output ends when the sandbox does, not when the guard does.
    let _ = nix::unistd::dup2_stdin(&null);
    let _ = nix::unistd::dup2_stdout(&null);
    let _ = nix::unistd::dup2_stderr(&null);
    let pid = Pid::from_raw(child.as_raw()).ok_or(SandboxError::Lost)?;
    nest::serve(maps, child);
    watch(control, pid);
    // Returns when pid 1 is reaped, and pid 1 ends after everything else in its namespace.
    let _ = rustix::io::retry_on_intr(|| waitpid(Some(pid), WaitOptions::empty()));
    drop(ours);
    Ok(ExitCode::SUCCESS)
}

/// Passes the caller's orders on until pid 1 has ended, or kills it.
fn watch(mut control: &UnixStream, pid: Pid) {
    let Ok(process) = pidfd_open(pid, PidfdFlags::empty()) else {
        let _ = rustix::process::kill_process(pid, Signal::KILL);
        return;
    };
    let send = |signal| {
        let _ = pidfd_send_signal(&process, signal);
    };
    loop {
        let mut fds = [
            PollFd::new(process.as_fd(), PollFlags::POLLIN),
            PollFd::new(control.as_fd(), PollFlags::POLLIN),
        ];
        match poll(&mut fds, PollTimeout::NONE) {
            Err(nix::errno::Errno::EINTR) => continue,
            Err(_) => return send(Signal::KILL),
            Ok(_) => {}
        }
        let ready = |fd: &PollFd<'_>| fd.any().unwrap_or(true);
        if ready(&fds[0]) {
            return;
        }
        if !ready(&fds[1]) {
            continue;
        }
        let mut order = [0];
        match control.read(&mut order) {
            Ok(1) if order[0] == TERMINATE => send(Signal::TERM),
            Ok(1) if order[0] == KILL => send(Signal::INT),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            // The caller is gone, or has lost its patience.
            _ => return send(Signal::KILL),
        }
    }
}
