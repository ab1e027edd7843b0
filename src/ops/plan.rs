//! From a recipe on disk to its plan.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, sort};
use crate::image;
use crate::plan::{self, HostPlatform, Plan};
use crate::recipe::{Platform, PlatformPart, Recipe};
use crate::source::SourceFile;
use crate::validate::{self, Checked, Settings, ValidRecipe};

use super::context::Context;
use super::images::Known;
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
        validate::not_carried_out(&self.recipe, &scopes)
    }

    /// The recipe's own path, from the root.
    pub(super) fn path(&self) -> String {
        self.context.recipe_path().display().to_string()
    }

    /// The images that it, and the recipes that it starts from, are made of.
    pub(super) fn images(&self) -> Vec<Arc<Known>> {
        let below = self.below();
        let contexts = below.iter().map(|planned| &planned.context);
        let contexts = contexts.chain([&self.context]);
        contexts
            .flat_map(|context| context.images().all())
            .collect()
    }

    /// The recipes that this one starts from, and those that they start from.
    pub(super) fn below(&self) -> Vec<Rc<Planned>> {
        let mut all = Vec::new();
        for planned in self.context.recipes().all() {
            all.extend(planned.below());
            all.push(planned);
        }
        all
    }
}

/// Loads, validates and plans a recipe for every platform that was chosen (`a,b`), or that the
/// recipe names.
///
/// # Errors
/// As [`plan()`].
pub fn plan_all(choice: &RecipeChoice) -> Result<Vec<Planned>, Error> {
    let chosen: Vec<String> = match &choice.platform {
        Some(chosen) => chosen.split(',').map(str::to_owned).collect(),
        None => Vec::new(),
    };
    let on = |platform: &str| {
        plan(&RecipeChoice {
            platform: Some(platform.to_owned()),
            ..choice.clone()
        })
    };
    let mut platforms = chosen;
    if platforms.is_empty() {
        let first = plan(choice)?;
        let named = &first.recipe.recipe().platforms;
        if named.len() < 2 {
            return Ok(vec![first]);
        }
        platforms = named.iter().map(ToString::to_string).collect();
    }
    platforms.iter().map(|platform| on(platform)).collect()
}

/// Loads, validates and plans a recipe.
///
/// # Errors
/// [`Error::Rejected`] with all problems if the recipe is wrong.
pub fn plan(choice: &RecipeChoice) -> Result<Planned, Error> {
    plan_below(choice, &[])
}

/// As [`plan`], for recipes that are built on this one.
pub(super) fn plan_below(choice: &RecipeChoice, chain: &[PathBuf]) -> Result<Planned, Error> {
    let path = load::find(&choice.recipe)?;
    let source = load::load(&path)?;
    // A recipe that was read is there.
    let own = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
    let chain = [chain, &[own]].concat();
    let mut settings = settings(choice)?;
    let folder = (choice.context.as_deref().or_else(|| path.parent())).unwrap_or(Path::new(""));
    let folder = match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    };
    let context =
        Context::open(folder, chain, &choice.registries).map_err(|cause| Error::Read {
            path: folder.to_owned(),
            cause,
        })?;
    let checked = resolve(&source, &mut settings, &context)?;
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
            // A place that does not answer is not the recipe's fault, nor what another one says.
            if let Some(failure) = context.failure() {
                return Err(failure);
            }
            diagnostics.extend(checked.diagnostics);
            sort(&mut diagnostics);
            Err(rejected(source, diagnostics))
        }
    }
}

/// Resolves a recipe, with the environments of the bases that it asks for.
fn resolve(
    source: &SourceFile,
    settings: &mut Settings,
    context: &Context,
) -> Result<Checked, Error> {
    loop {
        let mut checked = validate::resolve(source, settings);
        let (false, Some(platform)) = (checked.wanted.is_empty(), &checked.platform) else {
            return Ok(checked);
        };
        // What one says may decide which other is asked for; a recipe names finitely many.
        let mut is_new = false;
        for (reference, span) in &checked.wanted {
            let environment = context.environment(reference, platform);
            let environment = match environment {
                Ok(environment) => environment,
                Err(error) => match context.failure() {
                    Some(failure) => return Err(failure),
                    None => {
                        checked.diagnostics.push(error.diagnostic(*span));
                        sort(&mut checked.diagnostics);
                        return Ok(checked);
                    }
                },
            };
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

/// A platform that was named, or this machine's, in the image's words.
pub(super) fn platform(text: Option<&str>) -> Result<image::Platform, Error> {
    let named = text.map(str::parse::<Platform>).transpose();
    let platform = named.map_err(Error::Platform)?;
    let platform = platform.unwrap_or_else(|| Platform::of_machine(&host().machine));
    Ok(in_words_of_images(&platform))
}

/// A recipe's platform in the image's words.
pub(super) fn in_words_of_images(platform: &Platform) -> image::Platform {
    image::Platform {
        os: platform.part(PlatformPart::Os).to_owned(),
        architecture: platform.architecture().to_owned(),
        variant: platform.variant().map(str::to_owned),
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
