//! Images in registries: the client of the [OCI distribution-spec v1.1] and of its elder, docker's
//! registry API v2.
//!
//! In go an image's name and what of the caller's surroundings may be used; out come documents and
//! blobs that have the digests that were asked for, or an error that says what to do. A registry
//! and all that stands before it is foreign: answers have limits, sizes and digests are checked
//! while bytes come, addresses that it leads to get no credentials, and nothing leads from https to
//! http. What breaks off is tried again with growing pauses, blobs from where they broke off.
//!
//! | file | holds |
//! |---|---|
//! | `access` | what of the caller's surroundings may be used |
//! | `address`, `exchange`, `client`, `attempts` | one request: where to, on which thread, how often |
//! | `challenge`, `guard`, `token`, `scope` | who may do what, and what convinces a registry of it |
//! | `credentials`, `auth_file`, `credential_program` | who asks |
//! | `manifest`, `blob`, `upload` | what is read and written |
//! | `failure`, `told` | what went wrong, and what the registry said of it |
//!
//! [OCI distribution-spec v1.1]: https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md

mod access;
mod address;
mod attempts;
mod auth_file;
mod blob;
mod challenge;
mod client;
mod credential_program;
mod credentials;
mod exchange;
mod failure;
mod guard;
mod manifest;
mod scope;
mod token;
mod told;
mod upload;

use std::sync::Arc;

use ureq::http::Method;

use super::reference::ImageName;
use super::watch::Watch;

pub use access::{Access, Retry};
pub use blob::Blob;
pub use challenge::Challenge;
pub use failure::RegistryError;
pub use manifest::{Fetched, ManifestName};
pub use upload::{Mount, Session};

use address::Address;
use attempts::{is_passing, speaks_no_tls};
use client::{Answer, Client, Wish};
use exchange::{Body, Said};
use failure::Trouble;
use guard::Guard;
use scope::Scope;

/// Docker Hub, and where its registry is.
const HUB: &str = "docker.io";
const HUB_SERVER: &str = "registry-1.docker.io";

/// One repository in a registry. Clones share connections, tokens and credentials; all methods may
/// be called from several threads.
///
/// ```no_run
/// # fn demo(access: &onelayer::transport::Access) -> Result<(), Box<dyn std::error::Error>> {
/// use onelayer::progress::Silent;
/// use onelayer::transport::{ImageName, ManifestName, Registry, Watch};
///
/// let name: ImageName = "registry.example/team/app:1".parse()?;
/// let watch = Watch { cancelled: &|| false, reporter: &Silent };
/// let registry = Registry::open(&name, access, watch)?;
/// let manifest = registry.manifest(&ManifestName::of(&name))?;
/// println!("{} {}", manifest.media_type, manifest.digest);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Registry<'a>(Arc<Shared<'a>>);

struct Shared<'a> {
    client: Client<'a>,
    guard: Guard,
    /// The top of the registry's server.
    server: Address,
    repository: String,
}

impl<'a> Registry<'a> {
    /// Opens the repository that `name` is in; its tag and digest are not looked at. Nothing is
    /// sent, but to learn whether TLS is spoken where plain http may be: on this machine, and
    /// anywhere if `access` allows it.
    ///
    /// # Errors
    /// When the caller's certificates or proxy cannot be used, or the name's host is none.
    pub fn open(
        name: &ImageName,
        access: &Access,
        watch: Watch<'a>,
    ) -> Result<Self, RegistryError> {
        let host = match name.registry() {
            HUB => HUB_SERVER,
            other => other,
        };
        let wrong = |problem| RegistryError::Host {
            registry: name.registry().to_owned(),
            problem,
        };
        let mut server = Address::of_server(true, host).map_err(wrong)?;
        let client = Client::new(access, watch)?;
        if (access.plain_http || server.is_loopback()) && !speaks_tls(&client, &server)? {
            server = Address::of_server(false, host).map_err(wrong)?;
        }
        Ok(Self(Arc::new(Shared {
            guard: Guard::new(name.registry(), name.repository(), &server, access),
            client,
            server,
            repository: name.repository().to_owned(),
        })))
    }
}

impl Shared<'_> {
    /// The address of something in the repository: `manifests/…`, `blobs/…`.
    fn address(&self, what: &str) -> Address {
        self.server.at(format!("/v2/{}/{what}", self.repository))
    }

    /// Asks the registry for something, as whoever it wants; its answer is a success, or 404, 416.
    fn attempt(&self, wish: &Wish<'_>, scope: &Scope) -> Result<Answer, Trouble> {
        let known = self.guard.known(scope);
        let from = known.as_deref().map(|value| (value, &self.server));
        let answer = self.client.follow(wish, from)?;
        if !self.wants_to_know(&answer) {
            return self.sorted(answer, scope);
        }
        let client = &self.client;
        let fresh = self
            .guard
            .convince(client, &answer, scope, known.as_deref())?;
        let answer = client.follow(wish, Some((&fresh, &self.server)))?;
        if self.wants_to_know(&answer) {
            let by_token = fresh.starts_with("Bearer ");
            return Err(self.guard.refused(client, &answer, scope, by_token)?.into());
        }
        self.sorted(answer, scope)
    }

    /// As [`attempt`](Self::attempt), until it works or fails for good.
    fn ask(&self, wish: &Wish<'_>, scope: &Scope) -> Result<Answer, RegistryError> {
        self.client.try_to(|| self.attempt(wish, scope))
    }

    /// Whether the registry itself, and no storage that it led to, asks who is there.
    fn wants_to_know(&self, answer: &Answer) -> bool {
        answer.status == 401 && answer.address.is_same_server(&self.server)
    }

    /// An answer that can be used, or what is wrong with it.
    fn sorted(&self, answer: Answer, scope: &Scope) -> Result<Answer, Trouble> {
        let status = answer.status.as_u16();
        if matches!(status, 200..300 | 404 | 416) {
            return Ok(answer);
        }
        if status == 403 && answer.address.is_same_server(&self.server) {
            return Err(self
                .guard
                .refused(&self.client, &answer, scope, true)?
                .into());
        }
        let error = RegistryError::Status {
            url: answer.address.to_string(),
            status,
            attempts: 1,
            told: self.client.told(&answer, &self.guard.hidden())?,
        };
        Err(match is_passing(status) {
            true => Trouble::passing(error, answer.retry_after()),
            false => error.into(),
        })
    }

    /// The error for an answer 404.
    fn missing(&self, answer: &Answer, what: String) -> Result<RegistryError, RegistryError> {
        Ok(RegistryError::Missing {
            repository: self.guard.repository(),
            what,
            told: self.client.told(answer, &self.guard.hidden())?,
        })
    }

    /// The error for a success that the specification does not know here.
    fn unexpected(&self, answer: &Answer) -> RegistryError {
        RegistryError::Answer {
            url: answer.address.to_string(),
            problem: format!("{} is no answer to this", answer.status.as_u16()),
        }
    }
}

/// Whether the server at `address` speaks TLS, well or badly.
fn speaks_tls(client: &Client<'_>, address: &Address) -> Result<bool, RegistryError> {
    let address = address.at("/v2/".to_owned());
    let wish = Wish {
        method: Method::HEAD,
        address: &address,
        headers: &[],
        body: Body::None,
    };
    let exchange = client.start(&wish, None);
    Ok(match exchange.next(client.cancelled())? {
        Said::Failed(error) => !speaks_no_tls(&error),
        _ => true,
    })
}
