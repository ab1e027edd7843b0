//! Paths that links of the host lead through: inputs, which a user names as other programs do.
//!
//! Where such a path leads is asked once, by name, and an absolute link means what it means to
//! every program of the host. What is there is then opened beneath the directory without
//! following any link. Whoever swaps a folder for a link in between is told of a change, and
//! never makes a file of elsewhere an input.

use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Mode, OFlags, fstat, openat2};
use rustix::io::Errno;

use super::read::TRIES;
use super::{NO_LINKS, Rootfs, RootfsError};

impl Rootfs {
    /// The place in this directory that `path`, below it, leads to on the host: a path without
    /// links. `None` if that is elsewhere. The directory must have been opened by a path without
    /// links.
    ///
    /// # Errors
    /// When there is nothing, or the host does not tell.
    pub fn lead(&self, path: impl AsRef<Path>) -> io::Result<Option<PathBuf>> {
        let place = fs::canonicalize(self.path.join(path))?;
        Ok(place.strip_prefix(&self.path).ok().map(Path::to_owned))
    }

    /// Opens the regular file at `path` for reading. No link is followed, and nothing is waited
    /// for that has become a pipe.
    ///
    /// # Errors
    /// When there is none, or a link on the way.
    pub fn open_input(&self, path: impl AsRef<Path>) -> Result<File, RootfsError> {
        let path = path.as_ref();
        let fail = |errno| RootfsError::io("open", path, errno);
        let plain = |flags| {
            let file = self.open_plain(path, flags).map_err(fail)?;
            let stat = fstat(&file).map_err(fail)?;
            match FileType::from_raw_mode(stat.st_mode) {
                FileType::RegularFile => Ok(file),
                _ => Err(RootfsError::NotRegular {
                    path: path.to_owned(),
                }),
            }
        };
        // A device may act on being opened, so it is looked at first.
        plain(OFlags::PATH | OFlags::NOFOLLOW)?;
        plain(OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY).map(File::from)
    }

    /// Opens the directory at `path`; no link is followed.
    ///
    /// # Errors
    /// When there is none, or a link on the way.
    pub fn open_directory(&self, path: impl AsRef<Path>) -> Result<OwnedFd, RootfsError> {
        let path = path.as_ref();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW;
        self.open_plain(path, flags)
            .map_err(|errno| RootfsError::io("open", path, errno))
    }

    fn open_plain(&self, path: &Path, flags: OFlags) -> rustix::io::Result<OwnedFd> {
        let path = match path.as_os_str().is_empty() {
            true => Path::new("."),
            false => path,
        };
        let flags = flags | OFlags::CLOEXEC;
        for _ in 1..TRIES {
            match openat2(&self.directory, path, flags, Mode::empty(), NO_LINKS) {
                Err(Errno::AGAIN) => {}
                other => return other,
            }
        }
        Err(Errno::AGAIN)
    }
}
