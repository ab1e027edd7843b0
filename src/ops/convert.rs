//! A recipe in the other notation.

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

use crate::diagnostic::Diagnostic;
use crate::recipe::{self, Recipe};
use crate::source::SourceFile;
use crate::syntax::{self, ConvertProblem, Document, Notation};

use super::{Error, replace};

/// A recipe in the other notation.
#[derive(Debug)]
pub struct Converted {
    /// The text.
    pub text: String,
    /// How many comments it lacks; the one that names the schema does not count.
    pub lost_comments: usize,
}

/// Writes what `source` says in the notation `to`. Expressions stay as they are. `output` is where
/// the text is to stand: the path of the schema is adapted to it.
///
/// # Errors
/// [`Error::Rejected`] if the recipe cannot be read, or holds a null that `to` cannot say.
/// [`Error::Untranslatable`] if the text, read again, is another recipe.
pub fn convert(
    source: SourceFile,
    from: Notation,
    to: Notation,
    output: Option<&Path>,
) -> Result<Converted, Error> {
    let (document, recipe) = read(&source, from)?;
    let schema = syntax::schema_of(source.text(), from);
    let comments = syntax::comments(source.text(), from).len();
    let lost_comments = comments - usize::from(schema.is_some());
    let schema = match (schema, output) {
        (Some(schema), Some(output)) => Some(moved(&schema, Path::new(source.name()), output)),
        (schema, _) => schema,
    };
    let text = match syntax::convert(&document, to, schema.as_deref()) {
        Ok(text) => text,
        Err(ConvertProblem::Unsayable(diagnostics)) => {
            return Err(Error::Rejected {
                recipe: source,
                diagnostics,
            });
        }
        Err(ConvertProblem::Unfaithful) => return Err(untranslatable(&source, to)),
    };
    match read(&SourceFile::new(source.name(), text.as_str()), to) {
        Ok((_, again)) if again == recipe => Ok(Converted {
            text,
            lost_comments,
        }),
        _ => Err(untranslatable(&source, to)),
    }
}

impl Converted {
    /// Writes it to a file, which may only be replaced with `overwrite`.
    ///
    /// # Errors
    /// [`Error::Exists`], or what the disk says.
    pub fn write(&self, path: &Path, overwrite: bool) -> Result<(), Error> {
        put(path, &self.text, overwrite)
    }
}

/// Writes a file, which may only be replaced with `overwrite`.
pub(super) fn put(path: &Path, text: &str, overwrite: bool) -> Result<(), Error> {
    let exists = path.symlink_metadata().is_ok();
    if exists && !overwrite {
        return Err(Error::Exists {
            path: path.to_owned(),
        });
    }
    let written = if exists {
        replace::replace(path, text)
    } else {
        replace::create(path, text)
    };
    written.map_err(|cause| Error::Write {
        path: path.to_owned(),
        cause,
    })
}

fn untranslatable(source: &SourceFile, to: Notation) -> Error {
    Error::Untranslatable {
        name: source.name().to_owned(),
        to,
    }
}

/// What a recipe says. Where an expression stands for something else than text its value is not
/// known: it is then left out, in both notations alike.
fn read(source: &SourceFile, notation: Notation) -> Result<(Document, Recipe), Error> {
    let (document, mut diagnostics) = Document::parse_as(source, notation);
    if let Some(document) = document {
        let decoded = recipe::decode(document.clone());
        let wrong = decoded.diagnostics.into_iter();
        diagnostics.extend(wrong.filter(|problem| !is_about_expression(source, problem)));
        if let (Some(recipe), true) = (decoded.value, diagnostics.is_empty()) {
            return Ok((document, recipe));
        }
    }
    Err(Error::Rejected {
        recipe: source.clone(),
        diagnostics,
    })
}

fn is_about_expression(source: &SourceFile, problem: &Diagnostic) -> bool {
    const OPEN: &str = "${{";
    let place = problem.labels.first();
    place.is_some_and(|place| source.slice(place.span).contains(OPEN))
}

/// The path `schema`, relative to the folder of `input`, as seen from the folder of `output`.
fn moved(schema: &str, input: &Path, output: &Path) -> String {
    let folder = |file: &Path| file.parent().map(plain).unwrap_or_default();
    let (from, to) = (folder(input), folder(output));
    if from == to || schema.contains("://") || Path::new(schema).is_absolute() {
        return schema.to_owned();
    }
    let absolute =
        |path: &Path| std::path::absolute(Path::new(".").join(path)).map(|path| plain(&path));
    let (Ok(schema_path), Ok(to)) = (absolute(&from.join(schema)), absolute(&to)) else {
        return schema.to_owned();
    };
    let shared = (schema_path.components())
        .zip(to.components())
        .take_while(|(one, other)| one == other)
        .count();
    let up = to.components().skip(shared).map(|_| OsStr::new(".."));
    let down = schema_path
        .components()
        .skip(shared)
        .map(Component::as_os_str);
    let path: PathBuf = up.chain(down).collect();
    path.display().to_string()
}

/// A path without `.` and, where they can be taken back, `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(plain.components().next_back(), Some(Component::Normal(_))) =>
            {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_the_schema_follows_the_file() {
        for (schema, input, output, expected) in [
            (
                "../../schema/s.json",
                "specs/a/recipe.yaml",
                "specs/a/recipe.toml",
                "../../schema/s.json",
            ),
            (
                "../../schema/s.json",
                "specs/a/recipe.yaml",
                "recipe.toml",
                "schema/s.json",
            ),
            ("s.json", "recipe.yaml", "x/y/recipe.toml", "../../s.json"),
            ("s.json", "./recipe.yaml", "recipe.toml", "s.json"),
            (
                "https://example.org/s.json",
                "recipe.yaml",
                "x/recipe.toml",
                "https://example.org/s.json",
            ),
            ("/s.json", "recipe.yaml", "x/recipe.toml", "/s.json"),
        ] {
            assert_eq!(moved(schema, Path::new(input), Path::new(output)), expected);
        }
    }
}
