//! New file systems and clones of mounts, as descriptors (fsopen(2), open_tree(2)).

use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MoveMountFlags, OpenTreeFlags, fsconfig_create,
    fsconfig_set_flag, fsconfig_set_string, fsmount, fsopen, move_mount, open_tree,
};

use super::error::{SandboxError, Tried};
use super::syscall::{Attributes, set_mount_attributes};

/// A file system that is being configured.
pub(super) struct Filesystem {
    kind: &'static str,
    context: OwnedFd,
}

impl Filesystem {
    pub(super) fn open(kind: &'static str) -> Result<Filesystem, SandboxError> {
        Filesystem::try_open(kind).tried(|| format!("make a file system of type {kind}"))
    }

    /// As [`open`](Self::open), with the bare error.
    pub(super) fn try_open(kind: &'static str) -> rustix::io::Result<Filesystem> {
        let context = fsopen(kind, FsOpenFlags::FSOPEN_CLOEXEC)?;
        Ok(Filesystem { kind, context })
    }

    pub(super) fn set(self, key: &str, value: &str) -> Result<Filesystem, SandboxError> {
        self.option(key, value)
            .tried(|| format!("set {key}={value} of a file system of type {}", self.kind))?;
        Ok(self)
    }

    /// Sets an option that some kernels, or namespaces, do not have.
    pub(super) fn try_set(self, key: &str, value: &str) -> Filesystem {
        let _ = self.option(key, value);
        self
    }

    /// Sets a flag that some kernels do not have.
    pub(super) fn try_flag(self, key: &str) -> Filesystem {
        let _ = fsconfig_set_flag(&self.context, key);
        self
    }

    /// Sets a flag, with the bare error.
    pub(super) fn flag(&self, key: &str) -> rustix::io::Result<()> {
        fsconfig_set_flag(&self.context, key)
    }

    /// Makes the file system and a mount of it, not yet attached anywhere.
    pub(super) fn mount(self, flags: MountAttrFlags) -> Result<OwnedFd, SandboxError> {
        self.create(flags)
            .tried(|| format!("mount a file system of type {}", self.kind))
    }

    /// As [`mount`](Self::mount), with the bare error.
    pub(super) fn create(&self, flags: MountAttrFlags) -> rustix::io::Result<OwnedFd> {
        fsconfig_create(&self.context)?;
        fsmount(&self.context, FsMountFlags::FSMOUNT_CLOEXEC, flags)
    }

    /// Sets an option, with the bare error.
    pub(super) fn option(&self, key: &str, value: &str) -> rustix::io::Result<()> {
        fsconfig_set_string(&self.context, key, value)
    }

    /// What the kernel logged about the configuration.
    pub(super) fn log(&self) -> String {
        let mut lines = Vec::new();
        let mut line = [0; 512];
        while let Ok(length @ 1..) = rustix::io::read(&self.context, &mut line) {
            // "e overlay: …": the first letter is the level.
            let text = String::from_utf8_lossy(&line[..length]);
            lines.push(text.get(2..).unwrap_or_default().trim().to_owned());
        }
        lines.join("; ")
    }
}

/// An empty directory in memory, not yet attached anywhere.
pub(super) fn tmpfs(
    size: Option<u64>,
    mode: u32,
    flags: MountAttrFlags,
) -> Result<OwnedFd, SandboxError> {
    let mut filesystem = Filesystem::open("tmpfs")?.set("mode", &format!("{mode:o}"))?;
    if let Some(size) = size {
        filesystem = filesystem.set("size", &size.to_string())?;
    }
    filesystem.mount(flags)
}

/// A mount of its own of what `source` refers to, not yet attached anywhere.
pub(super) fn clone(
    source: impl AsFd,
    recursive: bool,
    operation: impl FnOnce() -> String,
) -> Result<OwnedFd, SandboxError> {
    let mut flags = OpenTreeFlags::OPEN_TREE_CLONE
        | OpenTreeFlags::OPEN_TREE_CLOEXEC
        | OpenTreeFlags::AT_EMPTY_PATH;
    if recursive {
        flags |= OpenTreeFlags::AT_RECURSIVE;
    }
    open_tree(source, "", flags).tried(operation)
}

/// As [`clone`], with the attributes `set`: `MOUNT_ATTR_…` bits.
pub(super) fn bind(
    source: impl AsFd,
    set: u64,
    recursive: bool,
    operation: impl Fn() -> String,
) -> Result<OwnedFd, SandboxError> {
    let mount = clone(source, recursive, &operation)?;
    set_mount_attributes(&mount, Attributes { set, clear: 0 }, recursive).tried(&operation)?;
    Ok(mount)
}

/// Attaches a mount to the very file or directory that `target` refers to.
pub(super) fn attach(
    mount: impl AsFd,
    target: impl AsFd,
    operation: impl FnOnce() -> String,
) -> Result<(), SandboxError> {
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
    move_mount(mount, "", target, "", flags).tried(operation)
}

/// A path that leads to what a descriptor refers to, for kernel interfaces that take only text:
/// short, free of special characters, and not resolved a second time.
pub(super) fn path(of: impl AsFd) -> String {
    format!("/proc/self/fd/{}", of.as_fd().as_raw_fd())
}
