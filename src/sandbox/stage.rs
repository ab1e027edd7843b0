//! Where the root is put together.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{
    AtFlags, CWD, Gid, Mode, OFlags, Uid, chmodat, chownat, fchmod, mkdirat, openat, symlinkat,
};
use rustix::io::Errno;
use rustix::mount::MountAttrFlags;

use super::error::{SandboxError, Tried};
use super::filesystem;
use super::item::{Item, Source};
use super::mount::{Mount, Root};
use super::overlay::Layers;
use super::processes::Processes;
use super::syscall::{Attributes, set_mount_attributes};
use super::target::{self, Kind, Links, Undo};
use super::{device, kernel, skeleton};

const DIRECTORY: OFlags = OFlags::PATH
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

const NO_TRICKS: u64 = libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV;

/// A tmpfs over `/`, which only this descriptor reaches: paths from `/` still lead to what lies
/// below. It vanishes with the old root.
pub(super) struct Stage {
    directory: OwnedFd,
    /// The root that is being furnished.
    root: OwnedFd,
    /// Whether the root holds nothing but what is mounted and made.
    empty: bool,
    /// What is seen in `/proc`.
    processes: Processes,
    /// Mounts that become read-only when everything is in its place.
    sealed: Vec<OwnedFd>,
}

impl Stage {
    /// Mounts `root`, with places for the items.
    pub(super) fn new(
        root: &Root,
        items: &[Item<'_>],
        processes: Processes,
    ) -> Result<Stage, SandboxError> {
        let flags = MountAttrFlags::MOUNT_ATTR_NODEV | MountAttrFlags::MOUNT_ATTR_NOSUID;
        let stage = filesystem::tmpfs(None, 0o700, flags)?;
        let old = openat(CWD, "/", DIRECTORY, Mode::empty()).tried(|| "open `/`".to_owned())?;
        filesystem::attach(&stage, &old, || "mount a file system over `/`".to_owned())?;

        let operation = || "mount the root".to_owned();
        let place = directory(&stage, "root")?;
        let mount = match root {
            Root::Overlay { lower, upper, work } => {
                let layers = Layers::open(lower, upper, work)?;
                overlay(&stage, &layers, "skeleton", Path::new("/"), items)?
            }
            Root::Bind { directory } => bind(directory)?,
            Root::Empty => filesystem::tmpfs(None, 0o755, MountAttrFlags::MOUNT_ATTR_NODEV)?,
        };
        filesystem::attach(&mount, &place, operation)?;
        Ok(Stage {
            directory: stage,
            root: mount,
            empty: *root == Root::Empty,
            processes,
            sealed: Vec::new(),
        })
    }

    /// The finished root.
    pub(super) fn into_root(self) -> Result<OwnedFd, SandboxError> {
        for mount in &self.sealed {
            let attributes = Attributes {
                set: libc::MOUNT_ATTR_RDONLY,
                clear: 0,
            };
            set_mount_attributes(mount, attributes, false)
                .tried(|| "make a mount read-only".to_owned())?;
        }
        Ok(self.root)
    }

    /// Mounts, or makes, one item in the root.
    pub(super) fn mount(
        &mut self,
        item: &Item<'_>,
        items: &[Item<'_>],
        undo: &mut Undo,
    ) -> Result<(), SandboxError> {
        let path = item.target();
        let operation = || format!("mount on `{}`", path.display());
        let mount = match (item.mount, &item.source) {
            (Mount::Directory { mode, .. }, _) => {
                let made = self.place(item, undo)?;
                return chmod(&made, *mode).tried(|| format!("make `{}`", path.display()));
            }
            (Mount::Symlink { to, .. }, _) => {
                let (parent, name) = self.parent(path, undo)?;
                return symlinkat(to, &parent, name)
                    .tried(|| format!("make the link `{}`", path.display()));
            }
            (Mount::File { contents, mode, .. }, _) if self.empty => {
                let (parent, name) = self.parent(path, undo)?;
                return write(&parent, name, contents, *mode)
                    .tried(|| format!("write `{}`", path.display()));
            }
            (Mount::Proc { .. }, _) => {
                return kernel::mount_proc(&self.place(item, undo)?, self.processes);
            }
            (Mount::Sys { .. }, _) => return kernel::mount_sys(&self.place(item, undo)?),
            (Mount::Dev { writable, .. }, _) => {
                return device::mount(&self.place(item, undo)?, *writable);
            }
            (Mount::File { contents, mode, .. }, _) => {
                let name = OsStr::new(&item.name);
                write(&self.directory, name, contents, *mode).tried(operation)?;
                let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                let file = openat(&self.directory, name, flags, Mode::empty()).tried(operation)?;
                let set = NO_TRICKS | libc::MOUNT_ATTR_NOEXEC | libc::MOUNT_ATTR_RDONLY;
                filesystem::bind(&file, set, false, operation)?
            }
            (Mount::Bind { writable, .. }, Source::Bind(source)) => {
                let read_only = if *writable {
                    0
                } else {
                    libc::MOUNT_ATTR_RDONLY
                };
                filesystem::bind(source, NO_TRICKS | read_only, true, operation)?
            }
            (Mount::Overlay { .. }, Source::Overlay(layers)) => {
                overlay(&self.directory, layers, &item.name, path, items)?
            }
            (
                Mount::Part {
                    source, writable, ..
                },
                Source::Overlay(layers),
            ) => {
                let part = self.part(item, layers, source)?;
                if !*writable {
                    // Only at the end: others may be mounted in it, on places that are made now.
                    self.sealed.push(part.try_clone().tried(operation)?);
                }
                part
            }
            (
                Mount::Secret {
                    contents,
                    mode,
                    owner: (uid, gid),
                    ..
                },
                _,
            ) => {
                let name = OsStr::new(&item.name);
                write(&self.directory, name, contents, *mode).tried(operation)?;
                let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                let file = openat(&self.directory, name, flags, Mode::empty()).tried(operation)?;
                let (uid, gid) = (Some(Uid::from_raw(*uid)), Some(Gid::from_raw(*gid)));
                match chownat(&file, "", uid, gid, AtFlags::EMPTY_PATH) {
                    // Where there is one user only, every command is that user.
                    Err(Errno::INVAL) => {}
                    other => other.tried(operation)?,
                }
                let set = NO_TRICKS | libc::MOUNT_ATTR_NOEXEC | libc::MOUNT_ATTR_RDONLY;
                filesystem::bind(&file, set, false, operation)?
            }
            (Mount::Tmpfs { size, mode, .. }, _) => {
                let flags = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NODEV;
                filesystem::tmpfs(*size, *mode, flags)?
            }
            // Sources are opened by the kind of their mount.
            (Mount::Bind { .. } | Mount::Overlay { .. } | Mount::Part { .. }, _) => {
                return Err(SandboxError::Lost);
            }
        };
        filesystem::attach(&mount, &self.place(item, undo)?, operation)
    }

    /// What is at `source` in other layers, as a mount of its own.
    fn part(
        &self,
        item: &Item<'_>,
        layers: &Layers,
        source: &Path,
    ) -> Result<OwnedFd, SandboxError> {
        let operation = || format!("mount on `{}`", item.target().display());
        let whole = overlay(&self.directory, layers, &item.name, Path::new("/"), &[])?;
        // Only what is attached somewhere can be cloned in part.
        let place = directory(&self.directory, &format!("{}-whole", item.name))?;
        filesystem::attach(&whole, &place, operation)?;
        let mut undo = Undo::default();
        let part = target::find(whole.as_fd(), source, item.kind, Links::Follow, &mut undo)?;
        filesystem::bind(&part, NO_TRICKS, false, operation)
    }

    fn place(&self, item: &Item<'_>, undo: &mut Undo) -> Result<OwnedFd, SandboxError> {
        target::find(
            self.root.as_fd(),
            item.target(),
            item.kind,
            item.links,
            undo,
        )
    }

    /// The directory that `path` is to be made in, and its name there.
    fn parent<'a>(
        &self,
        path: &'a Path,
        undo: &mut Undo,
    ) -> Result<(OwnedFd, &'a OsStr), SandboxError> {
        let (Some(above), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(SandboxError::Invalid {
                reason: format!("`{}` names no file", path.display()),
            });
        };
        let root = self.root.as_fd();
        let above = target::find(root, above, Kind::Directory, Links::Follow, undo)?;
        Ok((above, name))
    }
}

/// Mounts layers with what is missing in them; `name` is free on the stage.
fn overlay(
    stage: &OwnedFd,
    layers: &Layers,
    name: &str,
    prefix: &Path,
    items: &[Item<'_>],
) -> Result<OwnedFd, SandboxError> {
    let skeleton = directory(stage, name)?;
    let empty = directory(stage, &format!("{name}-empty"))?;
    let view = layers.view(&empty, (stage, &format!("{name}-view")))?;
    skeleton::fill(&skeleton, &view, prefix, items)?;
    // An upper directory is not to be looked at from two sides.
    drop(view);
    layers.mount(&skeleton, (stage, &format!("{name}-mount")))
}

/// A root that is changed in place.
fn bind(path: &Path) -> Result<OwnedFd, SandboxError> {
    let operation = || format!("open the root `{}`", path.display());
    let handle = openat(CWD, path, DIRECTORY, Mode::empty()).tried(operation)?;
    filesystem::bind(&handle, libc::MOUNT_ATTR_NODEV, false, operation)
}

/// A new directory on the stage.
fn directory(stage: &OwnedFd, name: &str) -> Result<OwnedFd, SandboxError> {
    mkdirat(stage, name, Mode::from_raw_mode(0o755))
        .and_then(|()| openat(stage, name, DIRECTORY, Mode::empty()))
        .tried(|| format!("make the directory `{name}` for setting up"))
}

fn write(parent: &OwnedFd, name: &OsStr, contents: &[u8], mode: u32) -> std::io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = openat(parent, name.as_bytes(), flags, Mode::RUSR | Mode::WUSR)?;
    fchmod(&file, Mode::from_raw_mode(mode))?;
    File::from(file).write_all(contents)
}

fn chmod(entry: &OwnedFd, mode: u32) -> rustix::io::Result<()> {
    let path = filesystem::path(entry);
    chmodat(CWD, path, Mode::from_raw_mode(mode), AtFlags::empty())
}
