//! What can go wrong while a root is listed, read or searched.

use std::io;

/// A change set could not be listed or read. Names the entry and its change set.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TreeError {
    /// The kernel refused.
    #[error("cannot {action} `{path}` of `{upper}`")]
    Io {
        /// What was tried: a verb.
        action: &'static str,
        /// The entry.
        path: String,
        /// The change set's directory.
        upper: String,
        /// The kernel's answer.
        source: io::Error,
    },
    /// The overlay was mounted with `redirect_dir=on` or `metacopy=on`, so that the change set
    /// does not stand alone.
    #[error("`{path}` of `{upper}` points into lower layers (`{xattr}`)")]
    Redirected {
        /// The entry.
        path: String,
        /// The change set's directory.
        upper: String,
        /// The extended attribute that says so.
        xattr: String,
    },
    /// A file is no longer what was listed.
    #[error("`{path}` of `{upper}` changed while it was read")]
    Changed {
        /// The entry.
        path: String,
        /// The change set's directory.
        upper: String,
    },
}

/// A path has no meaning in the root.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// A part that leads further is a file.
    #[error("`{at}`, on the way to `{path}`, is not a directory")]
    NotADirectory {
        /// The path as asked for.
        path: String,
        /// The part that is in the way.
        at: String,
    },
    /// Links lead in a circle, or through more than forty links.
    #[error("too many symbolic links on the way to `{path}`")]
    TooManyLinks {
        /// The path as asked for.
        path: String,
    },
}
