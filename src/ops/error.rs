//! All that can end an operation, in two families: the recipe is wrong, or the world failed.

use std::error::Error as StdError;
use std::io;
use std::path::PathBuf;

use crate::diagnostic::{Diagnostic, nearest};
use crate::digest::Digest;
use crate::execute::{ExecuteError, FetchError, StepError};
use crate::image::ImageError;
use crate::layer::LayerError;
use crate::packages::PackagesError;
use crate::recipe::ScalarProblem;
use crate::sandbox::{Exit, Refusal};
use crate::source::SourceFile;
use crate::store::StoreError;
use crate::syntax::Notation;
use crate::transport::{ParseReferenceError, TransportError};

use super::secrets::SecretError;

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
    /// Somebody wanted it to stop.
    #[error("interrupted")]
    Interrupted,
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
    /// A file cannot be written.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// The other notation would have said something else.
    #[error("`{name}` is not converted: in {to} it would not say the same")]
    Untranslatable {
        /// The recipe.
        name: String,
        /// What it was to be written in.
        to: Notation,
    },
    /// A file is there that would be lost.
    #[error("`{}` exists", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// A folder that holds no recipe.
    #[error("`{}` holds no recipe.yaml, recipe.yml or recipe.toml", path.display())]
    NoRecipe {
        /// The folder.
        path: PathBuf,
    },
    /// A platform that there is not.
    #[error("{}", .0.message)]
    Platform(ScalarProblem),
    /// A stage that the recipe does not have.
    #[error("the recipe has no stage `{target}`")]
    NoStage {
        /// The stage that was asked for.
        target: String,
        /// Those that it has.
        stages: Vec<String>,
    },
    /// A layer that goes on from an earlier one is not the one that is made from nothing.
    #[error(
        "what the cache keeps of layers is wrong: the layer is {made}, and from nothing {expected}"
    )]
    WrongLayer {
        /// Digest of the layer that was made.
        made: Digest,
        /// Digest of the layer from nothing.
        expected: Digest,
    },
    /// The image is larger than the recipe allows.
    #[error("the image has {found} {what}, more than the {most} of `limits.{key}`")]
    Limit {
        /// The key of `limits`.
        key: &'static str,
        /// What was counted.
        what: &'static str,
        /// How many there are.
        found: u64,
        /// How many are allowed.
        most: u64,
    },
    /// An image layout is to hold an image in docker's format, which skopeo and podman do not find
    /// there by its tag, and umoci does not read.
    #[error("`{output}` holds images in OCI format, and the recipe says `format: docker`")]
    DockerInLayout {
        /// The layout or its archive.
        output: String,
    },
    /// The recipe runs foreign code, and this user cannot confine it.
    #[error("this recipe runs commands, and they cannot be isolated{}", because(refusal.as_ref()))]
    NoIsolation {
        /// What stands in the way, if that was asked.
        refusal: Option<Refusal>,
    },
    /// A plan has no such step.
    #[error("the plan has no step `{wanted}`")]
    NoStep {
        /// As the user wrote it.
        wanted: String,
        /// The titles of those that there are.
        titles: Vec<String>,
    },
    /// Several steps are called the same.
    #[error("{} steps of the plan are called `{wanted}`", numbers.len())]
    SeveralSteps {
        /// The title.
        wanted: String,
        /// Their numbers.
        numbers: Vec<usize>,
    },
    /// A secret that cannot be used.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// A destination or reference that cannot be.
    #[error(transparent)]
    Reference(#[from] ParseReferenceError),
    /// An index whose images would have other digests there.
    #[error("an index of images in docker's format cannot be in a layout as it is")]
    DockerIndex,
    /// A layer could not be brought.
    #[error("cannot bring layer {digest}")]
    BaseLayer {
        /// Digest of its blob.
        digest: Digest,
        /// What went wrong.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// There is nothing to build or to copy.
    #[error("there is no image for any platform")]
    NoPlatform,
    /// Programs of another platform cannot run here.
    #[error("this recipe runs programs for {platform}, which this machine cannot run")]
    NoEmulation {
        /// The platform.
        platform: String,
        /// What the package that brings the emulator calls the architecture.
        emulator: String,
    },
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
    /// onelayer itself is wrong.
    Bug,
}

/// A reason, after what it is the reason for.
fn because(refusal: Option<&Refusal>) -> String {
    refusal.map_or_else(String::new, |refusal| format!(": {refusal}"))
}

impl Error {
    /// What kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Rejected { .. } => ErrorKind::Rejected,
            Self::Reference(_)
            | Self::Platform(_)
            | Self::NoStage { .. }
            | Self::NoStep { .. }
            | Self::SeveralSteps { .. }
            | Self::DockerInLayout { .. } => ErrorKind::Usage,
            Self::Secret(SecretError::Read { .. }) => ErrorKind::Io,
            Self::Secret(_) => ErrorKind::Usage,
            Self::Limit { .. } => ErrorKind::Step,
            Self::WrongLayer { .. } => ErrorKind::Io,
            Self::NoPlatform | Self::DockerIndex => ErrorKind::Usage,
            Self::NoEmulation { .. } => ErrorKind::Host,
            Self::BaseLayer { .. } => ErrorKind::Io,
            Self::NoIsolation { .. } | Self::Packages(PackagesError::NoManager { .. }) => {
                ErrorKind::Host
            }
            Self::Step(error) => match &error.source {
                ExecuteError::Exit {
                    exit: Exit::Cancelled,
                    ..
                } => ErrorKind::Cancelled,
                ExecuteError::Sandbox(error) if error.is_unsupported() => ErrorKind::Host,
                ExecuteError::Thread { .. } => ErrorKind::Host,
                ExecuteError::Packages(PackagesError::NoManager { .. } | PackagesError::NoRpm) => {
                    ErrorKind::Host
                }
                ExecuteError::Store(_)
                | ExecuteError::Tree(_)
                | ExecuteError::Input { .. }
                | ExecuteError::Write { .. } => ErrorKind::Io,
                ExecuteError::Base(_) => ErrorKind::Io,
                ExecuteError::Rootfs(error) if error.is_disk_full() => ErrorKind::Io,
                ExecuteError::Fetch(error) if matches!(**error, FetchError::Store { .. }) => {
                    ErrorKind::Io
                }
                _ => ErrorKind::Step,
            },
            Self::Interrupted
            | Self::Layer(LayerError::Cancelled)
            | Self::Transport(TransportError::Cancelled) => ErrorKind::Cancelled,
            Self::Transport(
                TransportError::ChosenDigest { .. } | TransportError::SeveralPlatforms { .. },
            ) => ErrorKind::Usage,
            Self::Transport(error) if error.is_unsupported() => ErrorKind::Host,
            Self::Untranslatable { .. } => ErrorKind::Bug,
            Self::Read { .. }
            | Self::Search { .. }
            | Self::Write { .. }
            | Self::Exists { .. }
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
            Self::Platform(problem) => Some(problem.help.clone()),
            Self::NoStage { target, stages } => {
                Some(match nearest(target, stages.iter().map(String::as_str)) {
                    Some(meant) => format!("write `--target {meant}` if that is meant"),
                    None if stages.is_empty() => "remove `--target`".to_owned(),
                    None => format!("choose one of `{}`", stages.join("`, `")),
                })
            }
            Self::NoStep { wanted, titles } => {
                Some(match nearest(wanted, titles.iter().map(String::as_str)) {
                    Some(meant) => format!("write `--at '{meant}'` if that is meant"),
                    None => format!(
                        "name a number from 1 to {}, or a title as `onelayer plan` shows it",
                        titles.len()
                    ),
                })
            }
            Self::SeveralSteps { numbers, .. } => {
                let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
                Some(format!("name one by its number: {}", numbers.join(", ")))
            }
            Self::DockerInLayout { .. } => Some(
                "write a `docker-archive:`, or `output: {format: oci}` in the recipe".to_owned(),
            ),
            Self::Limit { key, .. } => Some(format!(
                "find what takes the room with `onelayer inspect`, or raise `limits.{key}`"
            )),
            Self::WrongLayer { .. } => Some(
                "build with `--no-cache`, which makes the layer from nothing, and report this: unless \
                 somebody has changed the cache it is a bug in onelayer"
                    .to_owned(),
            ),
            Self::Untranslatable { .. } => {
                Some("report this, with the recipe: it is a bug in onelayer".to_owned())
            }
            Self::Exists { .. } => Some("name another file, or allow it with `--force`".to_owned()),
            Self::NoEmulation { emulator, .. } => Some(format!(
                "let the kernel run them by qemu-{emulator} (on Debian: `apt-get install \
                 qemu-user-static binfmt-support`), build on such a machine, or use steps that run \
                 nothing"
            )),
            Self::DockerIndex => Some(
                "copy one image with `--platform`, or copy all to a registry (`docker://`)"
                    .to_owned(),
            ),
            Self::NoIsolation { refusal } => Some(format!(
                "{}; recipes that only copy and write need no privilege",
                refusal.as_ref().map_or("run it as root", Refusal::cure)
            )),
            Self::Secret(error) => Some(error.help()),
            Self::Packages(error) => error.help().map(str::to_owned),
            Self::Step(error) => error.source.help().or_else(|| self.help_of_place()),
            Self::BaseLayer { .. } => self.help_of_place(),
            Self::Transport(error) => error.help(),
            Self::Store(StoreError::Io { source, .. })
                if source.kind() == std::io::ErrorKind::PermissionDenied =>
            {
                Some(
                    "a cache belongs to one user: name one of your own with `--cache-dir`"
                        .to_owned(),
                )
            }
            Self::Store(error) => error.help(),
            _ => None,
        }
    }

    /// What can be done about the place of an image that is the cause.
    fn help_of_place(&self) -> Option<String> {
        std::iter::successors(self.source(), |&error| error.source())
            .find_map(|error| error.downcast_ref::<TransportError>())
            .and_then(TransportError::help)
    }
}
