//! The last process on the way: gives up what the command must not have, and becomes it.

use std::ffi::{CString, OsStr, OsString};
use std::fs::File;
use std::io::{PipeWriter, Read, Seek, Write};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;

use capctl::{Cap, CapState, ambient, bounding};
use nix::sys::signal::SigSet;
use nix::unistd::{Gid, Uid};
use rustix::fs::{MemfdFlags, Mode, memfd_create};
use rustix::process::{Pid, Resource, Rlimit, getrlimit, setrlimit, umask};

use super::error::{SandboxError, Tried};
use super::program::{self, Search};
use super::request::{Attached, Sandbox};
use super::standing::Isolation;
use super::supervisor::{self, Eyes, Supervisor};
use super::user::Identity;
use super::{handover, seccomp, syscall};

/// Open files: programs that close all they might have take forever with the host's limits.
const OPEN_FILES: (u64, u64) = (1024, 65536);

/// Forks the command. Comes back when it has been executed, or could not be.
///
/// With what answers the kernel's questions about it, if there are any to ask.
pub(super) fn start(
    sandbox: &Sandbox,
    identity: &Identity,
    isolation: Isolation,
    eyes: Option<Eyes>,
) -> Result<(Pid, Option<Supervisor>), SandboxError> {
    let prepared = Prepared::new(sandbox)?;
    let (mut answer, failure) = std::io::pipe().tried(|| "make a pipe".to_owned())?;
    let (listeners, ours) = UnixStream::pair().tried(|| "make a pair of sockets".to_owned())?;
    let Some(child) = syscall::fork().tried(|| "fork".to_owned())? else {
        let error = become_command(
            sandbox,
            &prepared,
            identity,
            isolation,
            (&failure, &listeners),
        );
        fail(failure, &error);
    };
    drop((failure, listeners));
    let supervisor = (handover::receive(&ours).zip(eyes))
        .map(|(listener, eyes)| Supervisor::new(listener, eyes, isolation, identity));
    let mut supervisor = supervisor.transpose()?;
    // Looking for the program asks the kernel too, which asks the supervisor.
    if let Some(supervisor) = &mut supervisor {
        supervisor.answer_until(answer.as_fd());
    }
    let mut text = Vec::new();
    answer
        .read_to_end(&mut text)
        .tried(|| "wait for the command to start".to_owned())?;
    if !text.is_empty() {
        return Err(serde_json::from_slice(&text).unwrap_or(SandboxError::Lost));
    }
    let pid = Pid::from_raw(child.as_raw()).ok_or(SandboxError::Lost)?;
    Ok((pid, supervisor))
}

/// Ends the process that could not become the command.
fn fail(mut to: PipeWriter, error: &SandboxError) -> ! {
    if let Ok(text) = serde_json::to_vec(error) {
        let _ = to.write_all(&text);
    }
    drop(to);
    syscall::exit()
}

/// Arguments and environment in the form that execve(2) takes.
struct Prepared {
    arguments: Vec<CString>,
    environment: Vec<CString>,
    search: Search,
    instead: Vec<(Search, CString)>,
}

impl Prepared {
    fn new(sandbox: &Sandbox) -> Result<Prepared, SandboxError> {
        let text = |what: &str, value: &OsStr| {
            CString::new(value.as_bytes()).map_err(|_| SandboxError::Invalid {
                reason: format!("{what} `{}` contains a NUL byte", value.display()),
            })
        };
        let Some(command) = sandbox.command.first() else {
            return Err(SandboxError::Invalid {
                reason: "there is no command".to_owned(),
            });
        };
        let arguments = sandbox
            .command
            .iter()
            .map(|word| text("the argument", word))
            .collect::<Result<_, _>>()?;
        let environment = sandbox
            .environment
            .iter()
            .map(|(name, value)| {
                let mut variable = OsString::from(name);
                variable.push("=");
                variable.push(value);
                text("the variable", &variable)
            })
            .collect::<Result<_, _>>()?;
        let path = sandbox
            .environment
            .iter()
            .find(|(name, _)| name == "PATH")
            .map(|(_, value)| value.as_os_str());
        Ok(Prepared {
            arguments,
            environment,
            search: Search::new(command, path),
            instead: (sandbox.instead.iter())
                .map(|program| Ok((Search::new(program, path), text("the program", program)?)))
                .collect::<Result<_, _>>()?,
        })
    }
}

impl Prepared {
    /// Executes the first program that can be; returns only the reason why none can: of those that
    /// are there the first one's.
    fn execute(&self) -> SandboxError {
        let mut reason = program::execute(&self.search, &self.arguments, &self.environment);
        for (search, name) in &self.instead {
            let error = program::execute(search, std::slice::from_ref(name), &self.environment);
            if matches!(reason, SandboxError::CommandNotFound { .. }) {
                reason = error;
            }
        }
        reason
    }
}

/// Gives everything up and executes the command; returns only the reason why not.
fn become_command(
    sandbox: &Sandbox,
    prepared: &Prepared,
    identity: &Identity,
    isolation: Isolation,
    (failure, listeners): (&PipeWriter, &UnixStream),
) -> SandboxError {
    let asked = supervisor::asked(isolation, identity.uid, &sandbox.capabilities);
    if sandbox.attached == Attached::Terminal {
        // Whoever it becomes is to be able to open it again; without that it can still use it.
        let (uid, gid) = (rustix::fs::Uid::from_raw(identity.uid), None);
        let _ = rustix::fs::fchown(std::io::stdin(), Some(uid), gid);
    }
    let alone = isolate(sandbox)
        .and_then(|()| drop_privileges(sandbox, identity, isolation))
        .and_then(|()| seccomp::install(&asked))
        .and_then(|listener| match listener {
            Some(listener) => handover::send(listeners, &listener),
            None => Ok(()),
        })
        .and_then(|()| syscall::close_all_but(failure).tried(|| "close descriptors".to_owned()));
    match alone {
        Err(error) => error,
        Ok(()) => prepared.execute(),
    }
}

/// Leaves behind what a process inherits: signals, session, limits, umask, working directory.
fn isolate(sandbox: &Sandbox) -> Result<(), SandboxError> {
    syscall::reset_signals();
    SigSet::empty()
        .thread_set_mask()
        .tried(|| "unblock signals".to_owned())?;
    // Without a controlling terminal there is none to push input into (TIOCSTI).
    rustix::process::setsid().tried(|| "make a session".to_owned())?;
    limit(Resource::Core, 0, 0)?;
    limit(Resource::Nofile, OPEN_FILES.0, OPEN_FILES.1)?;
    umask(Mode::from_raw_mode(0o022));

    if sandbox.attached == Attached::Terminal {
        // Its own, on which its jobs are to be controlled; the caller's it never had.
        rustix::process::ioctl_tiocsctty(std::io::stdin())
            .tried(|| "take the terminal".to_owned())?;
    }
    if !sandbox.stdin.is_empty() {
        feed(&sandbox.stdin).tried(|| "prepare standard input".to_owned())?;
    }

    let path = &sandbox.working_directory;
    let enter = |source: rustix::io::Errno| SandboxError::WorkingDirectory {
        path: path.clone(),
        source: source.into(),
    };
    if !path.is_absolute() {
        return Err(SandboxError::Invalid {
            reason: format!("the working directory `{}` is not absolute", path.display()),
        });
    }
    rustix::process::chdir(path).map_err(enter)?;
    let here = rustix::process::getcwd(Vec::new()).map_err(enter)?;
    // "(unreachable)/…": a directory outside the root, through a descriptor that leaked.
    if here.to_bytes().first() != Some(&b'/') {
        return Err(enter(rustix::io::Errno::XDEV));
    }
    Ok(())
}

/// Makes bytes the standard input: a file in memory, which needs nobody who writes.
fn feed(bytes: &[u8]) -> std::io::Result<()> {
    let file = memfd_create("stdin", MemfdFlags::CLOEXEC)?;
    let mut file = File::from(file);
    file.write_all(bytes)?;
    file.rewind()?;
    Ok(nix::unistd::dup2_stdin(&file)?)
}

/// Sets a limit, never above the present one: raising that is not everybody's to do.
fn limit(resource: Resource, current: u64, maximum: u64) -> Result<(), SandboxError> {
    let present = getrlimit(resource).maximum.unwrap_or(u64::MAX);
    let maximum = maximum.min(present);
    let new = Rlimit {
        current: Some(current.min(maximum)),
        maximum: Some(maximum),
    };
    setrlimit(resource, new).tried(|| "set a resource limit".to_owned())
}

/// Becomes the user, with the capabilities that were asked for at most, for good.
///
/// With a single id the namespace has no other user to become: the capabilities go all the same.
fn drop_privileges(
    sandbox: &Sandbox,
    identity: &Identity,
    isolation: Isolation,
) -> Result<(), SandboxError> {
    let operation = || "drop capabilities".to_owned();
    let kept = sandbox.capabilities.kernel();
    let system = |error: capctl::Error| std::io::Error::from_raw_os_error(error.code());
    for capability in Cap::iter().filter(|capability| !kept.has(*capability)) {
        bounding::ensure_dropped(capability)
            .map_err(system)
            .tried(operation)?;
    }
    bounding::clear_unknown().map_err(system).tried(operation)?;

    let groups: Vec<Gid> = identity.groups.iter().copied().map(Gid::from_raw).collect();
    let gid = Gid::from_raw(identity.gid);
    let uid = Uid::from_raw(identity.uid);
    if isolation != Isolation::SingleId {
        nix::unistd::setgroups(&groups)
            .and_then(|()| nix::unistd::setresgid(gid, gid, gid))
            .and_then(|()| nix::unistd::setresuid(uid, uid, uid))
            .tried(|| format!("become user {uid} of group {gid}"))?;
    }

    let mut state = CapState::empty();
    if identity.uid == 0 {
        let present = CapState::get_current().map_err(system).tried(operation)?;
        state.permitted = kept & present.permitted;
        state.effective = state.permitted;
    }
    state.set_current().map_err(system).tried(operation)?;
    ambient::clear().map_err(system).tried(operation)?;
    capctl::prctl::set_no_new_privs()
        .map_err(system)
        .tried(|| "forbid new privileges".to_owned())
}
