//! Reading and validating a recipe.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::diagnostic::Diagnostic;
use crate::source::SourceFile;
use crate::validate;

use super::Error;

/// Names of recipes in a folder, the first one found wins.
const NAMES: [&str; 3] = ["recipe.yaml", "recipe.yml", "recipe.toml"];

/// Which recipe, where its inputs are, and what was chosen about it.
#[derive(Debug, Clone, Default)]
pub struct RecipeChoice {
    /// A recipe, or a folder that holds one.
    pub recipe: PathBuf,
    /// Folder that inputs are relative to; the recipe's own if `None`.
    pub context: Option<PathBuf>,
    /// Values of arguments, by name.
    pub arguments: BTreeMap<String, String>,
    /// Platform to build for, `OS/ARCHITECTURE[/VARIANT]`; the recipe's, or that of this machine, if
    /// `None`.
    pub platform: Option<String>,
    /// Stage to make the image of, instead of the recipe's end.
    pub target: Option<String>,
}

/// Reads the recipe at `path`, or in the folder `path`.
///
/// # Errors
/// When there is none, or it is no UTF-8 text that can be read.
pub fn load(path: &Path) -> Result<SourceFile, Error> {
    let path = find(path)?;
    let text = fs::read_to_string(&path).map_err(|cause| Error::Read {
        path: path.clone(),
        cause,
    })?;
    Ok(SourceFile::new(path.display().to_string(), text))
}

/// The recipe that `path` names.
pub(super) fn find(path: &Path) -> Result<PathBuf, Error> {
    if !path.is_dir() {
        return Ok(path.to_owned());
    }
    (NAMES
        .iter()
        .map(|name| path.join(name))
        .find(|candidate| candidate.exists()))
    .ok_or_else(|| Error::NoRecipe {
        path: path.to_owned(),
    })
}

/// Every problem of a recipe that its text alone can show, in the order of the text.
pub fn validate(source: &SourceFile) -> Vec<Diagnostic> {
    validate::check(source).diagnostics
}
