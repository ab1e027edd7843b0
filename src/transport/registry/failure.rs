//! Why a registry could not be read or written.

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::digest::Digest;
use crate::http::HttpError;

/// A registry could not be read or written. No message holds credentials or the query of an
/// address; what a registry said is escaped and shortened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// The caller wanted it to stop.
    #[error("stopped on request")]
    Cancelled,
    /// The caller's certificates or proxy cannot be used.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The host in the image's name is none.
    #[error("`{registry}` is no registry's host: {problem}")]
    Host {
        /// As in the image's name.
        registry: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// There was no answer, or it broke off.
    #[error("no whole answer from `{url}`{}", tries(*attempts))]
    Transfer {
        /// The address.
        url: String,
        /// How often it was tried.
        attempts: u32,
        /// What went wrong the last time.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The server does not speak TLS.
    #[error("`{url}`: the server does not speak TLS")]
    NoTls {
        /// The address.
        url: String,
    },
    /// The server's certificate is not trusted, or TLS failed otherwise.
    #[error("no secure connection to `{url}`")]
    Tls {
        /// The address.
        url: String,
        /// What is wrong.
        source: Box<dyn Error + Send + Sync>,
    },
    /// An answer that says no.
    #[error("`{url}`: the registry answered {status}{}{}", tries(*attempts), said(told))]
    Status {
        /// The address.
        url: String,
        /// Status code of HTTP.
        status: u16,
        /// How often it was tried.
        attempts: u32,
        /// What the registry said.
        told: Option<String>,
    },
    /// The registry does not have it.
    #[error("`{repository}` has no {what}{}", said(told))]
    Missing {
        /// Host and path of the repository.
        repository: String,
        /// A manifest or a blob, with its name.
        what: String,
        /// What the registry said.
        told: Option<String>,
    },
    /// The registry wants to know who asks, and there are no credentials for it.
    #[error(
        "`{repository}` wants credentials, and none were found for it{}",
        said(told)
    )]
    NoCredentials {
        /// Host and path of the repository.
        repository: String,
        /// Host of the registry.
        registry: String,
        /// What the registry said.
        told: Option<String>,
    },
    /// The registry does not accept the user's name and password, or token.
    #[error(
        "`{registry}` does not accept the credentials from {found_in}{}",
        said(told)
    )]
    WrongCredentials {
        /// Host of the registry.
        registry: String,
        /// The file, and the program if one gave them.
        found_in: String,
        /// What the registry said.
        told: Option<String>,
    },
    /// The registry knows who asks, and says no.
    #[error("`{repository}` may not be {action}{}{}", by(found_in), said(told))]
    Denied {
        /// Host and path of the repository.
        repository: String,
        /// Host of the registry.
        registry: String,
        /// `read` or `written`.
        action: &'static str,
        /// Where the credentials are from; none if there are none.
        found_in: Option<String>,
        /// What the registry said.
        told: Option<String>,
    },
    /// An answer 401 that names no way which is known here.
    #[error("`{url}` wants to know who asks in no way that is known: {offered}")]
    Challenge {
        /// The address.
        url: String,
        /// The ways that it names.
        offered: String,
    },
    /// The registry sends for a token to a place where no credentials go.
    #[error("`{registry}` sends to `{realm}` for a token: {problem}")]
    Realm {
        /// Host of the registry.
        registry: String,
        /// The place.
        realm: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// What came is no token.
    #[error("`{url}` gives no token that can be used: {problem}")]
    Token {
        /// The address.
        url: String,
        /// What is wrong.
        problem: String,
    },
    /// A file with credentials cannot be read.
    #[error("cannot read credentials from `{}`", path.display())]
    AuthFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
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
    /// The server leads to a place that is none, or where nothing may be sent.
    #[error("`{url}` leads to `{to}`: {problem}")]
    Location {
        /// The address.
        url: String,
        /// Where it leads.
        to: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The server leads from one address to the next and the next.
    #[error("`{url}` leads on more than {most} times")]
    Redirects {
        /// The address.
        url: String,
        /// How often it may.
        most: u32,
    },
    /// An answer against the specification.
    #[error("`{url}` answers against the specification: {problem}")]
    Answer {
        /// The address.
        url: String,
        /// What is wrong.
        problem: String,
    },
    /// A document is larger than any real one.
    #[error("{what} from `{url}` is larger than {limit} bytes")]
    TooLarge {
        /// The address.
        url: String,
        /// What it is.
        what: &'static str,
        /// The limit, in bytes.
        limit: u64,
    },
    /// No kind of manifest that is known here.
    #[error(
        "`{url}` is of the media type `{found}`, which is no manifest or index that can be read"
    )]
    MediaType {
        /// The address.
        url: String,
        /// As in the answer's `Content-Type`, shortened.
        found: String,
    },
    /// Other bytes than were asked for.
    #[error(
        "{what} from `{url}` does not match its digest\n    expected {expected}\n    found    {found}"
    )]
    Digest {
        /// The address.
        url: String,
        /// What it is.
        what: &'static str,
        /// As asked for, or as the registry announced it.
        expected: Digest,
        /// Of what came.
        found: Digest,
    },
    /// More or fewer bytes than the descriptor says.
    #[error("blob {digest} from `{url}` has {} than the announced {size} bytes", if *more { "more" } else { "fewer" })]
    Size {
        /// The address.
        url: String,
        /// Which blob.
        digest: Digest,
        /// As announced.
        size: u64,
        /// Whether there are more.
        more: bool,
    },
    /// A layer that the registry does not have, since it lies elsewhere.
    #[error("blob {digest} of `{repository}` lies outside of the registry (`{media_type}`)")]
    Foreign {
        /// Host and path of the repository.
        repository: String,
        /// Which blob.
        digest: Digest,
        /// Of the descriptor.
        media_type: String,
    },
    /// Outside the grammar of tags in registries.
    #[error("`{tag}` is not a tag of a registry")]
    Tag {
        /// As given.
        tag: String,
    },
    /// What is to be sent cannot be read.
    #[error("cannot read blob {digest} to send it")]
    Source {
        /// Which blob.
        digest: Digest,
        /// What the system said.
        source: io::Error,
    },
}

impl RegistryError {
    /// What the user can do about it.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::Http(error) => error.help().to_owned(),
            Self::NoCredentials { registry, .. } => {
                format!("look the name up; if it is right, log in: `podman login {registry}`")
            }
            Self::WrongCredentials { registry, .. } => {
                format!("log in again: `podman login {registry}`")
            }
            Self::Denied {
                registry,
                found_in: None,
                ..
            } => format!("look the name up; if it is right, log in: `podman login {registry}`"),
            Self::Denied { .. } => {
                "use an account that has access, or look the repository's name up".to_owned()
            }
            Self::Transfer { .. } => {
                "check the name and the way to it; `https_proxy` and `--ca-bundle` are honoured"
                    .to_owned()
            }
            Self::NoTls { .. } => {
                "look the port up, or allow `--plain-http` if the network is yours".to_owned()
            }
            Self::Tls { .. } => {
                "name the authority of the registry's certificate with `--ca-bundle`".to_owned()
            }
            Self::Missing { .. } => "look the name up in the registry".to_owned(),
            Self::Status { status, .. } => match status {
                413 => "split the layer, or raise the limit of the registry or the proxy before it",
                429 => "try again later, or log in: the limit of requests is used up",
                500.. => "try again later: the registry has a fault",
                _ => return None,
            }
            .to_owned(),
            Self::AuthFile { .. } => {
                "mend the file, or name another one in `REGISTRY_AUTH_FILE`".to_owned()
            }
            Self::MediaType { .. } => {
                "push the image again with a present-day tool: only OCI and docker schema 2 are read"
                    .to_owned()
            }
            Self::Foreign { .. } => {
                "use an image whose layers are all in the registry: others are not followed"
                    .to_owned()
            }
            Self::Tag { .. } => {
                "use at most 128 of: letters, digits, `_`, `.`, `-`; the first no `.` or `-`".to_owned()
            }
            Self::Downgrade { .. } => {
                "tell those who run the registry: what is asked for over https stays there".to_owned()
            }
            Self::Realm { .. } => {
                "tell those who run the registry: no credentials are sent to such a place".to_owned()
            }
            Self::Digest { .. } | Self::Size { .. } => {
                "pull again; if it stays, the registry or something before it changes what it has"
                    .to_owned()
            }
            _ => return None,
        })
    }
}

/// How an attempt ended that brought nothing.
pub(super) enum Trouble {
    /// The last word.
    Final(Box<RegistryError>),
    /// Another attempt may do better, after as long as the server asked for.
    Passing(Box<RegistryError>, Option<Duration>),
}

impl Trouble {
    pub(super) fn passing(error: RegistryError, pause: Option<Duration>) -> Self {
        Self::Passing(Box::new(error), pause)
    }
}

impl From<RegistryError> for Trouble {
    fn from(error: RegistryError) -> Self {
        Self::Final(Box::new(error))
    }
}

fn tries(attempts: u32) -> String {
    match attempts {
        0 | 1 => String::new(),
        more => format!(", tried {more} times"),
    }
}

fn said(told: &Option<String>) -> String {
    (told.as_ref()).map_or_else(String::new, |told| format!(": {told}"))
}

fn by(found_in: &Option<String>) -> String {
    match found_in {
        Some(place) => format!(" with the credentials from {place}"),
        None => " without credentials".to_owned(),
    }
}
