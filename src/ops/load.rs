//! Reading and validating a recipe.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{SourceFile, Span};
use crate::syntax::Document;
use crate::validate;

use super::{Error, Registries};

/// Names of recipes in a folder, the first one found wins.
pub(super) const NAMES: [&str; 3] = ["recipe.yaml", "recipe.yml", "recipe.toml"];

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
    /// The way to the images that it names.
    pub registries: Registries,
}

/// Reads the recipe at `path`, or in the folder `path`.
///
/// # Errors
/// When there is none, or it cannot be read; [`Error::Rejected`] when it is no text.
pub fn load(path: &Path) -> Result<SourceFile, Error> {
    let path = find(path)?;
    let file = File::open(&path).map_err(|cause| Error::Read {
        path: path.clone(),
        cause,
    })?;
    load_from(file, &path)
}

/// Reads a recipe from an open file; `name` is what messages call it, and says by its end whether
/// it is TOML.
///
/// # Errors
/// As for [`load`].
pub fn load_from(file: impl Read, name: &Path) -> Result<SourceFile, Error> {
    let mut bytes = Vec::new();
    // What is too large is refused for its size; one byte more shows that it is.
    (file.take(Document::MAX_BYTES as u64 + 1))
        .read_to_end(&mut bytes)
        .map_err(|cause| Error::Read {
            path: name.to_owned(),
            cause,
        })?;
    let is_cut = bytes.len() > Document::MAX_BYTES;
    let name = name.display().to_string();
    match String::from_utf8(bytes) {
        Ok(text) => Ok(SourceFile::new(name, text)),
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let bytes = error.into_bytes();
            // Up to the place in question the offsets are those of the file.
            let recipe = SourceFile::new(name, String::from_utf8_lossy(&bytes).into_owned());
            // The limit may lie within a character; its size is then what is to be said.
            if is_cut && bytes.len() - valid < 4 {
                return Ok(recipe);
            }
            Err(Error::Rejected {
                recipe,
                diagnostics: vec![no_text(&bytes, valid)],
            })
        }
    }
}

fn no_text(bytes: &[u8], valid: usize) -> Diagnostic {
    let message = match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "the recipe is UTF-16, not UTF-8".to_owned(),
        _ => format!("byte 0x{:02x} is not UTF-8", bytes[valid]),
    };
    Diagnostic::new(Code::Syntax, message)
        .label(Span::new(valid, valid), "here")
        .help("save the recipe as UTF-8 text")
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

/// Whether the recipe at `path` may run commands, as far as its text tells at a glance: `true` where
/// that is not certain.
pub fn may_run_commands(path: &Path) -> bool {
    let Ok(path) = find(path) else {
        return false;
    };
    // What cannot be read twice is not looked at.
    match std::fs::metadata(&path) {
        Ok(found) if found.is_file() => {}
        Ok(_) => return true,
        Err(_) => return false,
    }
    let words = ["run", "package", "recipe:"];
    load(&path).is_ok_and(|source| words.iter().any(|word| source.text().contains(word)))
}
