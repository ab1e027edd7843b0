//! The root file systems of a recipe.

use super::{Base, Check, Config, Defaults, Packages, Recipe, Step};
use crate::syntax::PathSegment;

/// One root file system of a recipe with what it becomes: the image's own, or that of a stage.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'r> {
    /// Name of the stage; none for the image.
    pub stage: Option<&'r str>,
    /// What it starts from.
    pub base: &'r Base,
    /// Its first step, if that installs packages.
    pub packages: Option<&'r Packages>,
    /// Values of every `run`.
    pub defaults: &'r Defaults,
    /// Its steps.
    pub steps: &'r [Step],
    /// What must hold at its end.
    pub checks: &'r [Check],
    /// What an image of it says about itself.
    pub config: &'r Config,
}

impl<'r> Scope<'r> {
    /// Where its keys stand in the recipe.
    pub fn path(&self) -> Vec<PathSegment> {
        scope_path(self.stage)
    }

    /// Where something in it stands.
    pub fn at(&self, below: &[PathSegment]) -> Vec<PathSegment> {
        [self.path().as_slice(), below].concat()
    }

    /// Where one of its steps stands.
    pub fn step(&self, index: usize) -> Vec<PathSegment> {
        self.at(&["steps".into(), index.into()])
    }

    /// All that installs packages, with its place.
    pub fn all_packages(&self) -> Vec<(Vec<PathSegment>, &'r Packages)> {
        let first = self.packages.iter().map(|packages| {
            let path = self.at(&["packages".into()]);
            (path, *packages)
        });
        let steps = (self.steps.iter().enumerate()).filter_map(|(index, step)| match step {
            Step::Packages(step) => {
                let path = [self.step(index), vec!["packages".into()]].concat();
                Some((path, &step.packages))
            }
            _ => None,
        });
        first.chain(steps).collect()
    }
}

/// Where the keys of a stage, or of the image itself, stand in the recipe.
pub fn scope_path(stage: Option<&str>) -> Vec<PathSegment> {
    stage.map_or_else(Vec::new, |name| vec!["stages".into(), name.into()])
}

impl Recipe {
    /// A stage, or the image itself.
    pub fn scope<'r>(&'r self, stage: Option<&str>) -> Option<Scope<'r>> {
        let Some(name) = stage else {
            return Some(Scope {
                stage: None,
                base: &self.base,
                packages: self.packages.as_ref(),
                defaults: &self.defaults,
                steps: &self.steps,
                checks: &self.checks,
                config: &self.config,
            });
        };
        let (name, stage) = self.stages.get_key_value(name)?;
        Some(Scope {
            stage: Some(name),
            base: &stage.base,
            packages: stage.packages.as_ref(),
            defaults: &stage.defaults,
            steps: &stage.steps,
            checks: &stage.checks,
            config: &stage.config,
        })
    }

    /// The image itself, then all stages by name.
    pub fn scopes(&self) -> impl Iterator<Item = Scope<'_>> {
        let stages = self.stages.keys().map(|name| Some(name.as_str()));
        std::iter::once(None)
            .chain(stages)
            .filter_map(|stage| self.scope(stage))
    }
}
