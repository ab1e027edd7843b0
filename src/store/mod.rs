//! What is kept on disk between builds.
//!
//! ```text
//! DIR/                 0700: change sets hold set-user-id files that nobody else should reach
//!   CACHEDIR.TAG       backup programs pass by
//!   version            layout of this folder
//!   lock               held while drafts are made or swept
//!   steps/KEY/         a change set: `upper/`, and `attributes.jsonl` if made without root
//!   drafts/NAME/       a change set in the making, locked by the process that makes it
//!   namespaces/NAME/   `steps/`, `drafts/` and `caches/` that were made in a user namespace
//!   blobs/sha256/HEX   a file that was fetched, by its checksum; `blobs/sha512` likewise
//!   layers/parts/HEX   a part of a layer's blob; `layers/indexes/HEX` a list of such parts
//!   packages/MANAGER/  downloads of a package manager, with a lock beside it
//!   caches/DIGEST/     `content/` of a folder that commands keep by name, and its `lock`
//! ```
//!
//! A change set appears under its key by rename, whole or not at all. Drafts of processes that are
//! gone are swept when the store is opened.

mod blob;
mod cache;
mod change_set;
mod draft;
mod error;
mod layers;

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::digest::Digest;

pub use cache::Cache;
pub use change_set::ChangeSet;
pub use draft::{Draft, Existing};
pub use error::StoreError;
pub use layers::LayerFile;

/// Layout of the folder; another one is not touched.
const VERSION: &str = "1\n";

/// Cache Directory Tagging Specification, <https://bford.info/cachedir/>.
const TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n# onelayer keeps here what makes the next build fast.\n";

/// The store.
#[derive(Debug)]
pub struct Store {
    directory: PathBuf,
    /// Where `steps/` and `drafts/` are.
    results: PathBuf,
    /// Locked by everybody who may be reading change sets.
    in_use: File,
}

impl Store {
    /// Opens the store in `directory`, which is made if it is missing. `namespace` names the user
    /// namespace that the caller is in: owners of change sets mean nothing outside of it.
    ///
    /// # Errors
    /// When the folder cannot be made or written to, or has another version's layout.
    pub fn open(directory: &Path, namespace: Option<&str>) -> Result<Self, StoreError> {
        let failed = |action, path: &Path, source| StoreError::Io {
            action,
            path: path.to_owned(),
            source,
        };
        make_private(directory).map_err(|e| failed("make", directory, e))?;
        // Overlay mounts and sandboxes want absolute paths.
        let directory = fs::canonicalize(directory).map_err(|e| failed("find", directory, e))?;
        let results = match namespace {
            None => directory.clone(),
            Some(name) => directory.join("namespaces").join(name),
        };
        let folders = [directory.join("blobs"), directory.join("packages")];
        let above = results.parent().filter(|_| namespace.is_some());
        let above = above.into_iter().map(Path::to_owned);
        let folders_of_results = [
            results.clone(),
            results.join("steps"),
            results.join("drafts"),
            results.join("caches"),
        ];
        for path in folders.into_iter().chain(above).chain(folders_of_results) {
            make_private(&path).map_err(|e| failed("make", &path, e))?;
        }
        let path = results.join("in-use");
        let in_use = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|e| failed("open", &path, e))?;
        let store = Self {
            directory,
            results,
            in_use,
        };
        store.check_version()?;
        store.keep("CACHEDIR.TAG", TAG)?;
        store.sweep()?;
        Ok(store)
    }

    /// The change set that a step with this key left.
    pub fn change_set(&self, key: &Digest) -> Option<ChangeSet> {
        let path = self.step(key);
        path.join("upper").is_dir().then(|| ChangeSet::at(path))
    }

    /// A new change set in the making.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn draft(&self) -> Result<Draft, StoreError> {
        let _lock = self.lock()?;
        Draft::new(&self.results.join("drafts"))
    }

    /// Puts a finished draft under `key`.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn commit(
        &self,
        draft: Draft,
        key: &Digest,
        existing: Existing,
    ) -> Result<ChangeSet, StoreError> {
        draft.commit(&self.step(key), existing).map(ChangeSet::at)
    }

    /// The folder where the package manager `name` keeps its downloads; `None` while somebody else
    /// has it: managers that write there side by side would hurt each other.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn packages(&self, name: &str) -> Result<Option<Downloads>, StoreError> {
        let folder = self.directory.join("packages").join(name);
        make_private(&folder).map_err(|source| StoreError::Io {
            action: "make",
            path: folder.clone(),
            source,
        })?;
        let lock = folder.with_extension("lock");
        match try_lock(&lock) {
            Ok(held) => Ok(held.map(|held| Downloads {
                folder,
                _held: held,
            })),
            Err(source) => Err(StoreError::Io {
                action: "lock",
                path: lock,
                source,
            }),
        }
    }

    fn step(&self, key: &Digest) -> PathBuf {
        self.results.join("steps").join(key.hex())
    }

    fn check_version(&self) -> Result<(), StoreError> {
        let path = self.directory.join("version");
        match fs::read_to_string(&path) {
            Ok(found) if found == VERSION => Ok(()),
            Ok(found) => Err(StoreError::Version {
                directory: self.directory.clone(),
                found: found.trim().to_owned(),
                expected: VERSION.trim(),
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.keep("version", VERSION),
            Err(source) => Err(StoreError::Io {
                action: "read",
                path,
                source,
            }),
        }
    }

    /// Writes a small file unless it is there.
    fn keep(&self, name: &str, text: &str) -> Result<(), StoreError> {
        let path = self.directory.join(name);
        if path.exists() {
            return Ok(());
        }
        let write = || {
            let mut file = tempfile::NamedTempFile::new_in(&self.directory)?;
            file.write_all(text.as_bytes())?;
            file.persist(&path)?;
            Ok(())
        };
        write().map_err(|source| StoreError::Io {
            action: "write",
            path: path.clone(),
            source,
        })
    }

    /// Held while the set of drafts changes.
    fn lock(&self) -> Result<File, StoreError> {
        let path = self.directory.join("lock");
        let lock = || {
            let file = File::options()
                .create(true)
                .truncate(false)
                .write(true)
                .open(&path)?;
            file.lock()?;
            Ok(file)
        };
        lock().map_err(|source| StoreError::Io {
            action: "lock",
            path: path.clone(),
            source,
        })
    }

    /// Removes the drafts of processes that are gone, and what made way for other change sets if
    /// nobody is left who may be reading it.
    fn sweep(&self) -> Result<(), StoreError> {
        let _lock = self.lock()?;
        let is_alone = self.in_use.try_lock().is_ok();
        let shared = (self.in_use.unlock()).and_then(|()| self.in_use.lock_shared());
        shared.map_err(|source| StoreError::Io {
            action: "lock",
            path: self.results.join("in-use"),
            source,
        })?;
        draft::sweep(&self.results.join("drafts"), is_alone)
    }
}

/// Downloads of a package manager, for one user at a time: dropping it lets the next one in, and so
/// does the end of the process.
#[derive(Debug)]
pub struct Downloads {
    folder: PathBuf,
    _held: File,
}

impl Downloads {
    /// Where they are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// The lock file, locked; `None` if somebody else has it.
fn try_lock(path: &Path) -> io::Result<Option<File>> {
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Makes a folder, with its parents, that only its owner can enter.
fn make_private(path: &Path) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    match fs::DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::set_permissions(path, fs::Permissions::from_mode(0o700))
        }
        result => result,
    }
}
