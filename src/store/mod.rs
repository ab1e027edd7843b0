//! What is kept on disk between builds.
//!
//! ```text
//! DIR/                 0700: change sets hold set-user-id files that nobody else should reach
//!   CACHEDIR.TAG       backup programs pass by
//!   version            layout of this folder
//!   lock               held while drafts are made or swept
//!   steps/KEY          a link to the change set in `sets/` that the step with this key left
//!   sets/NAME/         a change set: `upper/`, `attributes.jsonl` if made without root, `record.json`
//!                      (what it is and who made it), and `lock`, shared by those who use it
//!   making/KEY         locked by the process that makes the step, and says which one that is
//!   drafts/NAME/       a change set in the making, locked by the process that makes it
//!   namespaces/NAME/   all of the above that was made in a user namespace, and `caches/`
//!   blobs/sha256/HEX   a file that was fetched, by its checksum; `blobs/sha512` likewise
//!   layers/parts/HEX   a part of a layer's blob; `layers/indexes/HEX` a list of such parts
//!   packages/MANAGER/  downloads of a package manager, with a lock beside it
//!   caches/DIGEST/     `content/` of a folder that commands keep by name, and its `lock`
//! ```
//!
//! A change set never changes. It appears under its key whole or not at all, when the link is renamed
//! to its name; another one for the same key takes the link over, and the folder of the first one
//! stays until nobody uses it. What is here is not trusted either: [`ChangeSet::genuine`] compares it
//! with its record. So nothing need be flushed to the disk: what a power cut leaves half is found.
//!
//! What processes that are gone have left is swept when the store is opened.

mod age;
mod blob;
mod cache;
mod change_set;
mod draft;
mod error;
mod item;
mod layers;
mod making;
mod record;

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::digest::Digest;
use crate::tree::{Changes, Marks};

use self::change_set::LOCK;

pub use age::now;
pub use cache::Cache;
pub use change_set::ChangeSet;
pub use draft::Draft;
pub use error::StoreError;
pub use item::{Item, ItemKind, Removal};
pub use layers::LayerFile;
pub use making::{Making, Turn};
pub use record::Maker;

/// Layout of the folder; another one is not touched.
const VERSION: &str = "2\n";

/// The layout before: the same but for change sets, which are made again.
const BEFORE: &str = "1\n";

/// Cache Directory Tagging Specification, <https://bford.info/cachedir/>.
const TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n# onelayer keeps here what makes the next build fast.\n";

/// The store.
#[derive(Debug)]
pub struct Store {
    directory: PathBuf,
    /// Where `steps/` and `drafts/` are.
    results: PathBuf,
    /// How overlays mark removals there.
    marks: Marks,
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
        let marks = match namespace {
            None => Marks::Trusted,
            Some(_) => Marks::User,
        };
        let store = Self {
            directory,
            results,
            marks,
        };
        let (own, results) = (&store.directory, &store.results);
        let folders = [own.join("blobs"), own.join("packages")];
        let above = results.parent().filter(|_| namespace.is_some());
        let above = above.into_iter().map(Path::to_owned);
        let results =
            ["", "steps", "sets", "making", "drafts", "caches"].map(|name| results.join(name));
        for path in folders.into_iter().chain(above).chain(results) {
            make_private(&path).map_err(|e| failed("make", &path, e))?;
        }
        store.check_version()?;
        store.keep("CACHEDIR.TAG", TAG)?;
        store.sweep()?;
        Ok(store)
    }

    /// The change set that a step with this key left. What is not one is removed.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn change_set(&self, key: &Digest) -> Result<Option<ChangeSet>, StoreError> {
        loop {
            let Some(directory) = self.target(&self.step(key)) else {
                return Ok(None);
            };
            let path = directory.join(LOCK);
            let lock = match File::open(&path) {
                Ok(lock) => lock,
                Err(error) if error.raw_os_error().is_some_and(|n| n == 23 || n == 24) => {
                    return Err(StoreError::Io {
                        action: "lock",
                        path,
                        source: error,
                    });
                }
                // Damaged, or gone in between.
                Err(_) => {
                    self.forget(key, &directory)?;
                    continue;
                }
            };
            lock.lock_shared().map_err(|source| StoreError::Io {
                action: "lock",
                path,
                source,
            })?;
            // Whoever removes it had it locked alone until now.
            if self.target(&self.step(key)).as_ref() != Some(&directory) {
                continue;
            }
            let change_set = ChangeSet {
                directory: directory.clone(),
                marks: self.marks,
                lock: Arc::new(lock),
            };
            if change_set.record().is_ok_and(|record| record.key == *key) {
                return Ok(Some(change_set));
            }
            drop(change_set);
            self.forget(key, &directory)?;
        }
    }

    /// Lets go of a change set that is damaged: its key has none any more.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn discard(&self, key: &Digest, change_set: ChangeSet) -> Result<(), StoreError> {
        let directory = change_set.directory.clone();
        drop(change_set);
        self.forget(key, &directory)
    }

    /// Removes the link if it still leads to `directory`, and the folder unless somebody uses it.
    fn forget(&self, key: &Digest, directory: &Path) -> Result<(), StoreError> {
        let _lock = self.lock()?;
        let link = self.step(key);
        if self.target(&link).as_deref() == Some(directory) {
            draft::remove(&link)?;
        }
        // What cannot be removed from where this process stands is out of reach all the same.
        let _ = item::remove_unused(directory);
        Ok(())
    }

    /// The folder that a key's link leads to.
    fn target(&self, link: &Path) -> Option<PathBuf> {
        let target = fs::read_link(link).ok()?;
        Some(self.results.join("sets").join(target.file_name()?))
    }

    /// A new change set in the making.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn draft(&self) -> Result<Draft, StoreError> {
        let _lock = self.lock()?;
        Draft::new(&self.results.join("drafts"))
    }

    /// Puts a finished draft under `key`, whatever was there: who uses that keeps it. Gives what is
    /// listed in it, too.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn commit(
        &self,
        draft: Draft,
        key: &Digest,
        maker: &Maker,
    ) -> Result<(ChangeSet, Changes), StoreError> {
        // Drafts have names that nobody has had.
        let name = draft.name();
        let directory = self.results.join("sets").join(&name);
        let (lock, changes) = draft.commit(&directory, (key, maker), self.marks)?;
        let link = self.step(key);
        let _lock = self.lock()?;
        let publish = || {
            let new = self.results.join("making").join(&name);
            std::os::unix::fs::symlink(Path::new("../sets").join(&name), &new)?;
            match fs::rename(&new, &link) {
                Err(error) => {
                    let _ = fs::remove_file(&new);
                    Err(error)
                }
                // Not from the beginning, when others could think that nobody wants it.
                Ok(()) => lock.lock_shared(),
            }
        };
        if fs::symlink_metadata(&link).is_ok_and(|found| found.is_dir()) {
            draft::remove(&link)?;
        }
        publish().map_err(|source| StoreError::Io {
            action: "keep",
            path: link.clone(),
            source,
        })?;
        let change_set = ChangeSet {
            directory,
            marks: self.marks,
            lock: Arc::new(lock),
        };
        Ok((change_set, changes))
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
            Ok(found) if found == BEFORE => {
                draft::remove(&path)?;
                self.keep("version", VERSION)
            }
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
        draft::sweep(&self.results.join("drafts"))?;
        making::sweep(&self.results.join("making"))?;
        self.sweep_sets()
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
