//! What squashes keep, in the store.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::digest::Digest;
use crate::layer::Kept;
use crate::progress::{Event, Reporter};
use crate::store::{LayerFile, Store, StoreError};

/// The store, as the place where parts of layers are kept. A store that refuses makes builds slow
/// and not wrong; it is told once.
pub(super) struct KeptLayers<'a> {
    store: &'a Store,
    reporter: &'a dyn Reporter,
    /// Whether parts of earlier builds are taken.
    reuse: bool,
    told: AtomicBool,
}

impl<'a> KeptLayers<'a> {
    pub(super) fn new(store: &'a Store, reuse: bool, reporter: &'a dyn Reporter) -> Self {
        Self {
            store,
            reporter,
            reuse,
            told: AtomicBool::new(false),
        }
    }

    fn find(&self, kind: LayerFile, name: &Digest, bytes: &mut Vec<u8>) -> bool {
        self.reuse && self.tell(self.store.layer_file(kind, name, bytes))
    }

    fn keep(&self, kind: LayerFile, name: &Digest, bytes: &[u8]) {
        let kept = self.store.keep_layer_file(kind, name, bytes);
        self.tell(kept.map(|()| true));
    }

    fn tell(&self, result: Result<bool, StoreError>) -> bool {
        result.unwrap_or_else(|error| {
            if !self.told.swap(true, Ordering::Relaxed) {
                let source = std::error::Error::source(&error);
                let source = source.map_or_else(String::new, |source| format!(": {source}"));
                let message = format!("the next build will be slow: {error}{source}");
                self.reporter.report(&Event::Warning { message: &message });
            }
            false
        })
    }
}

impl Kept for KeptLayers<'_> {
    fn index(&self, family: &Digest) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        self.find(LayerFile::Index, family, &mut bytes)
            .then_some(bytes)
    }

    fn keep_index(&self, family: &Digest, index: &[u8]) {
        self.keep(LayerFile::Index, family, index);
    }

    fn segment(&self, name: &Digest, blob: &mut Vec<u8>) -> bool {
        self.find(LayerFile::Part, name, blob)
    }

    fn keep_segment(&self, name: &Digest, blob: &[u8]) {
        self.keep(LayerFile::Part, name, blob);
    }
}
