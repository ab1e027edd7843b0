//! The roots that a plan starts from, or takes files from, and that no step of it makes.

use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use crate::digest::{Digest, VerifyingReader};
use crate::plan::{Origin, PlannedBase, PlannedImage, PlannedRootfs, RootfsKind};
use crate::progress::Event;
use crate::sandbox;
use crate::tree::{Marks, Tree, Upper, WalkOptions, display, walk};

use super::claims::{Claim, Claims};
use super::editor::Editor;
use super::schedule::Finished;
use super::{ExecuteError, Execution, Place, Stack, StepError, base, input};

/// Ranks above are those of steps.
const RANK: usize = 0;

impl Execution<'_> {
    /// The root that `base` is, which the recipe calls `name`.
    pub(super) fn base(
        &self,
        base: &PlannedBase,
        name: &str,
        claims: &Claims,
    ) -> Result<Stack, StepError> {
        let unpacked = match base {
            PlannedBase::Image(image) => self.image(image, claims).map(|root| Stack {
                base: Some(Arc::new(image.clone())),
                ..root
            }),
            PlannedBase::Rootfs(rootfs) => {
                self.unpacked(name, rootfs.key.digest(), claims, &|editor| {
                    self.rootfs(rootfs, editor)
                })
            }
        };
        unpacked.map_err(|source| StepError {
            place: Place::Base {
                base: name.to_owned(),
            },
            source,
        })
    }

    /// The root that a step takes files from.
    pub(super) fn origin(
        &self,
        origin: &Origin,
        finished: &Finished,
        claims: &Claims,
    ) -> Result<Arc<Stack>, ExecuteError> {
        match origin {
            Origin::Image(image) => self.image(image, claims).map(Arc::new),
            Origin::Stage { stage, .. } => {
                let stage = finished.get(stage).cloned();
                stage.ok_or_else(|| ExecuteError::NoOrigin {
                    origin: origin.to_string(),
                })
            }
        }
    }

    fn image(&self, image: &PlannedImage, claims: &Claims) -> Result<Stack, ExecuteError> {
        self.unpacked(&image.image, image.key.digest(), claims, &|editor| {
            base::import(image, self.bases, editor, self.cancel, self.reporter)
        })
    }

    /// A root that the store has, or that `unpack` writes.
    fn unpacked(
        &self,
        name: &str,
        key: Digest,
        claims: &Claims,
        unpack: &dyn Fn(&mut Editor) -> Result<(), ExecuteError>,
    ) -> Result<Stack, ExecuteError> {
        let claim = claims.claim(key, &|| self.cancel.is_cancelled());
        self.check_cancelled()?;
        self.reporter.report(&Event::BaseStarted { base: name });
        let started = Instant::now();
        // Also if no step is to be reused: the key is made of what was read, not of how.
        let (kept, turn) = self.kept_or_turn(&key, None, name, true)?;
        let cached = kept.is_some();
        let (change_set, changes) = match kept {
            Some(kept) => kept,
            None => {
                let draft = self.store.draft()?;
                let empty = Tree::new();
                let mut editor = Editor::new(&empty, &draft.upper(), 0)?;
                unpack(&mut editor)?;
                if let Some(attributes) = editor.finish() {
                    draft.record(&attributes)?;
                }
                self.store.commit(draft, &key, &self.maker(name))?
            }
        };
        drop(turn);
        if let Claim::Mine(making) = claim {
            making.finish();
        }
        let mut root = Stack::default();
        self.put(&mut root, change_set, changes, RANK);
        let elapsed = started.elapsed();
        self.reporter.report(&Event::BaseFinished {
            base: name,
            cached,
            elapsed,
        });
        Ok(root)
    }

    fn rootfs(&self, rootfs: &PlannedRootfs, editor: &mut Editor) -> Result<(), ExecuteError> {
        let path = Path::new(&rootfs.rootfs);
        match rootfs.kind {
            RootfsKind::Archive => {
                let file = input::open(&self.access.context, path)?;
                let file = VerifyingReader::new(file, rootfs.digest);
                let file = BufReader::new(file);
                base::unpack(&rootfs.rootfs, file, editor, self.cancel, self.reporter)
            }
            RootfsKind::Directory => self.directory(rootfs, editor),
        }
    }

    /// Copies a directory of the context, with owners, modes and attributes as they are.
    fn directory(&self, rootfs: &PlannedRootfs, editor: &mut Editor) -> Result<(), ExecuteError> {
        let folder = input::open_directory(&self.access.context, Path::new(&rootfs.rootfs))?;
        let options = WalkOptions {
            marks: Marks::None,
            owners: Some(sandbox::outside_owner),
            ..WalkOptions::default()
        };
        let upper = Upper::from_descriptor(folder, self.access.context.join(&rootfs.rootfs));
        let found = walk(&upper, &options)?;
        if found.digest()? != rootfs.digest {
            return Err(ExecuteError::InputChanged {
                path: rootfs.rootfs.clone(),
            });
        }
        for entry in found.entries() {
            let path = || format!("{}/{}", rootfs.rootfs, display(&entry.path));
            input::check_owner(entry.uid, entry.gid, path)?;
        }
        let mut tree = Tree::new();
        tree.apply(found, 0);
        base::directory(&rootfs.rootfs, &tree, editor)
    }
}
