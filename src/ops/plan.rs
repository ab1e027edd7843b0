//! From a recipe on disk to its plan.

use std::path::Path;

use crate::diagnostic::Diagnostic;
use crate::plan::{self, HostPlatform, Plan};
use crate::source::SourceFile;
use crate::validate;

use super::context::Context;
use super::{Error, RecipeLocation, load};

/// A recipe that can be built, with what it came from.
#[derive(Debug)]
pub struct Planned {
    /// The recipe's text.
    pub source: SourceFile,
    /// The plan.
    pub plan: Plan,
    /// What is worth a second look.
    pub warnings: Vec<Diagnostic>,
    /// The folder that inputs are relative to.
    pub(super) context: std::path::PathBuf,
}

/// Loads, validates and plans a recipe.
///
/// # Errors
/// [`Error::Rejected`] with all problems if the recipe is wrong.
pub fn plan(location: &RecipeLocation) -> Result<Planned, Error> {
    let path = load::find(&location.recipe)?;
    let source = load::load(&path)?;
    let checked = validate::check(&source);
    let Some(recipe) = checked.recipe else {
        return Err(Error::Rejected {
            recipe: source,
            diagnostics: checked.diagnostics,
        });
    };
    let folder = location
        .context
        .as_deref()
        .or_else(|| path.parent())
        .unwrap_or(Path::new("."));
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let context = Context::open(folder).map_err(|cause| Error::Read {
        path: folder.to_owned(),
        cause,
    })?;
    let host = HostPlatform {
        machine: std::env::consts::ARCH.to_owned(),
    };
    match plan::plan(&recipe, &context, &host) {
        Ok(plan) => Ok(Planned {
            source,
            plan,
            warnings: checked.diagnostics,
            context: context.directory().to_owned(),
        }),
        Err(mut diagnostics) => {
            diagnostics.extend(checked.diagnostics);
            Err(Error::Rejected {
                recipe: source,
                diagnostics,
            })
        }
    }
}
