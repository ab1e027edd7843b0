//! Pid 1 of a sandbox: makes the root, starts the command, outlives everything in it.

use std::io::PipeReader;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::CloneFlags;
use nix::sys::signal::{SigSet, Signal as Wanted};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use rustix::process::{
    DumpableBehavior, Pid, Signal, WaitOptions, WaitStatus, kill_process_group,
    set_dumpable_behavior, set_parent_process_death_signal, wait,
};

use super::control::{self, Report};
use super::error::{SandboxError, Tried};
use super::launcher::Ended;
use super::processes::Processes;
use super::request::{Exit, Network, Sandbox};
use super::standing::Isolation;
use super::supervisor::{Eyes, Supervisor};
use super::target::Undo;
use super::{command, nest, root, syscall, user};

/// Runs the sandbox and reports.
///
/// `life` ends with the guard, which listens at the other end of `guard` for a wish for id maps.
pub(super) fn run(
    sandbox: &Sandbox,
    control: &UnixStream,
    life: &PipeReader,
    guard: UnixStream,
) -> ExitCode {
    let report = match hold(sandbox, life, guard) {
        Ok(ended) => Report::Exited(ended),
        Err(error) => Report::Failed(error),
    };
    control::report(control, &report);
    // The kernel kills what is left, of which there should be nothing.
    ExitCode::SUCCESS
}

fn hold(sandbox: &Sandbox, life: &PipeReader, guard: UnixStream) -> Result<Ended, SandboxError> {
    set_parent_process_death_signal(Some(Signal::KILL))
        .tried(|| "tie the sandbox to its guard".to_owned())?;
    // The guard may have died before that.
    let mut fds = [PollFd::new(life.as_fd(), PollFlags::POLLIN)];
    if poll(&mut fds, PollTimeout::ZERO) != Ok(0) {
        return Err(SandboxError::Lost);
    }
    // Nothing in the sandbox may look into this process, its memory, its descriptors or the
    // program it runs, whatever its user.
    set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .tried(|| "hide the sandbox's pid 1".to_owned())?;
    rustix::process::setsid().tried(|| "make a session".to_owned())?;

    let isolation = Isolation::current().unwrap_or(Isolation::Root);
    let processes = separate(sandbox, isolation, guard)?;
    let eyes = isolation.is_namespace().then(|| Eyes::open(processes));
    let eyes = eyes.transpose()?;
    let mut undo = Undo::default();
    let entered = root::enter(
        &sandbox.root,
        &sandbox.mounts,
        sandbox.standard_mounts,
        processes,
        &mut undo,
    );
    let ended = entered
        .and_then(|()| user::resolve(&sandbox.user))
        .and_then(|identity| {
            let (command, mut supervisor) = command::start(sandbox, &identity, isolation, eyes)?;
            let exit = wait_for(command, supervisor.as_mut())?;
            Ok((exit, (identity.uid, identity.gid), supervisor))
        });
    end_all();
    let ended = ended.map(|(exit, identity, supervisor)| Ended {
        exit,
        identity,
        owned: supervisor.map(Supervisor::finish).unwrap_or_default(),
    });
    let finished = undo.undo();
    ended.and_then(|ended| finished.map(|()| ended))
}

/// Leaves the caller's namespaces; what the command is going to see of other processes.
fn separate(
    sandbox: &Sandbox,
    isolation: Isolation,
    guard: UnixStream,
) -> Result<Processes, SandboxError> {
    let processes = if isolation.is_namespace() {
        choose(guard)?
    } else {
        drop(guard);
        Processes::Own
    };
    let mut flags = CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWUTS
        | CloneFlags::CLONE_NEWCGROUP;
    if sandbox.network == Network::None {
        flags |= CloneFlags::CLONE_NEWNET;
    }
    nix::sched::unshare(flags)
        .tried(|| "make namespaces for mounts, IPC, names and the network".to_owned())?;
    // From here on no mount is seen outside.
    let private =
        rustix::mount::MountPropagationFlags::PRIVATE | rustix::mount::MountPropagationFlags::REC;
    rustix::mount::mount_change("/", private)
        .tried(|| "separate the mounts from the host's".to_owned())?;
    match nix::unistd::sethostname("localhost") {
        // A container's filter of system calls may forbid it: then commands see the container's name.
        Err(Errno::EPERM) if isolation.is_namespace() => {}
        other => other.tried(|| "set the host name".to_owned())?,
    }
    // A new namespace begins with the host's.
    match rustix::system::setdomainname(b"(none)") {
        Err(rustix::io::Errno::PERM) if isolation.is_namespace() => {}
        other => other.tried(|| "set the domain name".to_owned())?,
    }
    if sandbox.network == Network::None {
        syscall::raise_loopback().tried(|| "bring the loopback device up".to_owned())?;
    }
    match syscall::join_new_keyring() {
        // Without keys in the kernel there are none to hide.
        Err(error) if error.raw_os_error() == Some(libc::ENOSYS) => {}
        other => other.tried(|| "make a session keyring".to_owned())?,
    }
    Ok(processes)
}

/// Asks the kernel for a `/proc` of the sandbox's own processes. Where there is none this process
/// moves into a user namespace of its own.
fn choose(guard: UnixStream) -> Result<Processes, SandboxError> {
    let operation = || "make a mount namespace".to_owned();
    nix::sched::unshare(CloneFlags::CLONE_NEWNS).tried(operation)?;
    let processes = Processes::tried().tried(|| "mount `/proc`".to_owned())?;
    if processes == Processes::All {
        nest::enter(guard)?;
    }
    Ok(processes)
}

/// Waits for the command, reaping every orphan meanwhile, passing the guard's orders on and
/// answering the kernel's questions.
fn wait_for(command: Pid, mut supervisor: Option<&mut Supervisor>) -> Result<Exit, SandboxError> {
    let operation = || "wait for the command".to_owned();
    let mut signals = SigSet::empty();
    signals.add(Wanted::SIGCHLD);
    signals.add(Wanted::SIGTERM);
    signals.add(Wanted::SIGINT);
    let flags = SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC;
    let signals = SignalFd::with_flags(&signals, flags).tried(operation)?;
    loop {
        let mut fds = vec![PollFd::new(signals.as_fd(), PollFlags::POLLIN)];
        if let Some(supervisor) = &supervisor {
            fds.push(PollFd::new(supervisor.listener(), PollFlags::POLLIN));
        }
        match poll(&mut fds, PollTimeout::NONE) {
            Err(Errno::EINTR) => continue,
            other => other.tried(operation)?,
        };
        let events = |fd: &PollFd<'_>| fd.revents().unwrap_or(PollFlags::empty());
        let signalled = !events(&fds[0]).is_empty();
        let asked = fds.get(1).map(events).unwrap_or(PollFlags::empty());
        drop(fds);
        if asked.contains(PollFlags::POLLIN)
            && let Some(supervisor) = &mut supervisor
        {
            supervisor.answer();
        } else if !asked.is_empty() {
            // Nobody is left who could ask.
            supervisor = None;
        }
        if !signalled {
            continue;
        }
        while let Ok(Some(signal)) = signals.read_signal() {
            match Wanted::try_from(signal.ssi_signo as i32) {
                Ok(Wanted::SIGTERM) => {
                    let _ = kill_process_group(command, Signal::TERM);
                }
                Ok(Wanted::SIGINT) => kill_all(),
                _ => {}
            }
        }
        // One SIGCHLD may stand for many children.
        let mut exit = None;
        while let Ok(Some((pid, status))) = wait(WaitOptions::NOHANG) {
            if pid == command {
                exit = ended(status);
            }
        }
        if let Some(exit) = exit {
            return Ok(exit);
        }
    }
}

fn ended(status: WaitStatus) -> Option<Exit> {
    status
        .exit_status()
        .map(Exit::Code)
        .or_else(|| status.terminating_signal().map(Exit::Signal))
}

/// Everything in the sandbox but this process.
fn kill_all() {
    let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(-1), Wanted::SIGKILL);
}

/// Ends what the command left running.
fn end_all() {
    kill_all();
    // Fails when there is no child any more; orphans become children of this process.
    while rustix::io::retry_on_intr(|| wait(WaitOptions::empty())).is_ok() {}
}
