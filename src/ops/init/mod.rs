//! The first recipe of a folder: it builds as it stands, and shows what else there is.
//!
//! Editors find the schema beside it, so that they complete and check without a network; the copy
//! is the one of the program that wrote it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::recipe::Name;
use crate::schema::recipe_schema_text;
use crate::syntax::{Notation, yaml_text};

use super::convert::put;
use super::{Error, load};

const YAML: &str = include_str!("recipe.yaml");
const TOML: &str = include_str!("recipe.toml");
/// The name in both texts.
const NAME: &str = "app";
/// Where the schema is, seen from the recipe. A folder of its own, which is easily ignored.
const SCHEMA: &str = "./.onelayer/recipe.schema.json";

/// What [`init`] wrote.
#[derive(Debug)]
pub struct Initialised {
    /// The recipe.
    pub recipe: PathBuf,
    /// The schema that editors read.
    pub schema: PathBuf,
}

/// Writes a recipe to the folder `folder`, which is made if it is missing. Without a name the
/// image gets that of the folder.
///
/// # Errors
/// [`Error::Exists`] if the folder holds a recipe, or what the disk says.
pub fn init(folder: &Path, notation: Notation, name: Option<Name>) -> Result<Initialised, Error> {
    if let Ok(recipe) = load::find(folder)
        && recipe != folder
    {
        return Err(Error::Exists { path: recipe });
    }
    let recipe = folder.join(match notation {
        Notation::Yaml => "recipe.yaml",
        Notation::Toml => "recipe.toml",
    });
    let schema = folder.join(SCHEMA.trim_start_matches("./"));
    let schema_folder = schema.parent().unwrap_or(folder);
    fs::create_dir_all(schema_folder).map_err(|cause| Error::Write {
        path: schema_folder.to_owned(),
        cause,
    })?;
    let name = name.or_else(|| named_after(folder));
    let text = text(notation, name.as_ref().map_or(NAME, Name::as_str));
    // The schema first: a recipe is what says that there is nothing to do any more.
    put(&schema, &recipe_schema_text(), true)?;
    put(&recipe, &text, false)?;
    Ok(Initialised { recipe, schema })
}

/// The nearest name to that of a folder, if there is one.
fn named_after(folder: &Path) -> Option<Name> {
    let folder = fs::canonicalize(folder).ok()?;
    Name::nearest(&folder.file_name()?.to_string_lossy())
}

fn text(notation: Notation, name: &str) -> String {
    let (text, line, named) = match notation {
        Notation::Yaml => (
            YAML,
            format!("\nname: {NAME}\n"),
            format!("\nname: {}\n", yaml_text(name)),
        ),
        Notation::Toml => (
            TOML,
            format!("\nname = \"{NAME}\"\n"),
            format!("\nname = \"{name}\"\n"),
        ),
    };
    notation.schema_line(SCHEMA) + &text.replacen(&line, &named, 1)
}
