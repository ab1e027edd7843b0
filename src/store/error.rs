//! What can go wrong in the store.

use std::io;
use std::path::PathBuf;

use crate::rootfs::RootfsError;
use crate::tree::TreeError;

/// The store cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The disk refused.
    #[error("cannot {action} `{}` in the cache", path.display())]
    Io {
        /// What was tried: a verb.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A draft could not be removed.
    #[error("cannot remove `{}` from the cache", path.display())]
    Remove {
        /// The file or folder.
        path: PathBuf,
        /// What stood in the way.
        source: RootfsError,
    },
    /// A change set could not be listed.
    #[error(transparent)]
    Tree(Box<TreeError>),
    /// The folder belongs to another version.
    #[error("the cache in `{}` has layout {found}, this onelayer writes layout {expected}", directory.display())]
    Version {
        /// The store.
        directory: PathBuf,
        /// Its layout.
        found: String,
        /// The one that this version has.
        expected: &'static str,
    },
}

/// Not enough memory, descriptors or room on the disk (errno(3)), which is nobody's damage.
const SCARCITY: [i32; 5] = [12, 23, 24, 28, 122];

impl StoreError {
    /// Whether the system has run out of something.
    pub(super) fn is_scarcity(&self) -> bool {
        let source = match self {
            Self::Io { source, .. } => source,
            Self::Tree(error) => match error.as_ref() {
                TreeError::Io { source, .. } => source,
                _ => return false,
            },
            _ => return false,
        };
        (source.raw_os_error()).is_some_and(|number| SCARCITY.contains(&number))
    }

    /// What the user can do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Version { .. } => Some(
                "name another folder with `--cache-dir`, or remove this one: it holds nothing that \
                 cannot be made again"
                    .to_owned(),
            ),
            _ => None,
        }
    }
}

impl From<TreeError> for StoreError {
    fn from(error: TreeError) -> Self {
        Self::Tree(Box::new(error))
    }
}
