//! From a recipe on disk to its plan.

use std::collections::BTreeMap;
use std::path::Path;

use crate::diagnostic::{Diagnostic, sort};
use crate::plan::{self, HostPlatform, Plan};
use crate::recipe::{Platform, Recipe};
use crate::source::SourceFile;
use crate::validate::{self, Checked, Settings, ValidRecipe};

use super::context::Context;
use super::images::Images;
use super::{Error, RecipeChoice, load};

/// A recipe that can be built, with what it came from.
#[derive(Debug)]
pub struct Planned {
    /// The recipe's text.
    pub source: SourceFile,
    /// The plan.
    pub plan: Plan,
    /// What is worth a second look.
    pub warnings: Vec<Diagnostic>,
    /// The folder that inputs are relative to, with the images that were found.
    pub(super) context: Context,
    /// The recipe.
    pub(super) recipe: ValidRecipe,
    /// The stage that becomes the image.
    pub(super) target: Option<String>,
}

impl Planned {
    /// What the recipe says and this version reads, checks and plans, but does not carry out:
    /// building is refused for it.
    pub fn not_carried_out(&self) -> Vec<Diagnostic> {
        let stages = self
            .plan
            .stages
            .iter()
            .map(|stage| Some(stage.name.as_str()));
        let scopes: Vec<Option<&str>> = stages.chain([self.target.as_deref()]).collect();
        let machine = Platform::of_machine(&host().machine);
        validate::not_carried_out(&self.recipe, &scopes, &machine)
    }
}

/// Loads, validates and plans a recipe.
///
/// # Errors
/// [`Error::Rejected`] with all problems if the recipe is wrong.
pub fn plan(choice: &RecipeChoice) -> Result<Planned, Error> {
    let path = load::find(&choice.recipe)?;
    let source = load::load(&path)?;
    let mut settings = settings(choice)?;
    let folder = (choice.context.as_deref().or_else(|| path.parent())).unwrap_or(Path::new(""));
    let folder = match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    };
    let context = Context::open(folder).map_err(|cause| Error::Read {
        path: folder.to_owned(),
        cause,
    })?;
    let checked = resolve(&source, &mut settings, context.images())?;
    let rejected = |source, diagnostics| Error::Rejected {
        recipe: source,
        diagnostics,
    };
    let Some(recipe) = checked.recipe else {
        return Err(rejected(source, checked.diagnostics));
    };
    if let Some(target) = &choice.target {
        check_target(recipe.recipe(), target)?;
    }
    match plan::plan(&recipe, choice.target.as_deref(), &context, &host()) {
        Ok(plan) => Ok(Planned {
            source,
            plan,
            warnings: checked.diagnostics,
            context,
            recipe,
            target: choice.target.clone(),
        }),
        Err(mut diagnostics) => {
            // A place that does not answer is not the recipe's fault.
            if let Some(failure) = context.images().failure() {
                return Err(failure.into());
            }
            diagnostics.extend(checked.diagnostics);
            sort(&mut diagnostics);
            Err(rejected(source, diagnostics))
        }
    }
}

/// Resolves a recipe, with the environments of the images that it asks for.
fn resolve(
    source: &SourceFile,
    settings: &mut Settings,
    images: &Images,
) -> Result<Checked, Error> {
    loop {
        let checked = validate::resolve(source, settings);
        let (false, Some(platform)) = (checked.wanted.is_empty(), &checked.platform) else {
            return Ok(checked);
        };
        // What one says may decide which other is asked for; a recipe names finitely many.
        let mut is_new = false;
        for reference in &checked.wanted {
            let environment = images.environment(reference, platform)?;
            let before = settings.environments.insert(reference.clone(), environment);
            is_new |= before.is_none();
        }
        if !is_new {
            return Ok(checked);
        }
    }
}

/// This machine.
fn host() -> HostPlatform {
    HostPlatform {
        machine: std::env::consts::ARCH.to_owned(),
    }
}

fn settings(choice: &RecipeChoice) -> Result<Settings, Error> {
    let platform = choice.platform.as_ref().map(|text| text.parse());
    let platform = platform.transpose().map_err(Error::Platform)?;
    Ok(Settings {
        arguments: choice.arguments.clone(),
        environments: BTreeMap::new(),
        platform,
        machine: Platform::of_machine(&host().machine),
        target: choice.target.clone(),
    })
}

fn check_target(recipe: &Recipe, target: &str) -> Result<(), Error> {
    if recipe.stages.contains_key(target) {
        return Ok(());
    }
    Err(Error::NoStage {
        target: target.to_owned(),
        stages: recipe.stages.keys().cloned().collect(),
    })
}
