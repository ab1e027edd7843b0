//! Assembles the root and makes it the root.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, OFlags, fchmod, fstat, mkdirat, openat, symlinkat};
use rustix::io::Errno;
use rustix::mount::{MountAttrFlags, UnmountFlags, unmount};

use super::error::{SandboxError, Tried};
use super::filesystem;
use super::mount::{Mount, Root};
use super::overlay::Layers;
use super::syscall::{Attributes, set_mount_attributes};
use super::target::{self, Kind, Links, Undo};
use super::{device, kernel};

/// A mount with its sources open: from here on no path of the host is looked up.
enum Opened<'a> {
    Bind(OwnedFd, Kind),
    Overlay(Layers),
    Plain(&'a Mount),
}

/// Where everything is put together: a tmpfs over `/`, reachable only through this descriptor.
struct Stage(OwnedFd);

const DIRECTORY: OFlags = OFlags::PATH
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

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
/// What had to be made in the root comes back, to be undone when the command has ended.
pub(super) fn enter(root: &Root, mounts: &[Mount], standard: bool) -> Result<Undo, SandboxError> {
    let mut all = if standard {
        standard_mounts()
    } else {
        Vec::new()
    };
    let refused = all.len();
    all.extend_from_slice(mounts);
    for mount in &all {
        check(mount, root)?;
    }
    let opened = all.iter().map(open).collect::<Result<Vec<_>, _>>()?;
    let stage = Stage::make()?;
    let mut undo = Undo::default();

    let new_root = stage.mount_root(root, &all)?;
    for (index, (mount, opened)) in all.iter().zip(&opened).enumerate() {
        let links = match mount {
            Mount::Proc { .. } | Mount::Dev { .. } | Mount::Sys { .. } => Links::Refuse,
            _ if index < refused => Links::Refuse,
            _ => Links::Follow,
        };
        stage.mount(
            &new_root,
            mount,
            opened,
            &all,
            links,
            *root == Root::Empty,
            index,
            &mut undo,
        )?;
    }
    pivot(&new_root)?;
    Ok(undo)
}

/// Makes `new_root` the root of this mount namespace and lets go of the old one (pivot_root(2)).
fn pivot(new_root: &OwnedFd) -> Result<(), SandboxError> {
    let old_root = openat(CWD, "/", DIRECTORY, Mode::empty()).tried(|| "open `/`".to_owned())?;
    rustix::process::fchdir(new_root)
        .and_then(|()| rustix::process::pivot_root(".", "."))
        .and_then(|()| rustix::process::fchdir(&old_root))
        .and_then(|()| unmount(".", UnmountFlags::DETACH))
        .and_then(|()| rustix::process::chdir("/"))
        .tried(|| "change the root directory".to_owned())
}

/// What a description must not ask for.
fn check(mount: &Mount, root: &Root) -> Result<(), SandboxError> {
    let target = mount.target();
    let invalid = |reason: String| Err(SandboxError::Invalid { reason });
    if !target.is_absolute() {
        return invalid(format!("the target `{}` is not absolute", target.display()));
    }
    let made = matches!(mount, Mount::Directory { .. } | Mount::Symlink { .. });
    if made && *root != Root::Empty {
        return invalid(format!(
            "`{}` can only be made in an empty root",
            target.display()
        ));
    }
    Ok(())
}

/// Opens what a mount takes from the host.
fn open(mount: &Mount) -> Result<Opened<'_>, SandboxError> {
    match mount {
        Mount::Bind { source, .. } => {
            let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let operation = || format!("open `{}`", source.display());
            let handle = openat(CWD, source, flags, Mode::empty()).tried(operation)?;
            let stat = fstat(&handle).tried(operation)?;
            match FileType::from_raw_mode(stat.st_mode) {
                FileType::Directory => Ok(Opened::Bind(handle, Kind::Directory)),
                // Clones of links cannot be attached anywhere, and should not be.
                FileType::Symlink => Err(Errno::LOOP).tried(operation),
                _ => Ok(Opened::Bind(handle, Kind::File)),
            }
        }
        Mount::Overlay {
            lower, upper, work, ..
        } => Layers::open(lower, upper, work).map(Opened::Overlay),
        _ => Ok(Opened::Plain(mount)),
    }
}

impl Stage {
    fn make() -> Result<Stage, SandboxError> {
        let flags = MountAttrFlags::MOUNT_ATTR_NODEV | MountAttrFlags::MOUNT_ATTR_NOSUID;
        let stage = filesystem::tmpfs(None, 0o700, flags)?;
        let root = openat(CWD, "/", DIRECTORY, Mode::empty()).tried(|| "open `/`".to_owned())?;
        filesystem::attach(&stage, &root, || "mount a file system over `/`".to_owned())?;
        Ok(Stage(stage))
    }

    /// A new directory on the stage.
    fn directory(&self, name: &str) -> Result<OwnedFd, SandboxError> {
        mkdirat(&self.0, name, Mode::from_raw_mode(0o755))
            .and_then(|()| openat(&self.0, name, DIRECTORY, Mode::empty()))
            .tried(|| format!("make the directory `{name}` for setting up"))
    }

    fn mount_root(&self, root: &Root, mounts: &[Mount]) -> Result<OwnedFd, SandboxError> {
        let place = self.directory("root")?;
        let nodev = MountAttrFlags::MOUNT_ATTR_NODEV;
        let (mount, path) = match root {
            Root::Overlay { lower, upper, work } => {
                let layers = Layers::open(lower, upper, work)?;
                let skeleton = self.skeleton("skeleton", Path::new("/"), mounts)?;
                (layers.mount(skeleton, &self.0)?, upper.as_path())
            }
            Root::Bind { directory } => {
                let operation = || format!("open the root `{}`", directory.display());
                let handle = openat(CWD, directory, DIRECTORY, Mode::empty()).tried(operation)?;
                let clone = filesystem::clone(&handle, false, operation)?;
                let attributes = Attributes {
                    set: libc::MOUNT_ATTR_NODEV,
                    clear: 0,
                };
                set_mount_attributes(&clone, attributes, false).tried(operation)?;
                (clone, directory.as_path())
            }
            Root::Empty => (filesystem::tmpfs(None, 0o755, nodev)?, Path::new("tmpfs")),
        };
        filesystem::attach(&mount, &place, || {
            format!("mount the root `{}`", path.display())
        })?;
        Ok(mount)
    }

    /// A directory with the mount points below `prefix`, as the lowest layer of the overlay that
    /// is mounted there: so they need not be made in the upper directory, whose contents are the
    /// result of the command.
    fn skeleton(
        &self,
        name: &str,
        prefix: &Path,
        mounts: &[Mount],
    ) -> Result<OwnedFd, SandboxError> {
        let skeleton = self.directory(name)?;
        // The stage vanishes; nothing made here is ever undone.
        let mut forgotten = Undo::default();
        for mount in mounts {
            let Some(path) = target::below(mount.target(), prefix) else {
                continue;
            };
            let hidden = mounts.iter().any(|other| {
                let between = other.target();
                target::below(between, prefix).is_some()
                    && target::below(mount.target(), between).is_some()
                    && !matches!(other, Mount::File { .. } | Mount::Symlink { .. })
            });
            if hidden {
                continue;
            }
            let kind = match open(mount)? {
                Opened::Bind(_, kind) => kind,
                Opened::Plain(Mount::File { .. }) => Kind::File,
                _ => Kind::Directory,
            };
            target::find(skeleton.as_fd(), path, kind, Links::Refuse, &mut forgotten)?;
        }
        Ok(skeleton)
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one call, and no noun for the lot"
    )]
    fn mount(
        &self,
        root: &OwnedFd,
        mount: &Mount,
        opened: &Opened<'_>,
        mounts: &[Mount],
        links: Links,
        empty: bool,
        index: usize,
        undo: &mut Undo,
    ) -> Result<(), SandboxError> {
        let path = mount.target();
        let operation = || format!("mount on `{}`", path.display());
        let place =
            |kind: Kind, undo: &mut Undo| target::find(root.as_fd(), path, kind, links, undo);
        match (mount, opened) {
            (Mount::Bind { writable, .. }, Opened::Bind(source, kind)) => {
                let target = place(*kind, undo)?;
                let clone = filesystem::clone(source, true, operation)?;
                let mut set = libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV;
                if !writable {
                    set |= libc::MOUNT_ATTR_RDONLY;
                }
                set_mount_attributes(&clone, Attributes { set, clear: 0 }, true)
                    .tried(operation)?;
                filesystem::attach(&clone, &target, operation)?;
            }
            (Mount::Overlay { .. }, Opened::Overlay(layers)) => {
                let target = place(Kind::Directory, undo)?;
                let name = format!("skeleton of {}", path.display()).replace('/', "-");
                let overlay = layers.mount(self.skeleton(&name, path, mounts)?, &self.0)?;
                filesystem::attach(&overlay, &target, operation)?;
            }
            (Mount::Tmpfs { size, mode, .. }, _) => {
                let target = place(Kind::Directory, undo)?;
                let flags = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NODEV;
                let tmpfs = filesystem::tmpfs(*size, *mode, flags)?;
                filesystem::attach(&tmpfs, &target, operation)?;
            }
            (Mount::Proc { .. }, _) => kernel::mount_proc(&place(Kind::Directory, undo)?)?,
            (Mount::Sys { .. }, _) => kernel::mount_sys(&place(Kind::Directory, undo)?)?,
            (Mount::Dev { writable, .. }, _) => {
                device::mount(&place(Kind::Directory, undo)?, *writable)?;
            }
            (Mount::File { contents, mode, .. }, _) if empty => {
                let (parent, name) = parent(root, path, undo)?;
                write(&parent, name, contents, *mode)
                    .tried(|| format!("write `{}`", path.display()))?;
            }
            (Mount::File { contents, mode, .. }, _) => {
                let target = place(Kind::File, undo)?;
                let name = format!("file{index}");
                let name = OsStr::new(&name);
                write(&self.0, name, contents, *mode).tried(operation)?;
                let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                let file = openat(&self.0, name, flags, Mode::empty()).tried(operation)?;
                let clone = filesystem::clone(&file, false, operation)?;
                let attributes = Attributes {
                    set: libc::MOUNT_ATTR_RDONLY
                        | libc::MOUNT_ATTR_NOSUID
                        | libc::MOUNT_ATTR_NODEV
                        | libc::MOUNT_ATTR_NOEXEC,
                    clear: 0,
                };
                set_mount_attributes(&clone, attributes, false).tried(operation)?;
                filesystem::attach(&clone, &target, operation)?;
            }
            (Mount::Directory { mode, .. }, _) => {
                let directory = place(Kind::Directory, undo)?;
                chmod(&directory, *mode).tried(|| format!("make `{}`", path.display()))?;
            }
            (Mount::Symlink { to, .. }, _) => {
                let (parent, name) = parent(root, path, undo)?;
                symlinkat(to, &parent, name)
                    .tried(|| format!("make the link `{}`", path.display()))?;
            }
            (Mount::Bind { .. } | Mount::Overlay { .. }, _) => return Err(SandboxError::Lost),
        }
        Ok(())
    }
}

/// The directory that `path` is to be made in, and its name there.
fn parent<'a>(
    root: &OwnedFd,
    path: &'a Path,
    undo: &mut Undo,
) -> Result<(OwnedFd, &'a OsStr), SandboxError> {
    let (Some(above), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(SandboxError::Invalid {
            reason: format!("`{}` names no file", path.display()),
        });
    };
    let above = target::find(root.as_fd(), above, Kind::Directory, Links::Follow, undo)?;
    Ok((above, name))
}

fn write(parent: &OwnedFd, name: &OsStr, contents: &[u8], mode: u32) -> std::io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = openat(parent, name.as_bytes(), flags, Mode::RUSR | Mode::WUSR)?;
    fchmod(&file, Mode::from_raw_mode(mode))?;
    File::from(file).write_all(contents)
}

fn chmod(entry: &OwnedFd, mode: u32) -> rustix::io::Result<()> {
    let path = filesystem::path(entry);
    rustix::fs::chmodat(
        CWD,
        path,
        Mode::from_raw_mode(mode),
        rustix::fs::AtFlags::empty(),
    )
}
