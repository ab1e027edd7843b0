//! Reading: links lead inside the root.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, fstat, openat2, readlinkat, statat};
use rustix::io::Errno;

use super::{AS_CHROOTED, Metadata, Rootfs, RootfsError};

/// `openat2` may report a rename elsewhere in the tree; the man page says to try again.
pub(super) const TRIES: usize = 128;

impl Rootfs {
    fn open_inside(&self, path: &Path, flags: OFlags) -> rustix::io::Result<OwnedFd> {
        let path = match path.as_os_str().as_bytes() {
            b"" => Path::new("."),
            _ => path,
        };
        for _ in 1..TRIES {
            match openat2(
                &self.directory,
                path,
                flags | OFlags::CLOEXEC,
                Mode::empty(),
                AS_CHROOTED,
            ) {
                Err(Errno::AGAIN) => {}
                other => return other,
            }
        }
        Err(Errno::AGAIN)
    }

    /// Reads the regular file at `path`, following links inside the root.
    ///
    /// A pipe or device is not even opened in earnest: nothing here blocks.
    ///
    /// # Errors
    /// When it is missing, no regular file, or longer than `limit` bytes.
    pub fn read(&self, path: impl AsRef<Path>, limit: u64) -> Result<Vec<u8>, RootfsError> {
        let path = path.as_ref();
        let fail = |errno| RootfsError::io("read", path, errno);
        // A device may act on being opened, so it is looked at first.
        let handle = self.open_inside(path, OFlags::PATH).map_err(fail)?;
        let regular = |stat: &rustix::fs::Stat| {
            FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile
        };
        if !regular(&fstat(&handle).map_err(fail)?) {
            return Err(RootfsError::NotRegular {
                path: path.to_owned(),
            });
        }
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = self.open_inside(path, flags).map_err(fail)?;
        if !regular(&fstat(&file).map_err(fail)?) {
            return Err(RootfsError::NotRegular {
                path: path.to_owned(),
            });
        }
        let mut bytes = Vec::new();
        File::from(file)
            .take(limit.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|error| RootfsError::io("read", path, error))?;
        if bytes.len() as u64 > limit {
            return Err(RootfsError::TooLarge {
                path: path.to_owned(),
                limit,
            });
        }
        Ok(bytes)
    }

    /// What is at `path`, following links inside the root; nothing when there is nothing.
    ///
    /// # Errors
    /// For any cause but a missing entry.
    pub fn metadata(&self, path: impl AsRef<Path>) -> Result<Option<Metadata>, RootfsError> {
        self.look(path.as_ref(), OFlags::PATH)
    }

    /// What is at `path`, a link in the last component being itself the answer.
    ///
    /// # Errors
    /// For any cause but a missing entry.
    pub fn link_metadata(&self, path: impl AsRef<Path>) -> Result<Option<Metadata>, RootfsError> {
        self.look(path.as_ref(), OFlags::PATH | OFlags::NOFOLLOW)
    }

    fn look(&self, path: &Path, flags: OFlags) -> Result<Option<Metadata>, RootfsError> {
        match self.open_inside(path, flags).and_then(fstat) {
            Ok(stat) => Ok(Some(Metadata::new(&stat))),
            Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
            Err(errno) => Err(RootfsError::io("look at", path, errno)),
        }
    }

    /// Whether there is anything at `path`, following links inside the root.
    pub fn exists(&self, path: impl AsRef<Path>) -> bool {
        self.open_inside(path.as_ref(), OFlags::PATH).is_ok()
    }

    /// The target of the link at `path`, as it is written there.
    ///
    /// # Errors
    /// When there is no link.
    pub fn read_link(&self, path: impl AsRef<Path>) -> Result<PathBuf, RootfsError> {
        let path = path.as_ref();
        self.open_inside(path, OFlags::PATH | OFlags::NOFOLLOW)
            .and_then(|link| readlinkat(&link, "", Vec::new()))
            .map(|target| PathBuf::from(OsString::from_vec(target.into_bytes())))
            .map_err(|errno| RootfsError::io("read the link", path, errno))
    }

    /// The names in the directory at `path`, sorted by their bytes, each with its metadata (of a
    /// link itself).
    ///
    /// # Errors
    /// When there is no directory.
    pub fn entries(
        &self,
        path: impl AsRef<Path>,
    ) -> Result<Vec<(OsString, Metadata)>, RootfsError> {
        let path = path.as_ref();
        let fail = |errno| RootfsError::io("list", path, errno);
        let directory = self
            .open_inside(path, OFlags::RDONLY | OFlags::DIRECTORY)
            .map_err(fail)?;
        let mut entries = Vec::new();
        for entry in Dir::read_from(&directory).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name == "." || name == ".." {
                continue;
            }
            let stat = statat(&directory, name, AtFlags::SYMLINK_NOFOLLOW).map_err(fail)?;
            entries.push((name.to_owned(), Metadata::new(&stat)));
        }
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(entries)
    }
}
