//! All that can end an operation, in two families: the recipe is wrong, or the world failed.

use std::io;
use std::path::PathBuf;

use crate::diagnostic::Diagnostic;
use crate::execute::{ExecuteError, StepError};
use crate::image::ImageError;
use crate::layer::LayerError;
use crate::packages::PackagesError;
use crate::sandbox::Exit;
use crate::source::SourceFile;
use crate::store::StoreError;
use crate::transport::{ParseReferenceError, TransportError};

/// Why an operation failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The recipe is wrong.
    #[error("the recipe is rejected")]
    Rejected {
        /// The recipe.
        recipe: SourceFile,
        /// What is wrong with it.
        diagnostics: Vec<Diagnostic>,
    },
    /// A recipe or its folder cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// A folder below which recipes were looked for.
    #[error("cannot search all of `{}`", folder.display())]
    Search {
        /// The folder.
        folder: PathBuf,
        /// What could not be read in it.
        #[source]
        cause: ignore::Error,
    },
    /// A folder that holds no recipe.
    #[error("`{}` holds no recipe.yaml, recipe.yml or recipe.toml", path.display())]
    NoRecipe {
        /// The folder.
        path: PathBuf,
    },
    /// The recipe runs foreign code, and this user cannot confine it.
    #[error("this recipe runs commands, which needs root")]
    NeedsRoot,
    /// A destination or reference that cannot be.
    #[error(transparent)]
    Reference(#[from] ParseReferenceError),
    /// A step failed.
    #[error(transparent)]
    Step(#[from] StepError),
    /// The package manager that the recipe names is missing.
    #[error(transparent)]
    Packages(#[from] PackagesError),
    /// The cache cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The layer could not be made.
    #[error(transparent)]
    Layer(#[from] LayerError),
    /// The image's documents could not be made.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// An image could not be read or written.
    #[error(transparent)]
    Transport(#[from] TransportError),
}

/// What kind of failure it is; each has its exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The recipe is rejected.
    Rejected,
    /// The command line is wrong.
    Usage,
    /// A step failed.
    Step,
    /// This host cannot do it.
    Host,
    /// Input, output or disk failed.
    Io,
    /// Somebody asked to stop.
    Cancelled,
}

impl Error {
    /// What kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Rejected { .. } => ErrorKind::Rejected,
            Self::Reference(_) => ErrorKind::Usage,
            Self::NeedsRoot | Self::Packages(PackagesError::NoManager { .. }) => ErrorKind::Host,
            Self::Step(error) => match &error.source {
                ExecuteError::Exit {
                    exit: Exit::Cancelled,
                    ..
                } => ErrorKind::Cancelled,
                ExecuteError::Sandbox(error) if error.is_unsupported() => ErrorKind::Host,
                ExecuteError::Packages(PackagesError::NoManager { .. }) => ErrorKind::Host,
                ExecuteError::Store(_) | ExecuteError::Tree(_) => ErrorKind::Io,
                _ => ErrorKind::Step,
            },
            Self::Layer(LayerError::Cancelled) => ErrorKind::Cancelled,
            Self::Read { .. }
            | Self::Search { .. }
            | Self::NoRecipe { .. }
            | Self::Packages(_)
            | Self::Store(_)
            | Self::Layer(_)
            | Self::Image(_)
            | Self::Transport(_) => ErrorKind::Io,
        }
    }

    /// What the user can do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::NoRecipe { .. } => Some("name a recipe, or a folder that holds one".to_owned()),
            Self::NeedsRoot => Some(
                "run it as root; recipes that only copy and write need no privilege".to_owned(),
            ),
            Self::Packages(error) => error.help().map(str::to_owned),
            Self::Step(error) => error.source.help(),
            _ => None,
        }
    }
}
