//! Asks the kernel whether it would let this user make a sandbox.
//!
//! A process that has moved into a namespace cannot go back, so a child goes the whole way first.

use std::io::{Read, Write};

use nix::sched::CloneFlags;
use nix::sys::wait::waitpid;
use nix::unistd::{getegid, geteuid, getpid};
use rustix::mount::{MountPropagationFlags, mount_change};

use super::error::SystemError;
use super::processes::Processes;
use super::refusal::Refusal;
use super::{namespace, syscall};

/// The second thing that is tried.
pub(super) const MAP: &str = "map an id into a user namespace";
/// The last thing that is tried.
pub(super) const PROC: &str = "mount `/proc` in a user namespace";

/// What was tried in vain, and the error number.
type Failure = (&'static str, i32);

/// Where a sandbox is to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Where this process is.
    Here,
    /// In a user namespace.
    Namespace,
}

/// Fails as the first command of a build would; what commands will see of other processes.
pub(super) fn probe(place: Place) -> Result<Processes, Refusal> {
    let failed = |error: std::io::Error| Refusal::by_kernel("start a process", error.into());
    let (mut answer, mut say) = std::io::pipe().map_err(failed)?;
    let child = match syscall::fork().map_err(|errno| failed(errno.into()))? {
        Some(child) => child,
        None => {
            let text = match make_namespaces(place) {
                // The first process that is started in the new process id namespace goes on.
                Ok(()) => match syscall::fork() {
                    Ok(None) => mount_proc().map_or_else(in_words, |found| found.name().to_owned()),
                    Ok(Some(child)) => {
                        let _ = waitpid(child, None);
                        syscall::exit();
                    }
                    Err(errno) => in_words(("start a process", errno as i32)),
                },
                Err(failure) => in_words(failure),
            };
            let _ = say.write_all(text.as_bytes());
            syscall::exit();
        }
    };
    drop(say);
    let mut text = String::new();
    let read = answer.read_to_string(&mut text);
    let _ = waitpid(child, None);
    read.map_err(failed)?;
    match text.split_once(' ') {
        None if text == Processes::Own.name() => Ok(Processes::Own),
        None if text == Processes::All.name() => Ok(Processes::All),
        Some((errno, step)) => {
            let errno = errno.parse().unwrap_or(libc::EIO);
            let source = SystemError::from(std::io::Error::from_raw_os_error(errno));
            Err(Refusal::by_kernel(step, source))
        }
        None => Err(Refusal::new("the user namespace died", "run it as root")),
    }
}

fn in_words((step, errno): Failure) -> String {
    format!("{errno} {step}")
}

fn make_namespaces(place: Place) -> Result<(), Failure> {
    let nix = |step| move |errno: nix::errno::Errno| (step, errno as i32);
    let io = |step| move |error: std::io::Error| (step, error.raw_os_error().unwrap_or(libc::EIO));
    let (uid, gid) = (geteuid(), getegid());
    if place == Place::Namespace {
        nix::sched::unshare(CloneFlags::CLONE_NEWUSER).map_err(nix("make a user namespace"))?;
        namespace::single(getpid(), uid, gid).map_err(io(MAP))?;
    }
    let flags = CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWPID
        | CloneFlags::CLONE_NEWNET
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWUTS
        | CloneFlags::CLONE_NEWCGROUP;
    nix::sched::unshare(flags).map_err(nix("make namespaces in a user namespace"))?;
    mount_change(
        "/",
        MountPropagationFlags::PRIVATE | MountPropagationFlags::REC,
    )
    .map_err(|errno| ("mount in a user namespace", errno.raw_os_error()))
}

fn mount_proc() -> Result<Processes, Failure> {
    let found = Processes::tried().map_err(|errno| (PROC, errno.raw_os_error()))?;
    if found == Processes::All {
        // As every sandbox then does.
        nix::sched::unshare(CloneFlags::CLONE_NEWUSER)
            .map_err(|errno| ("make a user namespace in a user namespace", errno as i32))?;
    }
    Ok(found)
}
