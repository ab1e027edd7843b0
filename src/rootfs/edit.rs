//! Editing: no link is followed, and what may only be done by root is an outcome, not an error.

use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{
    AtFlags, Dev, FileType, Gid, Mode, OFlags, Timespec, Timestamps, Uid, XattrFlags, chmodat,
    chownat, fchmod, lgetxattr, linkat, lremovexattr, lsetxattr, mkdirat, mknodat, openat, openat2,
    renameat, symlinkat, utimensat,
};
use rustix::io::Errno;

use super::name::Name;
use super::{FileKind, NO_LINKS, Rootfs, RootfsError};

/// Who owns an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
}

impl Owner {
    /// User 0, group 0.
    pub const ROOT: Owner = Owner { uid: 0, gid: 0 };
}

/// Whether the kernel let this user set an attribute that is root's to give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "what was not permitted has to be noted elsewhere"]
pub enum Permission {
    /// It is set.
    Granted,
    /// It is not; everything else about the entry is as asked.
    Denied,
}

impl Permission {
    fn of(result: rustix::io::Result<()>) -> rustix::io::Result<Permission> {
        match result {
            Ok(()) => Ok(Permission::Granted),
            // EINVAL: an id that the user namespace does not map.
            Err(Errno::PERM | Errno::INVAL) => Ok(Permission::Denied),
            Err(errno) => Err(errno),
        }
    }
}

fn set_owner(name: &Name<'_>, owner: Owner) -> rustix::io::Result<Permission> {
    let uid = Some(Uid::from_raw(owner.uid));
    let gid = Some(Gid::from_raw(owner.gid));
    Permission::of(chownat(
        name,
        name.name,
        uid,
        gid,
        AtFlags::SYMLINK_NOFOLLOW,
    ))
}

/// Neither link nor device: changing the mode through the descriptor's link in /proc is what
/// fchmodat(2) with `AT_EMPTY_PATH` does on kernels that have it.
fn set_mode(name: &Name<'_>, mode: u32) -> rustix::io::Result<()> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let entry = openat2(name, name.name, flags, Mode::empty(), NO_LINKS)?;
    let path = format!(
        "/proc/self/fd/{}",
        std::os::fd::AsRawFd::as_raw_fd(&entry.as_fd())
    );
    chmodat(
        rustix::fs::CWD,
        path,
        Mode::from_raw_mode(mode),
        AtFlags::empty(),
    )
}

impl Rootfs {
    /// Makes a directory. Mode and owner are exactly those given, whatever the umask.
    ///
    /// # Errors
    /// When something is there, or the directory above is missing or a link.
    pub fn create_directory(
        &self,
        path: impl AsRef<Path>,
        mode: u32,
        owner: Owner,
    ) -> Result<Permission, RootfsError> {
        self.edit("make the directory", path.as_ref(), |name| {
            mkdirat(name, name.name, Mode::RWXU)?;
            let permission = set_owner(name, owner)?;
            set_mode(name, mode)?;
            Ok(permission)
        })
    }

    /// Makes an empty file and opens it for writing.
    ///
    /// The kernel drops set-user-id and set-group-id when an ordinary user writes: with such a
    /// mode, call [`chmod`](Self::chmod) after the last write.
    ///
    /// # Errors
    /// When something is there, or the directory above is missing or a link.
    pub fn create_file(
        &self,
        path: impl AsRef<Path>,
        mode: u32,
        owner: Owner,
    ) -> Result<(File, Permission), RootfsError> {
        self.edit("make the file", path.as_ref(), |name| {
            let flags =
                OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let file = openat(name, name.name, flags, Mode::RUSR | Mode::WUSR)?;
            let permission = set_owner(name, owner)?;
            fchmod(&file, Mode::from_raw_mode(mode))?;
            Ok((File::from(file), permission))
        })
    }

    /// Opens a regular file to read it and write into it.
    ///
    /// # Errors
    /// When it is missing, or something else than a regular file.
    pub fn open_file(&self, path: impl AsRef<Path>) -> Result<File, RootfsError> {
        let path = path.as_ref();
        let file = self.edit("open", path, |name| {
            let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            openat(name, name.name, flags, Mode::empty()).map(File::from)
        })?;
        match file.metadata() {
            Ok(found) if found.is_file() => Ok(file),
            Ok(_) => Err(RootfsError::NotRegular {
                path: path.to_owned(),
            }),
            Err(error) => Err(RootfsError::io("look at", path, error)),
        }
    }

    /// Makes a symbolic link that says `target`.
    ///
    /// # Errors
    /// When something is there, or the directory above is missing or a link.
    pub fn symlink(
        &self,
        path: impl AsRef<Path>,
        target: impl AsRef<Path>,
        owner: Owner,
    ) -> Result<Permission, RootfsError> {
        self.edit("make the link", path.as_ref(), |name| {
            symlinkat(target.as_ref(), name, name.name)?;
            set_owner(name, owner)
        })
    }

    /// Gives the entry `existing` (a link itself, if it is one) the second name `path`.
    ///
    /// # Errors
    /// When there is no such entry, it is a directory, or something is at `path`.
    pub fn hard_link(
        &self,
        existing: impl AsRef<Path>,
        path: impl AsRef<Path>,
    ) -> Result<(), RootfsError> {
        let from = self.name("link to", existing.as_ref())?;
        self.edit("make the hard link", path.as_ref(), |name| {
            linkat(&from, from.name, name, name.name, AtFlags::empty())
        })
    }

    /// Makes a pipe, socket or device. Not even an empty stand-in is left when only root may.
    ///
    /// # Errors
    /// When something is there, the directory above is missing or a link, or `kind` is none of
    /// these.
    pub fn create_special(
        &self,
        path: impl AsRef<Path>,
        kind: FileKind,
        device_number: (u32, u32),
        mode: u32,
        owner: Owner,
    ) -> Result<Permission, RootfsError> {
        let file_type = match kind {
            FileKind::Fifo => FileType::Fifo,
            FileKind::Socket => FileType::Socket,
            FileKind::CharacterDevice => FileType::CharacterDevice,
            FileKind::BlockDevice => FileType::BlockDevice,
            FileKind::File | FileKind::Directory | FileKind::Symlink => {
                return Err(RootfsError::Path {
                    path: path.as_ref().to_owned(),
                    reason: "it is to be no pipe, socket or device",
                });
            }
        };
        let (major, minor) = device_number;
        let device: Dev = rustix::fs::makedev(major, minor);
        self.edit("make the device", path.as_ref(), |name| {
            let made = mknodat(name, name.name, file_type, Mode::RUSR, device);
            if made == Err(Errno::PERM) {
                return Ok(Permission::Denied);
            }
            made?;
            let permission = set_owner(name, owner)?;
            set_mode(name, mode)?;
            Ok(permission)
        })
    }

    /// Makes a whiteout: in an overlay's upper directory it hides the entry of this name below.
    ///
    /// Any user may (since Linux 5.8).
    ///
    /// # Errors
    /// When something is there, or the directory above is missing or a link.
    pub fn whiteout(&self, path: impl AsRef<Path>) -> Result<(), RootfsError> {
        self.edit("make the whiteout", path.as_ref(), |name| {
            mknodat(name, name.name, FileType::CharacterDevice, Mode::empty(), 0)
        })
    }

    /// Makes the directory at `path` hide what lies below it in an overlay.
    ///
    /// Root's overlays read `trusted.overlay.opaque`; an ordinary user can only set
    /// `user.overlay.opaque`, which overlays mounted with `userxattr` read.
    ///
    /// # Errors
    /// When it is missing, or the file system has no extended attributes.
    pub fn set_opaque(&self, path: impl AsRef<Path>) -> Result<(), RootfsError> {
        self.edit("make opaque", path.as_ref(), |name| {
            let set =
                |key: &str| lsetxattr(name.in_proc().as_slice(), key, b"y", XattrFlags::empty());
            match set("trusted.overlay.opaque") {
                Err(Errno::PERM | Errno::OPNOTSUPP) => set("user.overlay.opaque"),
                other => other,
            }
        })
    }

    /// Sets permission bits. Not for links, which have none.
    ///
    /// # Errors
    /// When it is missing, a link, or another user's.
    pub fn chmod(&self, path: impl AsRef<Path>, mode: u32) -> Result<(), RootfsError> {
        self.edit("set the mode of", path.as_ref(), |name| {
            set_mode(name, mode)
        })
    }

    /// Gives an entry (a link itself, if it is one) to `owner`. The kernel may drop set-user-id,
    /// set-group-id and file capabilities: set them afterwards.
    ///
    /// # Errors
    /// When it is missing.
    pub fn chown(&self, path: impl AsRef<Path>, owner: Owner) -> Result<Permission, RootfsError> {
        self.edit("set the owner of", path.as_ref(), |name| {
            set_owner(name, owner)
        })
    }

    /// Sets the times of last change and access of an entry (a link itself, if it is one).
    ///
    /// # Errors
    /// When it is missing, or another user's.
    pub fn set_times(
        &self,
        path: impl AsRef<Path>,
        seconds: i64,
        nanoseconds: u32,
    ) -> Result<(), RootfsError> {
        let time = Timespec {
            tv_sec: seconds,
            tv_nsec: i64::from(nanoseconds),
        };
        let times = Timestamps {
            last_access: time,
            last_modification: time,
        };
        self.edit("set the times of", path.as_ref(), |name| {
            utimensat(name, name.name, &times, AtFlags::SYMLINK_NOFOLLOW)
        })
    }

    /// Sets an extended attribute of an entry (a link itself, if it is one).
    ///
    /// # Errors
    /// When the entry is missing, or the file system has no such attributes.
    pub fn set_xattr(
        &self,
        path: impl AsRef<Path>,
        key: impl AsRef<std::ffi::OsStr>,
        value: &[u8],
    ) -> Result<Permission, RootfsError> {
        self.edit("set an attribute of", path.as_ref(), |name| {
            let path = name.in_proc();
            let key = key.as_ref().as_bytes();
            match lsetxattr(path.as_slice(), key, value, XattrFlags::empty()) {
                Err(Errno::PERM) => Ok(Permission::Denied),
                other => other.map(|()| Permission::Granted),
            }
        })
    }

    /// Takes an extended attribute away; that there is none is no error.
    ///
    /// # Errors
    /// When the entry is missing or the attribute may not be changed.
    pub fn remove_xattr(
        &self,
        path: impl AsRef<Path>,
        key: impl AsRef<std::ffi::OsStr>,
    ) -> Result<(), RootfsError> {
        self.edit(
            "remove an attribute of",
            path.as_ref(),
            |name| match lremovexattr(name.in_proc().as_slice(), key.as_ref().as_bytes()) {
                Err(Errno::NODATA) => Ok(()),
                other => other,
            },
        )
    }

    /// An extended attribute of an entry (a link itself, if it is one), if it has it.
    ///
    /// # Errors
    /// When the entry is missing.
    pub fn xattr(
        &self,
        path: impl AsRef<Path>,
        key: impl AsRef<std::ffi::OsStr>,
    ) -> Result<Option<Vec<u8>>, RootfsError> {
        self.edit("read an attribute of", path.as_ref(), |name| {
            // 64 KiB is the kernel's limit for one value (XATTR_SIZE_MAX).
            let mut value = vec![0; 64 << 10];
            let path = name.in_proc();
            match lgetxattr(path.as_slice(), key.as_ref().as_bytes(), &mut value[..]) {
                Ok(length) => {
                    value.truncate(length);
                    Ok(Some(value))
                }
                Err(Errno::NODATA | Errno::OPNOTSUPP) => Ok(None),
                Err(errno) => Err(errno),
            }
        })
    }

    /// Moves an entry, replacing what is at `to` if the kernel allows it (rename(2)).
    ///
    /// # Errors
    /// When `from` is missing, or `to` is of another kind or a directory with entries.
    pub fn rename(&self, from: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<(), RootfsError> {
        let from = self.name("move", from.as_ref())?;
        self.edit("move to", to.as_ref(), |name| {
            renameat(&from, from.name, name, name.name)
        })
    }

    fn edit<T>(
        &self,
        operation: &'static str,
        path: &Path,
        change: impl FnOnce(&Name<'_>) -> rustix::io::Result<T>,
    ) -> Result<T, RootfsError> {
        let name = self.name(operation, path)?;
        change(&name).map_err(|errno| RootfsError::io(operation, path, errno))
    }
}
