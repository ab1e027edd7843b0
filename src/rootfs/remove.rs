//! Removing whole trees by descriptor.

use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{
    AtFlags, CWD, Dir, FileType, Mode, OFlags, ResolveFlags, chmodat, fstat, openat, openat2,
    unlinkat,
};
use rustix::io::{Errno, Result};

use super::{NO_LINKS, Rootfs, RootfsError};

/// How many directories on the way down stay open; the others are found again through `..`.
const OPEN: usize = 32;

/// A directory that is being emptied.
struct Level {
    /// Its name in the one above.
    name: CString,
    /// Closed while the walk is far below.
    directory: Option<OwnedFd>,
    identity: (u64, u64),
    /// Directories in it that are still there.
    directories: Vec<CString>,
}

impl Rootfs {
    /// Removes what is at `path`, with everything below it; that nothing is there is no error.
    ///
    /// No link is followed and no mount crossed. Depth is limited by memory alone, and a
    /// directory that its owner closed (mode 0000) is opened first.
    ///
    /// # Errors
    /// When something cannot be removed: another user's, immutable, or a mount.
    pub fn remove(&self, path: impl AsRef<Path>) -> std::result::Result<(), RootfsError> {
        let path = path.as_ref();
        let fail = |errno| RootfsError::io("remove", path, errno);
        let name = match self.name("remove", path) {
            Err(error) if error.is_not_found() => return Ok(()),
            other => other?,
        };
        let entry = CString::new(name.name.as_bytes()).map_err(|_| fail(Errno::INVAL))?;
        match unlinkat(&name, &entry, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => return Ok(()),
            // Linux says EISDIR for a directory; EPERM is what POSIX says.
            Err(Errno::ISDIR | Errno::PERM) => {}
            Err(errno) => return Err(fail(errno)),
        }
        remove_tree(name.as_fd(), entry).map_err(fail)
    }
}

fn remove_tree(above: BorrowedFd<'_>, name: CString) -> Result<()> {
    let mut levels = vec![enter(above, name)?];
    while let Some(mut level) = levels.pop() {
        if let Some(below) = level.directories.pop() {
            let directory = level.directory.as_ref().ok_or(Errno::BADF)?;
            let next = enter(directory.as_fd(), below)?;
            levels.push(level);
            levels.push(next);
            if let Some(far) = levels.len().checked_sub(OPEN + 1) {
                levels[far].directory = None;
            }
            continue;
        }
        match levels.last_mut() {
            None => unlinkat(above, &level.name, AtFlags::REMOVEDIR)?,
            Some(upper) => {
                let directory = match upper.directory.take() {
                    Some(directory) => directory,
                    None => climb(level.directory.as_ref().ok_or(Errno::BADF)?, upper)?,
                };
                unlinkat(&directory, &level.name, AtFlags::REMOVEDIR)?;
                upper.directory = Some(directory);
            }
        }
    }
    Ok(())
}

/// Opens the directory above again, and makes sure that it is the one the walk came through.
fn climb(below: &OwnedFd, upper: &Level) -> Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directory = openat(below, c"..", flags, Mode::empty())?;
    if identity(&directory)? != upper.identity {
        return Err(Errno::XDEV);
    }
    Ok(directory)
}

fn identity(directory: &OwnedFd) -> Result<(u64, u64)> {
    let stat = fstat(directory)?;
    Ok((stat.st_dev, stat.st_ino))
}

/// Opens a directory and removes everything in it but directories.
fn enter(above: BorrowedFd<'_>, name: CString) -> Result<Level> {
    let resolve = NO_LINKS | ResolveFlags::NO_XDEV;
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let directory = openat2(above, &name, flags, Mode::empty(), resolve)?;
    let stat = fstat(&directory)?;
    if stat.st_mode & 0o700 != 0o700 {
        let path = format!("/proc/self/fd/{}", directory.as_raw_fd());
        // Root needs no permission, and whom the directory does not belong to fails below.
        let _ = chmodat(CWD, path, Mode::RWXU, AtFlags::empty());
    }
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let readable = openat(&directory, c".", flags, Mode::empty())?;
    let mut directories = Vec::new();
    let mut entries = Vec::new();
    for entry in Dir::read_from(&readable)? {
        let entry = entry?;
        if entry.file_name() != c"." && entry.file_name() != c".." {
            entries.push((entry.file_name().to_owned(), entry.file_type()));
        }
    }
    for (entry, kind) in entries {
        if kind == FileType::Directory {
            directories.push(entry);
            continue;
        }
        match unlink(&directory, &entry) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(Errno::ISDIR) => directories.push(entry),
            Err(errno) => return Err(errno),
        }
    }
    Ok(Level {
        name,
        identity: (stat.st_dev, stat.st_ino),
        directory: Some(directory),
        directories,
    })
}

fn unlink(directory: &OwnedFd, name: &CStr) -> Result<()> {
    unlinkat(directory, name, AtFlags::empty())
}
