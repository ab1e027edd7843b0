//! What the store holds, thing by thing: to be shown, and to be removed.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::digest::{Checksum, Digest};

use super::change_set::LOCK;
use super::record::{Maker, Record};
use super::{LayerFile, Store, StoreError, age, draft, try_lock};

/// Kinds of things in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ItemKind {
    /// The change set of a step, or of what a root starts from.
    Step,
    /// A file that was fetched, or a blob of a registry.
    Blob,
    /// Downloads of a package manager.
    Packages,
    /// A folder that commands keep by name.
    Cache,
    /// A part of a layer, or a list of parts.
    Layer,
}

/// One thing in the store.
#[derive(Debug, Clone)]
pub struct Item {
    /// What it is.
    pub kind: ItemKind,
    /// Key, checksum, package manager, or digest of the name.
    pub id: String,
    /// Bytes of its files.
    pub size: u64,
    /// Seconds since 1970 when it was made; of what grows, none.
    pub made: Option<u64>,
    /// Seconds since 1970 when it was used last.
    pub used: u64,
    /// Who made it, if that is recorded.
    pub maker: Option<Maker>,
    /// The user namespace in which it is of use.
    pub namespace: Option<String>,
    /// Where it is.
    place: PathBuf,
    /// What leads to it, of a change set.
    link: Option<PathBuf>,
}

/// What became of something that was to be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// It is gone.
    Removed,
    /// It stays: a build uses it.
    InUse,
}

impl Item {
    /// The key, of a change set.
    pub fn key(&self) -> Option<Digest> {
        let is_step = self.kind == ItemKind::Step;
        (is_step.then(|| format!("sha256:{}", self.id).parse().ok())).flatten()
    }

    /// Kind and name, of a file of layers.
    pub fn layer_file(&self) -> Option<(LayerFile, Digest)> {
        let kind = LayerFile::of(self.place.parent()?.file_name()?.to_str()?)?;
        let name = format!("sha256:{}", self.id).parse().ok()?;
        (self.kind == ItemKind::Layer).then_some((kind, name))
    }

    /// The checksum, of a blob.
    pub fn checksum(&self) -> Option<Checksum> {
        let algorithm = self.place.parent()?.file_name()?.to_str()?;
        match (self.kind, algorithm) {
            (ItemKind::Blob, "sha256") => Some(Checksum::Sha256(self.id.clone())),
            (ItemKind::Blob, "sha512") => Some(Checksum::Sha512(self.id.clone())),
            _ => None,
        }
    }
}

impl Store {
    /// Everything that is kept, by kind and name.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub fn items(&self) -> Result<Vec<Item>, StoreError> {
        let mut items = Vec::new();
        for algorithm in children(&self.directory.join("blobs"))? {
            for place in children(&algorithm)? {
                items.push(plain(ItemKind::Blob, place, None));
            }
        }
        let packages = children(&self.directory.join("packages"))?;
        for place in packages.into_iter().filter(|place| place.is_dir()) {
            items.push(plain(ItemKind::Packages, place, None));
        }
        for kind in children(&self.directory.join("layers"))? {
            for place in children(&kind)? {
                items.push(plain(ItemKind::Layer, place, None));
            }
        }
        for (part, namespace) in self.parts()? {
            for place in children(&part.join("caches"))? {
                items.push(plain(ItemKind::Cache, place, namespace.clone()));
            }
            for link in children(&part.join("steps"))? {
                items.extend(step(&part, link, namespace.clone()));
            }
        }
        items.sort_by(|a, b| (a.kind, &a.id).cmp(&(b.kind, &b.id)));
        Ok(items)
    }

    /// Removes one of [`Store::items`], unless a build uses it.
    ///
    /// # Errors
    /// When it cannot be removed: files of other users of a namespace only from inside.
    pub fn remove(&self, item: &Item) -> Result<Removal, StoreError> {
        let _lock = self.lock()?;
        let path = match item.kind {
            ItemKind::Blob | ItemKind::Layer => {
                draft::remove(&item.place)?;
                return Ok(Removal::Removed);
            }
            ItemKind::Packages => item.place.with_extension("lock"),
            ItemKind::Step | ItemKind::Cache => item.place.join(LOCK),
        };
        let held = lock_if_there(&path).map_err(|source| StoreError::Io {
            action: "lock",
            path: path.clone(),
            source,
        })?;
        let Some(_held) = held else {
            return Ok(Removal::InUse);
        };
        if let Some(link) = &item.link {
            // What can fail comes first, while it is still listed.
            draft::remove(&item.place.join("upper"))?;
            draft::remove(link)?;
        }
        draft::remove(&item.place)?;
        Ok(Removal::Removed)
    }

    /// The folders of results, with the namespaces that they are of use in.
    fn parts(&self) -> Result<Vec<(PathBuf, Option<String>)>, StoreError> {
        let mut parts = vec![(self.directory.clone(), None)];
        for part in children(&self.directory.join("namespaces"))? {
            let name = part.file_name().map(|name| name.to_string_lossy().into());
            parts.push((part, name));
        }
        Ok(parts)
    }

    /// The folder of results that this process uses, by its namespace.
    pub fn namespace(&self) -> Option<String> {
        let name = self
            .results
            .file_name()
            .filter(|_| self.results != self.directory);
        name.map(|name| name.to_string_lossy().into_owned())
    }

    /// Removes change sets that no key leads to and nobody uses. The caller holds the store's lock.
    pub(super) fn sweep_sets(&self) -> Result<(), StoreError> {
        let sets = children(&self.results.join("sets"))?;
        let mut wanted = BTreeSet::new();
        for link in children(&self.results.join("steps"))? {
            match self.target(&link) {
                Some(target) => {
                    wanted.insert(target);
                }
                // Of an older layout, or nothing that is ours.
                None => draft::remove(&link)?,
            }
        }
        for set in sets.iter().filter(|set| !wanted.contains(*set)) {
            // What cannot be removed from here is out of reach all the same.
            let _ = remove_unused(set);
        }
        Ok(())
    }
}

/// Removes the folder of a change set that no key leads to, unless somebody uses it. The caller
/// holds the store's lock.
pub(super) fn remove_unused(directory: &Path) -> Result<(), StoreError> {
    match lock_if_there(&directory.join(LOCK)) {
        Ok(Some(_held)) => draft::remove(directory),
        _ => Ok(()),
    }
}

/// The lock, or one that nobody else can have since there is no file; `None` if somebody has it.
fn lock_if_there(path: &Path) -> io::Result<Option<Option<File>>> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_file() => Ok(try_lock(path)?.map(Some)),
        _ => Ok(Some(None)),
    }
}

fn plain(kind: ItemKind, place: PathBuf, namespace: Option<String>) -> Item {
    let (size, used) = measure(&place);
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    Item {
        kind,
        id: name.into_owned(),
        size,
        made: None,
        used,
        maker: None,
        namespace,
        link: None,
        place,
    }
}

/// The change set that a link leads to; of one without a record, what can be told.
fn step(part: &Path, link: PathBuf, namespace: Option<String>) -> Option<Item> {
    let target = fs::read_link(&link).ok()?;
    let place = part.join("sets").join(target.file_name()?);
    let record = Record::read(&place).ok();
    let lock = fs::symlink_metadata(place.join(LOCK));
    let used = lock
        .and_then(|lock| lock.modified())
        .map_or(0, age::seconds);
    Some(Item {
        kind: ItemKind::Step,
        id: link.file_name()?.to_string_lossy().into_owned(),
        size: record.as_ref().map_or(0, |record| record.size),
        made: record.as_ref().map(|record| record.made),
        used,
        maker: record.map(|record| record.maker),
        namespace,
        place,
        link: Some(link),
    })
}

/// Bytes of all files below, and when the latest change was; as far as this user can see.
fn measure(path: &Path) -> (u64, u64) {
    let (mut size, mut used) = (0, 0);
    let mut left = vec![path.to_owned()];
    while let Some(path) = left.pop() {
        let Ok(found) = fs::symlink_metadata(&path) else {
            continue;
        };
        used = used.max(u64::try_from(found.mtime()).unwrap_or(0));
        if found.is_dir() {
            left.extend(
                fs::read_dir(&path)
                    .into_iter()
                    .flatten()
                    .flatten()
                    .map(|e| e.path()),
            );
        } else if found.is_file() {
            size += found.len();
        }
    }
    (size, used.min(age::now()))
}

/// What is in a folder, by name; nothing if it is missing.
fn children(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let failed = |source| StoreError::Io {
        action: "read",
        path: folder.to_owned(),
        source,
    };
    let mut paths = Vec::new();
    match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(paths),
        found => {
            for entry in found.map_err(failed)? {
                paths.push(entry.map_err(failed)?.path());
            }
        }
    }
    paths.sort();
    Ok(paths)
}
