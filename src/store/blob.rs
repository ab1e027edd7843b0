//! Files that were fetched, by checksum: whoever asks for the same bytes again needs no network.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::digest::Checksum;

use super::{Store, StoreError, age, draft, make_private};

const BLOCK: usize = 1 << 16;

impl Store {
    /// The file with this checksum, open at its beginning. One that is damaged is removed and not
    /// given: every byte is read before.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn blob(&self, checksum: &Checksum) -> Result<Option<File>, StoreError> {
        let path = self.blob_path(checksum);
        let failed = |action, source| StoreError::Io {
            action,
            path: path.clone(),
            source,
        };
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_file() => {}
            Ok(_) => {
                draft::remove(&path)?;
                return Ok(None);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed("look at", error)),
        }
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed("open", error)),
        };
        let mut hasher = checksum.hasher();
        let mut block = vec![0; BLOCK];
        loop {
            match file.read(&mut block) {
                Ok(0) => break,
                Ok(length) => hasher.update(&block[..length]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(failed("read", error)),
            }
        }
        if hasher.finish() != *checksum {
            // Another build may have found it too, and removed it or even replaced it: then that one's
            // new file is lost, which costs the next build a download.
            draft::remove(&path)?;
            return Ok(None);
        }
        // When it was last used, for those who prune.
        age::mark_used(&file);
        file.rewind().map_err(|error| failed("read", error))?;
        Ok(Some(file))
    }

    /// Keeps the file at `from`, whose bytes have this checksum: it is moved, whole or not at all.
    ///
    /// # Errors
    /// When the disk refuses, or `from` is on another file system.
    pub fn keep_blob(&self, from: &Path, checksum: &Checksum) -> Result<File, StoreError> {
        let path = self.blob_path(checksum);
        let keep = || -> io::Result<File> {
            let file = OpenOptions::new().read(true).write(true).open(from)?;
            file.set_permissions(fs::Permissions::from_mode(0o600))?;
            // Without this a crash could leave a name without its bytes.
            file.sync_all()?;
            if let Some(folder) = path.parent() {
                make_private(folder)?;
                fs::rename(from, &path)?;
                File::open(folder)?.sync_all()?;
            }
            Ok(file)
        };
        keep().map_err(|source| StoreError::Io {
            action: "keep",
            path: path.clone(),
            source,
        })
    }

    fn blob_path(&self, checksum: &Checksum) -> PathBuf {
        let blobs = self.directory.join("blobs").join(checksum.algorithm());
        blobs.join(checksum.hex())
    }
}
