//! A process that waits for an answer, and what its arguments lead to.

use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt;

use capctl::Cap;
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat, openat2};
use rustix::io::{Errno, Result};

/// The longest path that the kernel takes, with its final NUL.
const LONGEST_PATH: usize = 4096;
const PAGE: u64 = 4096;

const HANDLE: OFlags = OFlags::PATH.union(OFlags::CLOEXEC);

/// A process that a question is about.
#[derive(Clone, Copy)]
pub(super) struct Process<'a> {
    /// Where processes are (proc(5)).
    pub(super) proc: &'a OwnedFd,
    /// The root of pid 1.
    pub(super) root: &'a OwnedFd,
    /// Its number there.
    pub(super) id: u32,
    /// Its number for pid 1, which may be another one.
    pub(super) thread: u32,
}

/// What a process is allowed.
#[derive(Clone, Copy)]
pub(super) struct Standing {
    /// The bits that its new files do not get.
    pub(super) umask: u32,
    /// Its effective capabilities.
    capabilities: u64,
}

impl Standing {
    /// Whether it may give files away.
    pub(super) fn may_give(self) -> bool {
        self.has(Cap::CHOWN)
    }

    /// Whether it may make devices.
    pub(super) fn may_make_devices(self) -> bool {
        self.has(Cap::MKNOD)
    }

    /// Whether it may become other users.
    pub(super) fn may_become_users(self) -> bool {
        self.has(Cap::SETUID)
    }

    /// Whether it may become a member of other groups.
    pub(super) fn may_join_groups(self) -> bool {
        self.has(Cap::SETGID)
    }

    fn has(self, capability: Cap) -> bool {
        self.capabilities & 1 << capability as u8 != 0
    }
}

impl Process<'_> {
    /// Text in its memory.
    pub(super) fn text(self, address: u64) -> Result<Vec<u8>> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let memory = openat(self.proc, format!("{}/mem", self.id), flags, Mode::empty())?;
        let memory = File::from(memory);
        let mut text = Vec::new();
        let mut at = address;
        while text.len() < LONGEST_PATH {
            // What follows on the next page need not be there.
            let mut page = [0; PAGE as usize];
            let room = &mut page[..(PAGE - at % PAGE) as usize];
            let length = memory.read_at(room, at).map_err(|_| Errno::FAULT)?;
            if length == 0 {
                return Err(Errno::FAULT);
            }
            match room[..length].iter().position(|byte| *byte == 0) {
                Some(end) => {
                    text.extend_from_slice(&room[..end]);
                    return Ok(text);
                }
                None => text.extend_from_slice(&room[..length]),
            }
            at += length as u64;
        }
        Err(Errno::NAMETOOLONG)
    }

    /// Bytes of its memory.
    pub(super) fn bytes(self, address: u64, length: usize) -> Result<Vec<u8>> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let memory = openat(self.proc, format!("{}/mem", self.id), flags, Mode::empty())?;
        let mut bytes = vec![0; length];
        let read = File::from(memory).read_exact_at(&mut bytes, address);
        read.map(|()| bytes).map_err(|_| Errno::FAULT)
    }

    /// Writes into its memory.
    pub(super) fn write(self, address: u64, bytes: &[u8]) -> Result<()> {
        let flags = OFlags::WRONLY | OFlags::CLOEXEC;
        let memory = openat(self.proc, format!("{}/mem", self.id), flags, Mode::empty())?;
        let written = File::from(memory).write_all_at(bytes, address);
        written.map_err(|_| Errno::FAULT)
    }

    /// What it is allowed.
    pub(super) fn standing(self) -> Result<Standing> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let status = openat(
            self.proc,
            format!("{}/status", self.id),
            flags,
            Mode::empty(),
        )?;
        let text = std::io::read_to_string(File::from(status)).map_err(|_| Errno::SRCH)?;
        let field = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.map(str::trim).unwrap_or_default()
        };
        Ok(Standing {
            umask: u32::from_str_radix(field("Umask:"), 8).unwrap_or(0o022),
            capabilities: u64::from_str_radix(field("CapEff:"), 16).unwrap_or(0),
        })
    }

    /// A handle on what its descriptor refers to; on its working directory for `AT_FDCWD`.
    pub(super) fn descriptor(self, number: i32) -> Result<OwnedFd> {
        let path = match number {
            libc::AT_FDCWD => format!("{}/cwd", self.id),
            0.. => format!("{}/fd/{number}", self.id),
            _ => return Err(Errno::BADF),
        };
        match openat(self.proc, path, HANDLE, Mode::empty()) {
            Err(Errno::NOENT) => Err(Errno::BADF),
            other => other,
        }
    }

    /// A handle on what `path` leads to for the process.
    ///
    /// The kernel resolves it as it would for the process: from the same root, which may be another
    /// one than that of pid 1 (package managers change theirs), and the same directory.
    pub(super) fn open(self, directory: i32, path: &[u8], flags: OFlags) -> Result<OwnedFd> {
        if path.is_empty() {
            return Err(Errno::NOENT);
        }
        if let Some(number) = own_descriptor(path) {
            return self.descriptor(number);
        }
        let base = if path.starts_with(b"/") {
            None
        } else {
            Some(self.descriptor(directory)?)
        };
        self.open_below(base.as_ref().map(AsFd::as_fd), path, flags)
    }

    /// The same from a directory that is open here; `None` for what is absolute.
    pub(super) fn open_below(
        self,
        base: Option<BorrowedFd<'_>>,
        path: &[u8],
        flags: OFlags,
    ) -> Result<OwnedFd> {
        let root = openat(
            self.proc,
            format!("{}/root", self.id),
            HANDLE,
            Mode::empty(),
        )?;
        // Links of /proc would lead to what pid 1 has open.
        let resolve = ResolveFlags::NO_MAGICLINKS;
        let opened = enter(&root)
            .and_then(|()| rustix::process::fchdir(base.unwrap_or(root.as_fd())))
            .and_then(|()| openat2(CWD, path, HANDLE | flags, Mode::empty(), resolve));
        enter(self.root).and_then(|()| rustix::process::fchdir(self.proc))?;
        opened
    }
}

/// Makes a directory the root and working directory of this process.
fn enter(root: impl AsFd) -> Result<()> {
    rustix::process::fchdir(root)?;
    rustix::process::chroot(".")
}

/// The descriptor that a process names by its own link in /proc.
fn own_descriptor(path: &[u8]) -> Option<i32> {
    let path = std::str::from_utf8(path).ok()?;
    let number = ["/proc/self/fd/", "/proc/thread-self/fd/", "/dev/fd/"]
        .iter()
        .find_map(|prefix| path.strip_prefix(prefix))?;
    number.parse().ok().filter(|number| *number >= 0)
}
