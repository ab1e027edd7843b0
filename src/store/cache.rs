//! Folders that commands keep between builds, by name.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use crate::digest::Hasher;

use super::{Store, StoreError, make_private, try_lock};

/// What the kernel says of an owner that a user namespace does not have.
const NO_SUCH_OWNER: [io::ErrorKind; 2] =
    [io::ErrorKind::InvalidInput, io::ErrorKind::PermissionDenied];

/// A kept folder, for one user at a time: dropping it lets the next one in, and so does the end of
/// the process.
#[derive(Debug)]
pub struct Cache {
    folder: PathBuf,
    _held: File,
}

impl Store {
    /// The folder called `id`; `None` while somebody else has it. On disk it has the name's digest:
    /// no name leads elsewhere.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn cache(&self, id: &str) -> Result<Option<Cache>, StoreError> {
        let mut hasher = Hasher::new();
        hasher.field(id.as_bytes());
        let own = self.results.join("caches").join(hasher.finish().hex());
        let failed = |action, path: &Path, source| StoreError::Io {
            action,
            path: path.to_owned(),
            source,
        };
        make_private(&own).map_err(|error| failed("make", &own, error))?;
        let lock = own.join("lock");
        let held = try_lock(&lock).map_err(|error| failed("lock", &lock, error))?;
        let Some(held) = held else {
            return Ok(None);
        };
        let folder = own.join("content");
        match fs::create_dir(&folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                Err(failed("make", &folder, error))
            }
            _ => Ok(Some(Cache {
                folder,
                _held: held,
            })),
        }
    }
}

impl Cache {
    /// Where its contents are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Gives the folder itself, and nothing in it, an owner and a mode.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn settle(&self, (uid, gid): (u32, u32), mode: u32) -> Result<(), StoreError> {
        let settle = || {
            let found = fs::symlink_metadata(&self.folder)?;
            if !found.is_dir() {
                return Err(io::ErrorKind::NotADirectory.into());
            }
            if (found.uid(), found.gid()) != (uid, gid) {
                match chown(&self.folder, Some(uid), Some(gid)) {
                    // Where there is one user only, every command is that user.
                    Err(error) if NO_SUCH_OWNER.contains(&error.kind()) => {}
                    other => other?,
                }
            }
            fs::set_permissions(&self.folder, fs::Permissions::from_mode(mode))
        };
        settle().map_err(|source| StoreError::Io {
            action: "set owner and mode of",
            path: self.folder.clone(),
            source,
        })
    }
}
