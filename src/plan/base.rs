//! What a root starts from, where that is neither empty nor a stage.

use serde::Serialize;

use super::planner::{FinishedStage, Planner};
use super::problem::PlanProblem;
use super::{ImageSettings, Origin, Plan, StepKey};
use crate::digest::Digest;
use crate::recipe::{Base, BaseImage, Platform, Scope};
use crate::validate::PathSegment;

/// What a root starts from, where that is neither empty nor a stage.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum PlannedBase {
    /// An image.
    Image(PlannedImage),
    /// A root file system of the context.
    Rootfs(PlannedRootfs),
}

/// An image that a root starts from, or that files are copied from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlannedImage {
    /// Its reference, spelled out.
    pub image: String,
    /// Digest of its manifest.
    pub digest: Digest,
    /// Digest of all that can change the root that its layers make.
    pub key: StepKey,
    /// Its layers, lowest first.
    pub layers: Vec<PlannedLayer>,
}

/// A layer of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlannedLayer {
    /// Digest of the blob, as it is stored.
    pub digest: Digest,
    /// Bytes of the blob.
    pub size: u64,
    /// Digest of the tar that is in it.
    pub diff_id: Digest,
}

/// A root file system of the context.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlannedRootfs {
    /// Path in the context.
    pub rootfs: String,
    /// Whether it is a directory or an archive.
    pub kind: RootfsKind,
    /// Digest of the archive's bytes, or of all that the directory holds.
    pub digest: Digest,
    /// Digest of all that can change the root that it makes.
    pub key: StepKey,
}

/// What a root file system is stored as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RootfsKind {
    /// A directory.
    Directory,
    /// A tar, compressed or not.
    Archive,
}

impl PlannedBase {
    /// Digest of all that can change the root.
    pub fn key(&self) -> StepKey {
        match self {
            Self::Image(image) => image.key,
            Self::Rootfs(rootfs) => rootfs.key,
        }
    }
}

/// What is known of an image when a plan is made.
#[derive(Debug, Clone, PartialEq)]
pub struct InputImage {
    /// Its reference, spelled out.
    pub reference: String,
    /// Digest of its manifest.
    pub digest: Digest,
    /// What it runs on, as it says itself.
    pub platform: String,
    /// Its layers, lowest first.
    pub layers: Vec<PlannedLayer>,
    /// What it says about itself.
    pub settings: ImageSettings,
}

/// What another recipe builds.
#[derive(Debug, Clone, PartialEq)]
pub struct InputRecipe {
    /// Its plan, for the same platform.
    pub plan: Plan,
    /// The folder that its inputs are relative to, itself relative to the context.
    pub folder: String,
}

impl InputImage {
    /// As it stands in a plan.
    pub(super) fn planned(&self) -> PlannedImage {
        PlannedImage {
            image: self.reference.clone(),
            digest: self.digest,
            key: StepKey::layers(self.layers.iter().map(|layer| layer.diff_id)),
            layers: self.layers.clone(),
        }
    }
}

impl Planner<'_> {
    /// Finds what a root starts from: its key, and what it is if it is neither empty nor a stage.
    pub(super) fn base(&mut self, scope: &Scope<'_>) -> (StepKey, Option<PlannedBase>) {
        let base = scope.base;
        let place = scope.at(&["base".into()]);
        let epoch = self.source_date_epoch();
        let found = match base {
            Base::Scratch => return (StepKey::scratch(epoch), None),
            Base::Stage(name) => {
                let stage = self.finished.get(name).map(|stage| stage.key);
                return (stage.unwrap_or_else(|| StepKey::unknown(name)), None);
            }
            Base::Recipe(path) => {
                let key = self.recipe_base(path, base, &place);
                return (key.unwrap_or_else(|| StepKey::unknown(path)), None);
            }
            Base::Rootfs(path) => self.rootfs_base(path, &place).map(PlannedBase::Rootfs),
            Base::Image(image) => self.image_base(image, &place).map(PlannedBase::Image),
        };
        match found {
            Some(found) => (found.key().at(epoch), Some(found)),
            None => (StepKey::unknown(&base.to_string()), None),
        }
    }

    /// What another recipe builds; its stages come before those of this one.
    fn recipe_base(&mut self, path: &str, base: &Base, place: &[PathSegment]) -> Option<StepKey> {
        let name = base.to_string();
        if let Some(known) = self.images.get(&name) {
            return Some(known.key);
        }
        let answer = self.inputs.recipe(path, &self.platform);
        let InputRecipe { plan, folder } = self.input(answer, place)?;
        let key = plan.key;
        let finished = FinishedStage {
            key,
            settings: plan.config.clone(),
        };
        self.recipes.extend(plan.into_stages(&name, &folder));
        self.images.insert(name, finished);
        Some(key)
    }

    fn rootfs_base(&mut self, path: &str, place: &[PathSegment]) -> Option<PlannedRootfs> {
        let answer = self.inputs.rootfs(path);
        let (kind, digest) = self.input(answer, place)?;
        Some(PlannedRootfs {
            rootfs: path.to_owned(),
            kind,
            digest,
            key: StepKey::rootfs(kind, digest),
        })
    }

    fn image_base(&mut self, base: &BaseImage, place: &[PathSegment]) -> Option<PlannedImage> {
        let platform = base.platform.as_ref().unwrap_or(&self.platform);
        // Its digits were looked at when the recipe was read.
        let digest = base.digest.as_ref();
        let digest = digest.and_then(|digits| format!("sha256:{digits}").parse().ok());
        let answer = self.inputs.image(&base.image, digest, platform);
        let wanted = platform.clone();
        let found = self.input(answer, place)?;
        let runs = found.platform.parse::<Platform>();
        if !runs.is_ok_and(|platform| platform.runs_on(&wanted)) {
            self.problems.push(PlanProblem::OtherPlatform {
                image: found.reference.clone(),
                found: found.platform.clone(),
                wanted: wanted.to_string(),
                span: self.span(place),
            });
            return None;
        }
        let planned = found.planned();
        let finished = FinishedStage {
            key: planned.key,
            settings: found.settings,
        };
        self.images.insert(base.to_string(), finished);
        Some(planned)
    }

    /// An image that files are taken from.
    pub(super) fn image_origin(&mut self, reference: &str, place: &[PathSegment]) -> Origin {
        let answer = self.inputs.image(reference, None, &self.platform);
        match self.input(answer, place) {
            Some(found) => Origin::Image(found.planned()),
            // There is no plan then.
            None => Origin::Stage {
                stage: reference.to_owned(),
                key: StepKey::unknown(reference),
            },
        }
    }

    /// What is known of a base that was made or read before. Stages are planned before what uses
    /// them.
    pub(super) fn finished(&self, base: &Base) -> Option<&FinishedStage> {
        match base {
            Base::Stage(name) => self.finished.get(name),
            Base::Image(_) | Base::Recipe(_) => self.images.get(&base.to_string()),
            Base::Scratch | Base::Rootfs(_) => None,
        }
    }
}
