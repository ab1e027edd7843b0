//! `/proc` and `/sys`, without what concerns the host.

use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{CWD, FileType, Mode, OFlags, ResolveFlags, fstat, openat, openat2};
use rustix::io::Errno;
use rustix::mount::MountAttrFlags;

use super::device;
use super::error::{SandboxError, Tried};
use super::filesystem::{self, Filesystem};
use super::processes::{self, Processes};
use super::syscall::{Attributes, set_mount_attributes};

/// Empty for the command. The lists are those of containers/common and the OCI runtimes.
const MASKED_PROC: [&str; 10] = [
    "acpi",
    "interrupts",
    "kcore",
    "keys",
    "latency_stats",
    "sched_debug",
    "scsi",
    "timer_list",
    "timer_stats",
    "kallsyms",
];
const READ_ONLY_PROC: [&str; 6] = ["asound", "bus", "fs", "irq", "sys", "sysrq-trigger"];
const MASKED_SYS: [&str; 4] = [
    "devices/virtual/powercap",
    "firmware",
    "fs/selinux",
    "fs/cgroup",
];

const HARMLESS: MountAttrFlags = MountAttrFlags::MOUNT_ATTR_NOSUID
    .union(MountAttrFlags::MOUNT_ATTR_NODEV)
    .union(MountAttrFlags::MOUNT_ATTR_NOEXEC);
const READ_ONLY: MountAttrFlags = HARMLESS.union(MountAttrFlags::MOUNT_ATTR_RDONLY);
const READ_ONLY_ATTRIBUTES: Attributes = Attributes {
    set: libc::MOUNT_ATTR_RDONLY
        | libc::MOUNT_ATTR_NOSUID
        | libc::MOUNT_ATTR_NODEV
        | libc::MOUNT_ATTR_NOEXEC,
    clear: 0,
};
/// As [`READ_ONLY_ATTRIBUTES`], for mounts among which are those of the null device.
const STILL_DEVICES: Attributes = Attributes {
    set: READ_ONLY_ATTRIBUTES.set & !libc::MOUNT_ATTR_NODEV,
    clear: 0,
};

/// Mounts the processes of this process id namespace on `target`; or those that the caller sees,
/// read-only: some files of processes can be written by whoever has the same user.
pub(super) fn mount_proc(target: &OwnedFd, processes: Processes) -> Result<(), SandboxError> {
    let operation = || "mount `/proc`".to_owned();
    let (proc, read_only) = match processes {
        Processes::Own => (
            processes::fresh(HARMLESS).tried(operation)?,
            &READ_ONLY_PROC[..],
        ),
        Processes::All => {
            let proc = processes::bound().tried(operation)?;
            set_mount_attributes(&proc, STILL_DEVICES, true).tried(operation)?;
            (proc, &[][..])
        }
    };
    filesystem::attach(&proc, target, operation)?;
    for path in read_only {
        let Some(entry) = find(&proc, path)? else {
            continue;
        };
        let operation = || format!("make `/proc/{path}` read-only");
        let clone = filesystem::clone(&entry, true, operation)?;
        set_mount_attributes(&clone, READ_ONLY_ATTRIBUTES, true).tried(operation)?;
        filesystem::attach(&clone, &entry, operation)?;
    }
    for path in MASKED_PROC {
        mask(&proc, path)?;
    }
    Ok(())
}

/// Mounts sysfs on `target`.
pub(super) fn mount_sys(target: &OwnedFd) -> Result<(), SandboxError> {
    let made = Filesystem::try_open("sysfs").and_then(|sysfs| sysfs.create(READ_ONLY));
    let sys = match made {
        // Only who owns the network namespace may have a new one (sysfs lists its devices).
        Err(Errno::PERM) => {
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let host =
                openat(CWD, "/sys", flags, Mode::empty()).tried(|| "open `/sys`".to_owned())?;
            let clone = filesystem::clone(&host, true, || "bind `/sys`".to_owned())?;
            set_mount_attributes(&clone, READ_ONLY_ATTRIBUTES, true)
                .tried(|| "make `/sys` read-only".to_owned())?;
            clone
        }
        other => other.tried(|| "mount a file system of type sysfs".to_owned())?,
    };
    filesystem::attach(&sys, target, || "mount `/sys`".to_owned())?;
    for path in MASKED_SYS {
        mask(&sys, path)?;
    }
    Ok(())
}

/// Hides a file behind the null device, a directory behind an empty one.
fn mask(mount: impl AsFd, path: &str) -> Result<(), SandboxError> {
    let Some(entry) = find(&mount, path)? else {
        return Ok(());
    };
    let operation = || format!("mask `{path}`");
    let stat = fstat(&entry).tried(operation)?;
    let cover = if FileType::from_raw_mode(stat.st_mode) == FileType::Directory {
        filesystem::tmpfs(None, 0o555, READ_ONLY)?
    } else {
        let clone = filesystem::clone(device::locate(device::NULL)?, false, operation)?;
        let attributes = Attributes {
            set: libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NOEXEC,
            clear: libc::MOUNT_ATTR_NODEV,
        };
        set_mount_attributes(&clone, attributes, false).tried(operation)?;
        clone
    };
    filesystem::attach(&cover, &entry, operation)
}

/// An entry of the mount; what this kernel does not have needs no protection.
fn find(mount: impl AsFd, path: &str) -> Result<Option<OwnedFd>, SandboxError> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    match openat2(mount, path, flags, Mode::empty(), resolve) {
        Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
        other => other.tried(|| format!("open `{path}`")).map(Some),
    }
}
