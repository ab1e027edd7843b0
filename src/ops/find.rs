//! Recipes below a folder.

use std::fs;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

use super::Error;
use super::load::{NAMES, find};

/// Ends of names of recipes beside those that a folder is known by.
const SUFFIXES: [&str; 3] = [".recipe.yaml", ".recipe.yml", ".recipe.toml"];

/// The recipes that a path stands for: a file itself, a folder its recipe. A folder without one
/// stands for all recipes below it, in the order of their paths, but for what is hidden and for
/// what a `.gitignore` leaves out.
///
/// What could not be looked at is among the results, and the rest is found nevertheless.
pub fn recipes(path: &Path) -> Vec<Result<PathBuf, Error>> {
    match find(path) {
        Err(Error::NoRecipe { path }) => below(&path),
        found => vec![found],
    }
}

/// Whether a found path is to be read: a pipe would never end, and nobody has named it. What cannot
/// be looked at is worth a word, so it is.
fn may_be_text(path: &Path) -> bool {
    fs::metadata(path).map_or(true, |metadata| metadata.is_file())
}

fn below(folder: &Path) -> Vec<Result<PathBuf, Error>> {
    let mut found = Vec::new();
    // A checkout has the same recipes as its archive: no `.git` is needed, and neither the user's
    // own ignore file nor that of other tools counts.
    let walk = WalkBuilder::new(folder)
        .require_git(false)
        .git_global(false)
        .git_exclude(false)
        .ignore(false)
        .sort_by_file_path(Path::cmp)
        .build();
    for entry in walk {
        match entry {
            Ok(entry) => {
                let name = entry.file_name().to_string_lossy();
                let is_named = NAMES.contains(&name.as_ref())
                    || SUFFIXES.iter().any(|suffix| name.ends_with(suffix));
                if is_named && may_be_text(entry.path()) {
                    found.push(Ok(entry.into_path()));
                }
            }
            Err(error) => found.push(Err(Error::Search {
                folder: folder.to_owned(),
                cause: error,
            })),
        }
    }
    if found.is_empty() {
        found.push(Err(Error::NoRecipe {
            path: folder.to_owned(),
        }));
    }
    found
}
