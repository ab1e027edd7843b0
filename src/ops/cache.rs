//! What is kept between builds: shown, looked through, and removed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use crate::layer;
use crate::sandbox;
use crate::store::{self, Item, ItemKind, LayerFile, Removal, Store};

use super::{Error, load};

/// Version of the JSON forms.
const VERSION: u32 = 1;

/// One thing that is kept.
#[derive(Debug, Clone, Serialize)]
pub struct CacheEntry {
    /// `step`, `blob`, `packages` or `cache`.
    pub kind: &'static str,
    /// Key, checksum, package manager, or digest of the name.
    pub id: String,
    /// Bytes.
    pub size: u64,
    /// Seconds since 1970 when it was made.
    pub made: Option<u64>,
    /// Seconds since 1970 when it was used last.
    pub used: u64,
    /// The step, or what a root starts from.
    pub title: Option<String>,
    /// The recipe that made it.
    pub recipe: Option<String>,
    /// The user namespace that it is of use in.
    pub namespace: Option<String>,
}

/// What of the cache a command found, and what it did about it.
#[derive(Debug, Clone, Serialize)]
pub struct CacheReport {
    version: u32,
    /// What is kept, what is damaged, or what was removed.
    pub entries: Vec<CacheEntry>,
    /// Bytes of these.
    pub size: u64,
    /// How many were looked at, or stay since a build uses them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub others: Option<usize>,
}

/// What goes away.
#[derive(Debug, Clone, Default)]
pub struct Pruning {
    /// What was not used for so long.
    pub older_than: Option<Duration>,
    /// What was not used for longest, until no more than this is left.
    pub max_size: Option<u64>,
    /// What a recipe has made: its path, or the name of its image.
    pub recipe: Option<String>,
    /// Everything.
    pub all: bool,
    /// Nothing; only say what would.
    pub dry_run: bool,
}

impl CacheReport {
    fn new(entries: Vec<CacheEntry>, others: Option<usize>) -> Self {
        Self {
            version: VERSION,
            size: entries.iter().map(|entry| entry.size).sum(),
            entries,
            others,
        }
    }

    /// As one line of JSON.
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string(self).expect("all keys are text");
        json.push('\n');
        json
    }
}

impl From<&Item> for CacheEntry {
    fn from(item: &Item) -> Self {
        let maker = item.maker.as_ref();
        Self {
            kind: match item.kind {
                ItemKind::Step => "step",
                ItemKind::Blob => "blob",
                ItemKind::Packages => "packages",
                ItemKind::Cache => "cache",
                ItemKind::Layer => "layer",
            },
            id: item.id.clone(),
            size: item.size,
            made: item.made,
            used: item.used,
            title: maker.map(|maker| maker.title.clone()),
            recipe: maker.map(|maker| maker.recipe.clone()),
            namespace: item.namespace.clone(),
        }
    }
}

/// The store in a folder; none where there is no folder.
fn open(directory: &Path) -> Result<Option<Store>, Error> {
    if !directory.exists() {
        return Ok(None);
    }
    Ok(Some(Store::open(
        directory,
        sandbox::place_name().as_deref(),
    )?))
}

/// Lists what is kept.
///
/// # Errors
/// When the store cannot be read.
pub fn cache_list(directory: &Path) -> Result<CacheReport, Error> {
    let items = match open(directory)? {
        Some(store) => store.items()?,
        None => Vec::new(),
    };
    Ok(CacheReport::new(
        items.iter().map(CacheEntry::from).collect(),
        None,
    ))
}

/// Reads every change set and every blob, and drops those that are not what they were; these are
/// reported. Change sets of other user namespaces are left out.
///
/// # Errors
/// When the store cannot be read, or somebody wants to stop.
pub fn cache_verify(directory: &Path, cancelled: &dyn Fn() -> bool) -> Result<CacheReport, Error> {
    let Some(store) = open(directory)? else {
        return Ok(CacheReport::new(Vec::new(), Some(0)));
    };
    let (mut damaged, mut looked_at) = (Vec::new(), 0);
    for item in store.items()? {
        if cancelled() {
            return Err(Error::Interrupted);
        }
        let good = match item.kind {
            ItemKind::Step if item.namespace == store.namespace() => {
                let Some(key) = item.key() else { continue };
                match store.change_set(&key)? {
                    None => false,
                    Some(change_set) => {
                        let good = change_set.verified()?.is_some();
                        if !good {
                            store.discard(&key, change_set)?;
                        }
                        good
                    }
                }
            }
            ItemKind::Blob => match item.checksum() {
                Some(checksum) => store.blob(&checksum)?.is_some(),
                None => continue,
            },
            ItemKind::Layer => is_intact(&store, &item)?,
            _ => continue,
        };
        looked_at += 1;
        if !good {
            damaged.push(CacheEntry::from(&item));
        }
    }
    Ok(CacheReport::new(damaged, Some(looked_at)))
}

/// Looks at a part of a layer, or a list of parts, and drops it unless it is as it was kept.
fn is_intact(store: &Store, item: &Item) -> Result<bool, Error> {
    let mut bytes = Vec::new();
    let is_intact = match item.layer_file() {
        Some((kind, name)) if store.layer_file(kind, &name, &mut bytes)? => match kind {
            LayerFile::Part => layer::is_part(&bytes),
            LayerFile::Index => layer::is_index(&bytes),
        },
        _ => false,
    };
    if !is_intact {
        store.remove(item)?;
    }
    Ok(is_intact)
}

/// Removes what was asked for, and nothing that a running build uses.
///
/// # Errors
/// When something cannot be removed.
pub fn cache_prune(directory: &Path, pruning: &Pruning) -> Result<CacheReport, Error> {
    let Some(store) = open(directory)? else {
        return Ok(CacheReport::new(Vec::new(), Some(0)));
    };
    let now = store::now();
    let recipe = pruning.recipe.as_deref().map(|recipe| {
        let path = load::find(Path::new(recipe)).and_then(|path| {
            std::fs::canonicalize(&path).map_err(|cause| Error::Read { path, cause })
        });
        (recipe, path.unwrap_or_else(|_| PathBuf::from(recipe)))
    });
    let mut items = store.items()?;
    items.sort_by_key(|item| item.used);
    let mut left: u64 = items.iter().map(|item| item.size).sum();
    let (mut removed, mut in_use) = (Vec::new(), 0);
    for item in &items {
        let is_old =
            (pruning.older_than).is_some_and(|age| now.saturating_sub(item.used) > age.as_secs());
        let is_too_much = pruning.max_size.is_some_and(|most| left > most);
        let is_of_recipe = recipe.as_ref().is_some_and(|(name, path)| {
            let maker = item.maker.as_ref();
            maker.is_some_and(|maker| maker.name == *name || Path::new(&maker.recipe) == path)
        });
        if !(pruning.all || is_old || is_too_much || is_of_recipe) {
            continue;
        }
        if !pruning.dry_run && store.remove(item)? == Removal::InUse {
            in_use += 1;
            continue;
        }
        left -= item.size;
        removed.push(CacheEntry::from(item));
    }
    Ok(CacheReport::new(removed, Some(in_use)))
}
