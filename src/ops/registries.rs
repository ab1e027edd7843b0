//! The way to registries, and what is kept of them.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::digest::{Checksum, Digest};
use crate::image::Descriptor;
use crate::progress::{Reporter, Silent};
use crate::sandbox::{self, Cancel};
use crate::store::Store;
use crate::transport::{Access, ImageName, Memory, TransportError, Watch};

/// What of the caller's surroundings may be used on the way to registries.
#[derive(Debug, Clone, Default)]
pub struct Registries {
    /// Certificates, proxies and credentials.
    pub access: Access,
    /// The cache, where documents that were read before are.
    pub cache_directory: Option<PathBuf>,
    /// Whether to stop.
    pub cancel: Option<Cancel>,
    /// What tags mean to all that is planned with clones of this.
    pub tags: Tags,
}

/// What tags meant when they were first asked for. A tag may be moved at any time; what is made of
/// several platforms, stages and recipes is made of one image of each name for all that.
#[derive(Debug, Clone, Default)]
pub struct Tags(Arc<Mutex<BTreeMap<String, Descriptor>>>);

impl Tags {
    /// What `name` means, by `ask` if nobody has asked before.
    pub(super) fn meaning(
        &self,
        name: &ImageName,
        ask: impl FnOnce() -> Result<Descriptor, TransportError>,
    ) -> Result<Descriptor, TransportError> {
        let name = name.to_string();
        let locked = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = locked().get(&name) {
            return Ok(known.clone());
        }
        let found = ask()?;
        locked().insert(name, found.clone());
        Ok(found)
    }
}

impl Registries {
    /// Does something with a registry, told to nobody.
    pub(super) fn with<T>(&self, ask: impl FnOnce(Watch<'_>) -> T) -> T {
        self.watched(&Silent, ask)
    }

    /// Does something with a registry.
    pub(super) fn watched<T>(
        &self,
        reporter: &dyn Reporter,
        ask: impl FnOnce(Watch<'_>) -> T,
    ) -> T {
        let cancelled = || self.cancel.as_ref().is_some_and(Cancel::is_cancelled);
        ask(Watch {
            cancelled: &cancelled,
            reporter,
        })
    }
}

/// The documents in the store; none if it cannot be used, which whoever writes into it will say.
#[derive(Debug)]
pub(super) struct Kept {
    directory: Option<PathBuf>,
    store: OnceCell<Option<Store>>,
}

impl Kept {
    pub(super) fn new(directory: Option<PathBuf>) -> Self {
        Self {
            directory,
            store: OnceCell::new(),
        }
    }

    fn store(&self) -> Option<&Store> {
        let open =
            || Store::open(self.directory.as_deref()?, sandbox::place_name().as_deref()).ok();
        self.store.get_or_init(open).as_ref()
    }
}

/// How the store names a blob.
pub(super) fn checksum(digest: &Digest) -> Checksum {
    Checksum::Sha256(digest.hex())
}

impl Memory for Kept {
    fn get(&self, digest: &Digest) -> Option<Vec<u8>> {
        let mut file = self.store()?.blob(&checksum(digest)).ok()??;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }

    fn keep(&self, digest: &Digest, bytes: &[u8]) {
        let Some(store) = self.store() else {
            return;
        };
        // Only the next build is slower without it.
        let _ = store.draft().and_then(|draft| {
            let path = draft.state().join("document");
            match std::fs::write(&path, bytes) {
                Ok(()) => store.keep_blob(&path, &checksum(digest)).map(drop),
                Err(_) => Ok(()),
            }
        });
    }
}
