//! Which processes a command finds in its `/proc`.
//!
//! A process id namespace has a procfs of its own, and there the command sees its own processes
//! alone. A container engine covers parts of its container's `/proc`; a new procfs would show what is
//! below, so the kernel lets no user namespace in the container have one, also not one of processes
//! alone (`subset=pid`), in which nothing else could be mounted anyway. What such a namespace can
//! have is the container's `/proc` once more, with all its covers. The command can then read
//! there what the kernel tells everybody of a process: its number, its command line, its mounts.

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use rustix::fs::{CWD, Mode, OFlags, PROC_SUPER_MAGIC, fstatfs, openat, readlinkat};
use rustix::io::{Errno, Result};
use rustix::mount::{MountAttrFlags, OpenTreeFlags, open_tree};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use serde::{Deserialize, Serialize};

use super::filesystem::Filesystem;

/// What a command sees of other processes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Processes {
    /// Nothing: it finds its own processes alone.
    #[default]
    Own,
    /// Numbers, command lines, mounts and the like of all processes that the builder sees. It can
    /// neither end nor change them, nor look into them.
    All,
}

impl Processes {
    /// Asks the kernel; this process has a mount namespace and a process id namespace of its own.
    pub(super) fn tried() -> Result<Processes> {
        match fresh(MountAttrFlags::empty()) {
            Ok(_) => Ok(Processes::Own),
            // If there is no other either, this is what is to be told.
            Err(Errno::PERM) => bound().map(|_| Processes::All).map_err(|_| Errno::PERM),
            Err(errno) => Err(errno),
        }
    }

    /// The word for it in events.
    pub fn name(self) -> &'static str {
        match self {
            Processes::Own => "own",
            Processes::All => "all",
        }
    }
}

/// A new procfs, not yet attached anywhere.
pub(super) fn fresh(flags: MountAttrFlags) -> Result<OwnedFd> {
    Filesystem::try_open("proc")?.create(flags)
}

/// The procfs that this process finds at `/proc`, with what covers it, not yet attached anywhere.
pub(super) fn bound() -> Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let proc = openat(CWD, "/proc", flags, Mode::empty())?;
    if !is_proc(&proc) {
        return Err(Errno::NODEV);
    }
    // Of a namespace that this process is not in, it has no number there.
    readlinkat(&proc, "self", Vec::new())?;
    let flags = OpenTreeFlags::OPEN_TREE_CLONE
        | OpenTreeFlags::OPEN_TREE_CLOEXEC
        | OpenTreeFlags::AT_EMPTY_PATH
        // Covers cannot be left behind.
        | OpenTreeFlags::AT_RECURSIVE;
    open_tree(&proc, "", flags)
}

/// Whether an entry is one of a procfs.
pub(super) fn is_proc(entry: impl AsFd) -> bool {
    fstatfs(entry).is_ok_and(|found| found.f_type == PROC_SUPER_MAGIC)
}

/// pidfd_open(2): a thread that does not lead its process. Since Linux 6.9.
const THREAD: PidfdFlags = PidfdFlags::from_bits_retain(libc::O_EXCL.unsigned_abs());

/// Which number the procfs `proc` gives the thread that is `id` in this process id namespace.
pub(super) fn number(proc: &OwnedFd, id: u32) -> Result<u32> {
    let pid = i32::try_from(id).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or(Errno::SRCH)?;
    let opened = pidfd_open(pid, THREAD).or_else(|_| pidfd_open(pid, PidfdFlags::empty()));
    let Ok(handle) = opened else {
        return search(proc, id);
    };
    let text = read(proc, &format!("self/fdinfo/{}", handle.as_raw_fd()))?;
    // "-1" if it has ended.
    field(&text, "Pid:")
        .and_then(|number| number.parse().ok())
        .ok_or(Errno::SRCH)
}

/// As [`number`], by looking at every thread of this process id namespace.
fn search(proc: &OwnedFd, id: u32) -> Result<u32> {
    let namespace = |process: &str| readlinkat(proc, format!("{process}/ns/pid"), Vec::new());
    let own = namespace("self")?;
    let wanted = id.to_string();
    for process in numbers(proc, ".")? {
        // Processes of others do not tell.
        if !namespace(&process).is_ok_and(|theirs| theirs == own) {
            continue;
        }
        for thread in numbers(proc, &format!("{process}/task")).unwrap_or_default() {
            let status = read(proc, &format!("{process}/task/{thread}/status"));
            let ids = status.as_deref().ok().and_then(|it| field(it, "NSpid:"));
            if ids.and_then(|ids| ids.split_whitespace().next_back()) == Some(&wanted) {
                return thread.parse().map_err(|_| Errno::SRCH);
            }
        }
    }
    Err(Errno::SRCH)
}

/// Names in a directory that are numbers.
fn numbers(proc: &OwnedFd, directory: &str) -> Result<Vec<String>> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directory = openat(proc, directory, flags, Mode::empty())?;
    let mut found = Vec::new();
    for entry in rustix::fs::Dir::new(directory)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.bytes().all(|byte| byte.is_ascii_digit()) {
            found.push(name);
        }
    }
    Ok(found)
}

fn read(proc: &OwnedFd, path: &str) -> Result<String> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let file = File::from(openat(proc, path, flags, Mode::empty())?);
    std::io::read_to_string(file).map_err(|_| Errno::SRCH)
}

/// The value of a line that begins with `name`.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.map(str::trim)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// Here both sides have the same numbers; both ways must find the thread.
    #[test]
    fn threads_are_found() {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let proc = openat(CWD, "/proc", flags, Mode::empty()).unwrap();
        let leader = std::process::id();
        let (say, hear) = mpsc::channel();
        let (stay, leave) = mpsc::channel::<()>();
        let thread = std::thread::spawn(move || {
            say.send(nix::unistd::gettid().as_raw().unsigned_abs())
                .unwrap();
            let _ = leave.recv();
        });
        let other = hear.recv().unwrap();
        assert_ne!(leader, other);
        for id in [leader, other] {
            assert_eq!(number(&proc, id), Ok(id));
            assert_eq!(search(&proc, id), Ok(id));
        }
        drop(stay);
        thread.join().unwrap();
        // No number is as large (PID_MAX_LIMIT).
        for nobody in [0, 4_194_305, u32::MAX] {
            assert_eq!(number(&proc, nobody), Err(Errno::SRCH));
        }
    }
}
