//! Layers that begin as earlier ones: the bytes are always those of a layer from nothing.
//!
//! What is kept lies in a real store, in folders that stand for the change sets of steps.

mod compression;
mod damage;
mod edits;
mod verified;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use onelayer::digest::Digest;
use onelayer::layer::{self, Compression, Kept, Layer, Options};
use onelayer::progress::{Event, Reporter};
use onelayer::store::{LayerFile, Store};
use onelayer::tree::{self, Marks, Tree, Upper, WalkOptions};

use crate::support::image::options;
use crate::support::scratch;

/// A store, as squashes see it.
struct Shelf(Store);

impl Kept for Shelf {
    fn index(&self, family: &Digest) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        let found = self.0.layer_file(LayerFile::Index, family, &mut bytes);
        found.unwrap_or(false).then_some(bytes)
    }

    fn keep_index(&self, family: &Digest, index: &[u8]) {
        (self.0.keep_layer_file(LayerFile::Index, family, index)).unwrap();
    }

    fn segment(&self, name: &Digest, blob: &mut Vec<u8>) -> bool {
        (self.0.layer_file(LayerFile::Part, name, blob)).unwrap_or(false)
    }

    fn keep_segment(&self, name: &Digest, blob: &[u8]) {
        (self.0.keep_layer_file(LayerFile::Part, name, blob)).unwrap();
    }
}

/// Counts the bytes of blobs that were taken over.
#[derive(Default)]
struct Taken(AtomicU64);

impl Reporter for Taken {
    fn report(&self, event: &Event<'_>) {
        if let Event::Squashed { kept, .. } = event {
            self.0.store(*kept, Ordering::SeqCst);
        }
    }
}

/// The change sets of steps, and what was kept of the layers made of them.
struct Work {
    folder: tempfile::TempDir,
    /// The folder of each step.
    steps: Vec<PathBuf>,
    made: usize,
    shelf: Shelf,
}

impl Work {
    fn new(steps: usize) -> Self {
        let folder = scratch();
        let store = Store::open(&folder.path().join("store"), None).unwrap();
        let mut work = Self {
            folder,
            steps: Vec::new(),
            made: 0,
            shelf: Shelf(store),
        };
        for _ in 0..steps {
            let step = work.fresh();
            fs::create_dir(&step).unwrap();
            work.steps.push(step);
        }
        work
    }

    /// A name for a change set that there never was.
    fn fresh(&mut self) -> PathBuf {
        self.made += 1;
        self.folder.path().join(format!("step{}", self.made))
    }

    /// Makes a step again, with other contents: a change set of its own.
    fn remake(&mut self, step: usize, edit: impl FnOnce(&Path)) {
        let copy = self.fresh();
        let old = self.steps[step].to_str().unwrap().to_owned();
        crate::support::run("cp", &["-a", &old, copy.to_str().unwrap()]);
        edit(&copy);
        self.steps[step] = copy;
    }

    fn tree(&self) -> Tree {
        let mut tree = Tree::new();
        let walk_options = WalkOptions {
            marks: Marks::None,
            ..WalkOptions::default()
        };
        for (rank, step) in (1..).zip(&self.steps) {
            let identity = step.to_str().unwrap();
            let upper = Upper::open_known(step, identity).unwrap();
            tree.apply(tree::walk(&upper, &walk_options).unwrap(), rank);
        }
        tree
    }

    /// The layer with what was kept, its bytes, and how many of them were taken over.
    fn squash(&self, compression: Compression) -> (Vec<u8>, Layer, u64) {
        let options = Options {
            kept: Some(&self.shelf),
            ..options(2, compression)
        };
        let (taken, mut blob) = (Taken::default(), Vec::new());
        let layer = layer::squash(&self.tree(), &options, &mut blob, &taken).unwrap();
        (blob, layer, taken.0.into_inner())
    }

    /// Squashes with and without what was kept; fails unless that is the same. Gives the number of
    /// bytes that were taken over and of all.
    #[track_caller]
    fn check(&self, compression: Compression) -> (u64, u64) {
        let (blob, layer, kept) = self.squash(compression);
        let whole = crate::support::image::layer(&self.tree(), &options(1, compression));
        assert!(whole == (blob, layer.clone()), "{layer:?}");
        (kept, layer.size)
    }

    /// All files that are kept.
    fn files(&self) -> Vec<PathBuf> {
        let layers = self.folder.path().join("store/layers");
        let folders = fs::read_dir(layers)
            .unwrap()
            .map(|kind| kind.unwrap().path());
        let files = folders.flat_map(|folder| fs::read_dir(folder).unwrap());
        let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
        files.sort_by_key(|path| fs::metadata(path).unwrap().size());
        files
    }
}

/// Bytes that look random, always the same for one number.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..length).map(|_| next()).collect()
}
