//! What planning may ask of the world.

use std::io;
use std::path::PathBuf;

use serde::Serialize;

use crate::digest::Digest;

use super::{BytePath, InputImage, InputRecipe, RootfsKind};
use crate::recipe::Platform;

/// Answers about the files beside a recipe.
///
/// Every path is relative to the context (the recipe's folder unless the user named another) and
/// stays inside it; an implementation must refuse what leads out.
pub trait Inputs {
    /// The sources that `pattern` names, sorted by path: one for a plain path, any number above
    /// zero for a glob. What `exclude` (globs relative to the source) or the context's ignore file
    /// leaves out is not listed. Links are listed as links unless `follow_links`.
    ///
    /// # Errors
    /// When nothing matches, a path leads out of the context, or an entry cannot be read.
    fn sources(
        &self,
        pattern: &str,
        exclude: &[String],
        follow_links: bool,
    ) -> Result<Vec<InputSource>, InputError>;

    /// The digest of one regular file.
    ///
    /// # Errors
    /// When it does not exist in the context or cannot be read.
    fn file(&self, path: &str) -> Result<Digest, InputError>;

    /// The root file system at `path`, a directory or an archive, with its digest.
    ///
    /// # Errors
    /// When it does not exist in the context or cannot be read.
    fn rootfs(&self, path: &str) -> Result<(RootfsKind, Digest), InputError>;

    /// What the image that `reference` names says about itself, the one for `platform` if it is
    /// there for several.
    ///
    /// # Errors
    /// When there is none, it has another digest than `digest`, or it cannot be read.
    fn image(
        &self,
        reference: &str,
        digest: Option<Digest>,
        platform: &Platform,
    ) -> Result<InputImage, InputError>;

    /// What the recipe at `path`, a file or a folder that holds one, builds for `platform`. It may
    /// lie outside the context.
    ///
    /// # Errors
    /// When there is none, it is wrong itself, or it starts from this one.
    fn recipe(&self, path: &str, platform: &Platform) -> Result<InputRecipe, InputError>;
}

/// One source of a copy: a file, or a folder with all that is below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputSource {
    /// Path in the context.
    pub path: BytePath,
    /// The source itself (with an empty path) and, below a folder, everything, sorted by path.
    pub entries: Vec<InputEntry>,
}

/// A regular file of the context.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InputFile {
    /// Path in the context.
    pub path: BytePath,
    /// Digest that its content must still have when it is read.
    pub digest: Digest,
}

impl InputFile {
    /// The regular files of a source.
    pub(super) fn all(source: &InputSource) -> Vec<Self> {
        let files = source.entries.iter().filter_map(|entry| match entry.kind {
            InputKind::File { digest, .. } => Some(Self {
                path: source.path.join(&entry.path),
                digest,
            }),
            _ => None,
        });
        files.collect()
    }
}

/// One file, folder or link of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputEntry {
    /// Path below the source; empty for the source itself.
    pub path: BytePath,
    /// What it is.
    pub kind: InputKind,
    /// Permission bits on disk.
    pub mode: u32,
    /// User and group on disk.
    pub owner: (u32, u32),
}

/// What an input is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InputKind {
    /// A regular file.
    File {
        /// Digest of its content.
        digest: Digest,
        /// Bytes of content.
        size: u64,
    },
    /// A folder.
    Directory,
    /// A symbolic link and what it says.
    Symlink {
        /// The link's text.
        target: BytePath,
    },
}

/// Why an input is not there to be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// Nothing has this name, or no name matches.
    #[error("nothing in `{}` matches `{pattern}`", context.display())]
    Missing {
        /// What was looked for.
        pattern: String,
        /// The folder that was searched.
        context: PathBuf,
    },
    /// A glob that cannot be read.
    #[error("`{pattern}` is no valid glob")]
    Pattern {
        /// The glob.
        pattern: String,
        /// What is wrong with it.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A path or link that leaves the context.
    #[error("`{path}` leads out of `{}`", context.display())]
    Outside {
        /// The path in the context.
        path: String,
        /// The context.
        context: PathBuf,
    },
    /// Something that is no file, folder or link.
    #[error("`{path}` is a {kind}, which cannot be copied")]
    Special {
        /// The path in the context.
        path: String,
        /// What it is: socket, device, fifo.
        kind: &'static str,
    },
    /// An image that cannot be had.
    #[error("cannot use the image `{reference}`")]
    Image {
        /// As the recipe names it.
        reference: String,
        /// Why not.
        source: Box<dyn std::error::Error + Send + Sync>,
        /// What the user can do about it, if that is known: begins with a verb.
        help: Option<String>,
    },
    /// Another recipe that cannot be built.
    #[error("cannot start from the recipe `{path}`")]
    Recipe {
        /// As the recipe names it.
        path: String,
        /// Why not.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The system refused to read it.
    #[error("cannot read `{path}`")]
    Read {
        /// The path in the context.
        path: String,
        /// What the system said.
        source: io::Error,
    },
}
