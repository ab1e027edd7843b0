//! What can go wrong in the store.

use std::io;
use std::path::PathBuf;

use crate::rootfs::RootfsError;

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
