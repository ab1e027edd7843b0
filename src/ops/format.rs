//! Bringing a recipe into the project's layout.

use std::path::{Path, PathBuf};

use crate::source::SourceFile;
use crate::syntax::{self, Notation};

use super::{Error, load, replace};

/// A recipe and its formatted text.
#[derive(Debug)]
pub struct Formatted {
    /// The recipe as it is.
    pub source: SourceFile,
    /// The recipe as it should be.
    pub text: String,
    /// Whether that is the project's layout. Hardly ever it is not, as in it the recipe would not
    /// say the same; then lines are tidied at most.
    pub is_laid_out: bool,
    path: Option<PathBuf>,
}

impl Formatted {
    /// Whether formatting changes anything.
    pub fn is_changed(&self) -> bool {
        self.source.text() != self.text
    }

    /// Replaces the file that the recipe came from, if formatting changes anything. A symbolic
    /// link, the file's mode and its owner stay.
    ///
    /// # Errors
    /// When it cannot be written; it is then what it was.
    pub fn write(&self) -> Result<(), Error> {
        match &self.path {
            Some(path) if self.is_changed() => {
                replace::replace(path, &self.text).map_err(|cause| Error::Write {
                    path: path.clone(),
                    cause,
                })
            }
            _ => Ok(()),
        }
    }
}

/// Formats the recipe at `path`, or in the folder `path`; nothing is written.
///
/// # Errors
/// [`Error::Rejected`] if it is no YAML or TOML; what the recipe says is not looked at.
pub fn format(path: &Path) -> Result<Formatted, Error> {
    let path = load::find(path)?;
    let source = load::load(&path)?;
    let notation = Notation::of(source.name());
    Ok(Formatted {
        path: Some(path),
        ..format_source(source, notation)?
    })
}

/// Formats a text that has no file.
///
/// # Errors
/// As [`format()`].
pub fn format_source(source: SourceFile, notation: Notation) -> Result<Formatted, Error> {
    match syntax::format(&source, notation) {
        Ok(formatted) => Ok(Formatted {
            source,
            text: formatted.text,
            is_laid_out: formatted.is_laid_out,
            path: None,
        }),
        Err(diagnostics) => Err(Error::Rejected {
            recipe: source,
            diagnostics,
        }),
    }
}
