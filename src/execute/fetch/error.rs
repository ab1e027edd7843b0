//! Why a file could not be fetched.

use std::error::Error;
use std::io;

use crate::digest::Checksum;
use crate::http::HttpError;

/// Why a file could not be fetched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The server said no.
    #[error("`{url}`: the server answered {status}{}", reason.map(|reason| format!(" ({reason})")).unwrap_or_default())]
    Status {
        /// The address.
        url: String,
        /// Status code.
        status: u16,
        /// What the code means.
        reason: Option<&'static str>,
    },
    /// There was no answer, or it broke off.
    #[error("cannot fetch `{url}`{}", tries(*attempts))]
    Transfer {
        /// The address.
        url: String,
        /// How often it was tried.
        attempts: u32,
        /// What went wrong the last time.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The server leads from an encrypted address to one that is not.
    #[error("`{url}` leads to `{to}`, which is not encrypted")]
    Downgrade {
        /// The address.
        url: String,
        /// Where it leads.
        to: String,
    },
    /// The server leads from one address to the next and the next.
    #[error("`{url}` leads on more than {most} times")]
    Redirects {
        /// The address.
        url: String,
        /// How often it may.
        most: u32,
    },
    /// More bytes than anything that belongs into an image.
    #[error("`{url}` has more than {most} bytes, the most that is fetched")]
    TooLarge {
        /// The address.
        url: String,
        /// How many there may be.
        most: u64,
    },
    /// Other bytes than the recipe names.
    #[error(
        "`{url}` is not what the recipe expects\n    expected {expected}\n    found    {found} ({size} bytes)"
    )]
    Checksum {
        /// The address.
        url: String,
        /// What the recipe names.
        expected: Box<Checksum>,
        /// What came.
        found: Box<Checksum>,
        /// How many bytes came.
        size: u64,
    },
    /// The address ends in nothing that could be a file's name.
    #[error("`{url}` does not end in a name for the file")]
    NoName {
        /// The address.
        url: String,
    },
    /// The caller's certificates or proxy cannot be used.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The disk refused.
    #[error("cannot store what comes from `{url}`")]
    Store {
        /// The address.
        url: String,
        /// What the system said.
        source: io::Error,
    },
}

impl FetchError {
    /// What the user can do about it.
    pub fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::Status { status, .. } => match status {
                401 | 403 | 407 => "use an address that needs no credentials",
                404 | 410 => "look the address up: the file is no longer there",
                _ => "build again later, or use another address",
            },
            Self::Transfer { .. } => {
                "check the address and the way to it; `https_proxy` and `--ca-bundle` are honoured"
            }
            Self::Downgrade { .. } => "write the address that the file has in the end",
            Self::Redirects { .. } => "write the address that the file has in the end",
            Self::Checksum { .. } => {
                "find out why the file changed before you write the digest that was found"
            }
            Self::NoName { .. } => "name the file in `to`: no `/` at its end",
            Self::Http(error) => error.help(),
            Self::TooLarge { .. } | Self::Store { .. } => return None,
        })
    }
}

fn tries(attempts: u32) -> String {
    match attempts {
        0 | 1 => String::new(),
        more => format!(", tried {more} times"),
    }
}
