//! The small `/dev` of a sandbox.

use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{
    CWD, FileType, Mode, OFlags, fstat, major, makedev, minor, mkdirat, openat, symlinkat,
};
use rustix::io::Errno;
use rustix::mount::MountAttrFlags;

use super::error::{SandboxError, Tried};
use super::filesystem::{self, Filesystem};
use super::syscall::{Attributes, set_mount_attributes};

/// A character device of the host: name in `/dev`, major and minor number.
pub(super) type Device = (&'static str, u32, u32);

/// Swallows everything.
pub(super) const NULL: Device = ("null", 1, 3);

/// All that a sandbox gets (the list of the OCI runtime specification).
const DEVICES: [Device; 6] = [
    NULL,
    ("zero", 1, 5),
    ("full", 1, 7),
    ("random", 1, 8),
    ("urandom", 1, 9),
    ("tty", 5, 0),
];

const LINKS: [(&str, &str); 5] = [
    ("fd", "/proc/self/fd"),
    ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
    ("stderr", "/proc/self/fd/2"),
    ("ptmx", "pts/ptmx"),
];

/// Opens a device of the host for reading and writing, having made sure what it is.
pub(super) fn open(device: Device) -> Result<OwnedFd, SandboxError> {
    let handle = locate(device)?;
    let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&handle));
    openat(CWD, path, OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())
        .tried(|| format!("open `/dev/{}`", device.0))
}

/// A handle on a device of the host. A file that only bears its name is refused: what is bound
/// over a masked path must be the real one.
pub(super) fn locate(device: Device) -> Result<OwnedFd, SandboxError> {
    let (name, number_major, number_minor) = device;
    let path = format!("/dev/{name}");
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let handle = openat(CWD, &path, flags, Mode::empty()).tried(|| format!("open `{path}`"))?;
    let stat = fstat(&handle).tried(|| format!("look at `{path}`"))?;
    let is_device = FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice;
    if is_device && stat.st_rdev == makedev(number_major, number_minor) {
        return Ok(handle);
    }
    Err::<OwnedFd, _>(Errno::NODEV).tried(|| {
        format!(
            "use `{path}`: it is {} {}:{} and not the device {number_major}:{number_minor}",
            if is_device { "device" } else { "a file," },
            major(stat.st_rdev),
            minor(stat.st_rdev),
        )
    })
}

/// Mounts `/dev` on `target` and fills it.
pub(super) fn mount(target: &OwnedFd, writable: bool) -> Result<(), SandboxError> {
    let flags = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NOEXEC;
    let dev = Filesystem::open("tmpfs")?
        .set("mode", "0755")?
        .set("size", "65536k")?
        .mount(flags | MountAttrFlags::MOUNT_ATTR_NODEV)?;
    filesystem::attach(&dev, target, || "mount `/dev`".to_owned())?;

    for device in DEVICES {
        let name = device.0;
        let source = locate(device)?;
        let clone = filesystem::clone(&source, false, || format!("bind `/dev/{name}`"))?;
        let attributes = Attributes {
            set: libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NOEXEC,
            clear: libc::MOUNT_ATTR_NODEV | libc::MOUNT_ATTR_RDONLY,
        };
        set_mount_attributes(&clone, attributes, false).tried(|| format!("bind `/dev/{name}`"))?;
        let stub = file(&dev, name).tried(|| format!("make `/dev/{name}`"))?;
        filesystem::attach(&clone, &stub, || format!("bind `/dev/{name}`"))?;
    }
    for (name, to) in LINKS {
        symlinkat(to, &dev, name).tried(|| format!("make the link `/dev/{name}`"))?;
    }
    let pts = Filesystem::open("devpts")?
        .set("ptmxmode", "0666")?
        .set("mode", "0620")?
        // The group `tty` everywhere; not every user namespace maps it.
        .try_set("gid", "5")
        .mount(flags)?;
    filesystem::attach(&pts, &directory(&dev, "pts")?, || {
        "mount `/dev/pts`".to_owned()
    })?;
    let shm = Filesystem::open("tmpfs")?
        .set("mode", "1777")?
        .set("size", "65536k")?
        .mount(flags | MountAttrFlags::MOUNT_ATTR_NODEV)?;
    filesystem::attach(&shm, &directory(&dev, "shm")?, || {
        "mount `/dev/shm`".to_owned()
    })?;

    if !writable {
        let attributes = Attributes {
            set: libc::MOUNT_ATTR_RDONLY,
            clear: 0,
        };
        set_mount_attributes(&dev, attributes, false)
            .tried(|| "make `/dev` read-only".to_owned())?;
    }
    Ok(())
}

fn file(dev: impl AsFd, name: &str) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    drop(openat(&dev, name, flags | OFlags::WRONLY, Mode::empty())?);
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(&dev, name, flags, Mode::empty())
}

fn directory(dev: impl AsFd, name: &str) -> Result<OwnedFd, SandboxError> {
    let made = mkdirat(&dev, name, Mode::from_raw_mode(0o755));
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    made.and_then(|()| openat(&dev, name, flags, Mode::empty()))
        .tried(|| format!("make `/dev/{name}`"))
}
