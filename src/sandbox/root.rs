//! Assembles the root and makes it the root.

use std::os::fd::OwnedFd;
use std::path::PathBuf;

use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::Errno;
use rustix::mount::{UnmountFlags, unmount};

use super::error::{SandboxError, Tried};
use super::item::Item;
use super::mount::{Mount, Root};
use super::processes::Processes;
use super::stage::Stage;
use super::target::Undo;

/// The usual file systems, in the order of mounting.
fn standard_mounts() -> Vec<Mount> {
    let tmpfs = |target: &str, mode| Mount::Tmpfs {
        target: PathBuf::from(target),
        size: None,
        mode,
    };
    vec![
        Mount::Proc {
            target: PathBuf::from("/proc"),
        },
        Mount::Sys {
            target: PathBuf::from("/sys"),
        },
        Mount::Dev {
            target: PathBuf::from("/dev"),
            writable: false,
        },
        tmpfs("/tmp", 0o1777),
        tmpfs("/run", 0o755),
    ]
}

/// Mounts the root with everything in it, in this process's mount namespace, and changes into it.
///
/// What had to be made in the root is noted in `undo` even if something fails; then this process
/// may still be in the old root.
pub(super) fn enter(
    root: &Root,
    mounts: &[Mount],
    standard: bool,
    processes: Processes,
    undo: &mut Undo,
) -> Result<(), SandboxError> {
    let usual = if standard {
        standard_mounts()
    } else {
        Vec::new()
    };
    let items = usual
        .iter()
        .chain(mounts)
        .enumerate()
        .map(|(number, mount)| Item::open(mount, root, number < usual.len(), number))
        .collect::<Result<Vec<_>, _>>()?;
    let mut stage = Stage::new(root, &items, processes)?;
    for item in &items {
        stage.mount(item, &items, undo)?;
    }
    pivot(&stage.into_root()?)
}

/// Makes `new_root` the root of this mount namespace and lets go of the old one (pivot_root(2)).
fn pivot(new_root: &OwnedFd) -> Result<(), SandboxError> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let old_root = openat(CWD, "/", flags, Mode::empty()).tried(|| "open `/`".to_owned())?;
    rustix::process::fchdir(new_root)
        .and_then(|()| rustix::process::pivot_root(".", "."))
        .and_then(|()| rustix::process::fchdir(&old_root))
        .and_then(|()| leave())
        .and_then(|()| rustix::process::chdir("/"))
        .tried(|| "change the root directory".to_owned())
}

/// Unmounts the working directory, and all that is mounted over it: the stage covers the old root.
fn leave() -> rustix::io::Result<()> {
    unmount(".", UnmountFlags::DETACH)?;
    loop {
        match unmount(".", UnmountFlags::DETACH) {
            Ok(()) => {}
            // Not mounted in this namespace any more.
            Err(Errno::INVAL) => return Ok(()),
            Err(errno) => return Err(errno),
        }
    }
}
