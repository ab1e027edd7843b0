//! Why there is no way to any server.

use std::error::Error;
use std::path::PathBuf;

/// What the caller gave for the way to servers cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The caller's certificates cannot be used.
    #[error("cannot read certificates from `{}`", path.display())]
    CaBundle {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The caller's proxy cannot be used.
    #[error("the proxy in `{variable}` cannot be used")]
    Proxy {
        /// The variable that names it.
        variable: String,
        /// What is wrong with it.
        source: Box<dyn Error + Send + Sync>,
    },
}

impl HttpError {
    /// What the user can do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::CaBundle { .. } => "name a file with certificates in PEM form",
            Self::Proxy { .. } => "write `http://HOST:PORT`",
        }
    }
}
