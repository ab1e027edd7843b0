//! What can go wrong between an image and its place.

use std::io;
use std::path::{Path, PathBuf};

use crate::digest::Digest;
use crate::image::DocumentError;

/// An image could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// The disk refused.
    #[error("cannot {action} `{}`", path.display())]
    Io {
        /// What was tried: a verb.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A folder that holds something else than images.
    #[error("`{}` is no image layout and not empty; name a new folder, or one that holds `oci-layout`", path.display())]
    NotALayout {
        /// The folder.
        path: PathBuf,
    },
    /// A layout of a version that nobody has defined yet.
    #[error("`{}` is an image layout of version `{version}`, and 1.0.0 is the one that is known", path.display())]
    LayoutVersion {
        /// The folder.
        path: PathBuf,
        /// Its version.
        version: String,
    },
    /// A document is not what it should be.
    #[error("`{reference}` holds a document that cannot be trusted")]
    Document {
        /// The image.
        reference: String,
        /// What is wrong with it.
        source: DocumentError,
    },
    /// No image of that name.
    #[error("`{reference}` holds no image{}; it has: {found}", tagged(tag.as_deref()))]
    NoImage {
        /// The place.
        reference: String,
        /// The tag that was asked for.
        tag: Option<String>,
        /// The tags that there are.
        found: String,
    },
    /// A blob is not the one that its name promises.
    #[error("blob {digest} of `{reference}` is damaged: {reason}")]
    Blob {
        /// The image.
        reference: String,
        /// The blob's name.
        digest: Digest,
        /// What does not fit.
        reason: &'static str,
    },
}

impl TransportError {
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io {
            action,
            path: path.to_owned(),
            source,
        }
    }
}

fn tagged(tag: Option<&str>) -> String {
    tag.map(|tag| format!(" with tag `{tag}`"))
        .unwrap_or_default()
}
