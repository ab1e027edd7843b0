//! Recipes that are carried out, in a folder of their own and without a process.

use std::fs;
use std::path::{Path, PathBuf};

use onelayer::digest::{Checksum, Digest};
use onelayer::execute::{Bases, Execution, LayerContent, Secrets, StepError};
use onelayer::ops::{self, RecipeChoice};
use onelayer::packages::HostAccess;
use onelayer::plan::{PlannedImage, PlannedLayer};
use onelayer::progress::Silent;
use onelayer::sandbox::{Cancel, Launcher};
use onelayer::store::Store;
use onelayer::tree::{Entry, Tree};

/// A folder with a context and a store, and nothing else: what is written beside them has left its
/// root.
pub struct Workplace {
    folder: PathBuf,
}

impl Workplace {
    /// An empty one, in the folder for temporary files; one for each process, which runs one input
    /// after the other.
    pub fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("onelayer-fuzz-{}", std::process::id()));
        let place = Self { folder };
        place.clear();
        for name in ["context", "store"] {
            fs::create_dir_all(place.path(name)).expect("the folder can be written to");
        }
        place
    }

    /// A path below the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Writes a file of the context.
    pub fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path("context").join(name), bytes).expect("the context can be written to");
    }

    /// Lets the store have a file as if it had been fetched, and gives its digest.
    pub fn fetched(&self, bytes: &[u8]) -> String {
        let digest = Digest::of(bytes).hex();
        let path = self.path("store").join("file");
        let store = Store::open(&self.path("store"), None).expect("the store opens");
        fs::write(&path, bytes).expect("the store can be written to");
        (store.keep_blob(&path, &Checksum::Sha256(digest.clone()))).expect("the store keeps it");
        digest
    }

    /// Carries out a recipe in YAML whose steps need no process.
    ///
    /// # Errors
    /// Those of the step that fails; its message and help can be shown.
    pub fn carry_out(&self, recipe: &str) -> Result<Tree, StepError> {
        self.write("recipe.yaml", recipe.as_bytes());
        let before = names(&self.path("context"));
        let choice = RecipeChoice {
            recipe: self.path("context"),
            ..RecipeChoice::default()
        };
        let planned = ops::plan(&choice).expect("the recipe is right");
        assert!(!planned.plan.needs_sandbox());
        let store = Store::open(&self.path("store"), None).expect("the store opens");
        let access = HostAccess {
            context: self.path("context"),
            ca_bundle: None,
            proxies: Vec::new(),
        };
        let bases = Layers(self.path("context"));
        let execution = Execution {
            store: &store,
            bases: &bases,
            reuse: true,
            launcher: &Launcher::default(),
            access: &access,
            secrets: &Secrets::default(),
            reporter: &Silent,
            cancel: &Cancel::new().expect("there are descriptors left"),
        };
        let result = execution.run(&planned.plan).map(|root| root.tree);
        assert_eq!(names(&self.folder), ["context", "store"]);
        assert_eq!(names(&self.path("context")), before);
        match &result {
            Ok(tree) => tree.iter().for_each(assert_can_be_in_a_layer),
            Err(error) => {
                assert!(!error.to_string().is_empty());
                let _ = error.source.help();
            }
        }
        result
    }

    fn clear(&self) {
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder).expect("the folder can be removed");
        }
    }
}

/// The layers of images in `images/` of the context.
struct Layers(PathBuf);

impl Bases for Layers {
    fn layer(
        &self,
        _: &PlannedImage,
        layer: &PlannedLayer,
        _: &Cancel,
    ) -> Result<LayerContent, Box<dyn std::error::Error + Send + Sync>> {
        let blob = format!("images/blobs/sha256/{}", layer.digest.hex());
        Ok(Box::new(fs::File::open(self.0.join(blob))?))
    }
}

impl Default for Workplace {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Workplace {
    fn drop(&mut self) {
        self.clear();
    }
}

/// The bytes of the file at `path`, if it is one.
pub fn content(tree: &Tree, path: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut file = tree.get(path.as_bytes())?.open().expect("it is there")?;
    std::io::Read::read_to_end(&mut file, &mut bytes).expect("it can be read");
    Some(bytes)
}

/// Names are plain, and none of them would remove something.
fn assert_can_be_in_a_layer(entry: &Entry) {
    let plain = |part: &[u8]| {
        !matches!(part, b"" | b"." | b"..") && !part.starts_with(b".wh.") && !part.contains(&0)
    };
    let is_root = entry.path.is_empty();
    assert!(
        is_root || entry.path.split(|byte| *byte == b'/').all(plain),
        "{entry:?}"
    );
    assert!(entry.mode <= 0o7777, "{entry:?}");
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = (fs::read_dir(folder).expect("it is there"))
        .map(|entry| {
            entry
                .expect("it can be listed")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}
