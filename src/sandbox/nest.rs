//! A user namespace for one sandbox, below the builder's and with the same ids.
//!
//! Who sees all processes in `/proc` may look into those that the kernel lets it trace: of its own
//! user namespace. So a command that does see them gets one that it shares with nobody: the
//! builder, its guards and the commands of other steps are in others.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;

use nix::sched::CloneFlags;
use nix::unistd::Pid;
use rustix::fs::{CWD, Mode, OFlags, openat};

use super::error::{SandboxError, Tried};
use super::processes;
use super::standing::IdMap;

/// Moves this process there. Its guard, which stays outside, has to write the maps.
pub(super) fn enter(mut guard: UnixStream) -> Result<(), SandboxError> {
    let operation = || "make a user namespace for the sandbox".to_owned();
    nix::sched::unshare(CloneFlags::CLONE_NEWUSER).tried(operation)?;
    let mut answer = [0; size_of::<i32>()];
    guard
        .write_all(b".")
        .and_then(|()| guard.read_exact(&mut answer))
        .tried(operation)?;
    match i32::from_ne_bytes(answer) {
        0 => Ok(()),
        errno => Err(io::Error::from_raw_os_error(errno))
            .tried(|| "map ids into a user namespace for the sandbox".to_owned()),
    }
}

/// Writes the maps of the child `process`, when it asks for them; comes back when it is known that
/// it will not.
pub(super) fn serve(mut child: UnixStream, process: Pid) {
    let mut byte = [0];
    if child.read_exact(&mut byte).is_err() {
        return;
    }
    let errno = match map(process) {
        Ok(()) => 0,
        Err(error) => error.raw_os_error().unwrap_or(libc::EIO),
    };
    // It may have been killed meanwhile.
    let _ = child.write_all(&errno.to_ne_bytes());
}

fn map(process: Pid) -> io::Result<()> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let proc = openat(CWD, "/proc", flags, Mode::empty())?;
    let number = processes::number(&proc, process.as_raw().unsigned_abs())?;
    let [users, groups] = IdMap::own();
    for (name, map) in [("gid_map", groups), ("uid_map", users)] {
        let flags = OFlags::WRONLY | OFlags::CLOEXEC;
        let file = openat(&proc, format!("{number}/{name}"), flags, Mode::empty())?;
        // All of it at once, as the kernel wants it.
        File::from(file).write_all(map.again().as_bytes())?;
    }
    Ok(())
}
