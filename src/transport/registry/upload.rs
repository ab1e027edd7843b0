//! Blobs that go ([distribution-spec, "Pushing blobs"]).
//!
//! [distribution-spec, "Pushing blobs"]: https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pushing-blobs

use std::io::{self, Read};
use std::time::{Duration, Instant};

use ureq::http::Method;
use ureq::http::header::{CONTENT_TYPE, EXPECT};

use crate::digest::Digest;
use crate::progress::Event;

use super::address::{Address, encoded};
use super::attempts::failure;
use super::client::{Answer, Wish, location};
use super::exchange::{Body, PATIENCE, Said, block};
use super::failure::{RegistryError, Trouble};
use super::scope::Scope;
use super::{Registry, Shared};

/// From so many bytes on the registry is asked before they go, as curl(1) does it: a refusal would
/// not be heard while they do.
const LARGE: u64 = 1 << 20;
/// How long an answer to that, connecting included, is waited for. Some servers refuse, keep the
/// connection, and are not heard by the client beneath.
const ANNOUNCED: Duration = Duration::from_secs(60);

/// A place that the registry made for one blob. It goes by itself if nothing comes.
pub struct Session(Address);

/// What became of a wish to mount a blob.
pub enum Mount {
    /// The repository has the blob.
    Mounted,
    /// The blob has to be sent, into this place if the registry made one.
    Send(Option<Session>),
}

impl Registry<'_> {
    /// Whether the repository has a blob.
    ///
    /// # Errors
    /// When the registry does not say.
    pub fn has_blob(&self, digest: &Digest) -> Result<bool, RegistryError> {
        let shared = &self.0;
        let wish = Wish {
            method: Method::HEAD,
            address: &shared.address(&format!("blobs/{digest}")),
            headers: &[],
            body: Body::None,
        };
        let answer = shared.ask(&wish, &Scope::push(&shared.repository))?;
        match answer.status.as_u16() {
            200 => Ok(true),
            404 => Ok(false),
            _ => Err(shared.unexpected(&answer)),
        }
    }

    /// Lets the repository have a blob that another repository of the same registry has. A registry
    /// that cannot, or that lets the caller not read there, is no error: the blob is to be sent.
    ///
    /// # Errors
    /// When the registry does not answer.
    pub fn mount(&self, digest: &Digest, from_repository: &str) -> Result<Mount, RegistryError> {
        let shared = &self.0;
        let wanted = format!(
            "mount={}&from={}",
            encoded(&digest.to_string()),
            encoded(from_repository)
        );
        let address = shared.address("blobs/uploads/").with(&wanted);
        let scope = Scope::push(&shared.repository).and_pull(from_repository);
        match shared.ask(&posted(&address), &scope) {
            Ok(answer) => match answer.status.as_u16() {
                201 => Ok(Mount::Mounted),
                202 => Ok(Mount::Send(Some(Session(location(&answer)?)))),
                _ => Ok(Mount::Send(None)),
            },
            Err(
                RegistryError::Denied { .. }
                | RegistryError::NoCredentials { .. }
                | RegistryError::Status {
                    status: 400..500, ..
                },
            ) => Ok(Mount::Send(None)),
            Err(error) => Err(error),
        }
    }

    /// Sends a blob of `size` bytes, in one request, without holding it in memory. `open` gives its
    /// bytes from the start; it is called once for every attempt. `session` is what
    /// [`mount`](Self::mount) gave, or none.
    ///
    /// # Errors
    /// When the bytes cannot be read or are not as many, or the registry does not take them.
    pub fn upload(
        &self,
        digest: &Digest,
        size: u64,
        mut session: Option<Session>,
        open: &mut dyn FnMut() -> io::Result<Box<dyn Read>>,
    ) -> Result<(), RegistryError> {
        let shared = &self.0;
        let scope = Scope::push(&shared.repository);
        let mut renewed = false;
        let mut announced = size >= LARGE;
        shared.client.try_to(|| {
            let session = match session.take() {
                Some(session) => session,
                None => shared.session(&scope)?,
            };
            let known = shared.guard.known(&scope);
            let mut source = open().map_err(|source| unreadable(digest, source))?;
            let sending = Sending {
                session: &session,
                authorization: known.as_deref(),
                digest,
                size,
                announced,
            };
            let answer = sending.run(shared, &mut *source).inspect_err(|trouble| {
                announced &= matches!(trouble, Trouble::Final(_));
            })?;
            if announced && answer.status == 417 {
                announced = false;
                return Err(Trouble::passing(shared.unexpected(&answer), None));
            }
            if shared.wants_to_know(&answer) && !renewed {
                // The token was good when the session began.
                renewed = true;
                let client = &shared.client;
                shared
                    .guard
                    .convince(client, &answer, &scope, known.as_deref())?;
                let error = shared.guard.refused(client, &answer, &scope, true)?;
                return Err(Trouble::passing(error, None));
            }
            if shared.wants_to_know(&answer) {
                let client = &shared.client;
                return Err(shared.guard.refused(client, &answer, &scope, true)?.into());
            }
            let answer = shared.sorted(answer, &scope)?;
            match answer.status.as_u16() {
                // The session has gone meanwhile.
                404 => Err(Trouble::passing(
                    shared.missing(&answer, "upload of this name".to_owned())?,
                    None,
                )),
                _ => Ok(shared.created(&answer, "the blob", *digest)?),
            }
        })
    }
}

impl Shared<'_> {
    fn session(&self, scope: &Scope) -> Result<Session, Trouble> {
        let address = self.address("blobs/uploads/");
        let answer = self.attempt(&posted(&address), scope)?;
        match answer.status.as_u16() {
            202 => Ok(Session(location(&answer)?)),
            404 => Err(self.missing(&answer, "place for blobs".to_owned())?.into()),
            _ => Err(self.unexpected(&answer).into()),
        }
    }
}

/// A blob on its way into a session.
struct Sending<'s> {
    session: &'s Session,
    authorization: Option<&'s str>,
    digest: &'s Digest,
    size: u64,
    /// Whether the registry is asked first.
    announced: bool,
}

impl Sending<'_> {
    /// Sends the bytes of `source`, and waits for what the registry says.
    fn run(&self, shared: &Shared<'_>, source: &mut dyn Read) -> Result<Answer, Trouble> {
        let (client, digest, size) = (&shared.client, self.digest, self.size);
        let pair = format!("digest={}", encoded(&digest.to_string()));
        let address = self.session.0.with(&pair);
        let mut headers = vec![(CONTENT_TYPE, "application/octet-stream".to_owned())];
        if self.announced {
            headers.push((EXPECT, "100-continue".to_owned()));
        }
        let wish = Wish {
            method: Method::PUT,
            address: &address,
            headers: &headers,
            body: Body::Stream(size),
        };
        let from = self.authorization.map(|value| (value, &shared.server));
        let exchange = client.start(&wish, from);
        let begun = Instant::now();
        let mut is_wanted = false;
        let mut sent = 0_u64;
        let mut told = Instant::now();
        loop {
            let Some(said) = exchange.soon(client.cancelled())? else {
                if self.announced && !is_wanted && begun.elapsed() > ANNOUNCED {
                    let late = io::Error::from(io::ErrorKind::TimedOut);
                    return Err(failure(late.into(), &address));
                }
                continue;
            };
            match said {
                Said::Wants => {
                    is_wanted = true;
                    let block = block(source).map_err(|error| unreadable(digest, error))?;
                    sent += block.len() as u64;
                    if sent > size || (block.is_empty() && sent < size) {
                        let message = format!("it does not have the {size} bytes that it should");
                        let error = io::Error::new(io::ErrorKind::InvalidData, message);
                        return Err(unreadable(digest, error).into());
                    }
                    exchange.give(block);
                    if told.elapsed() >= PATIENCE || sent == size {
                        told = Instant::now();
                        client.watch().reporter.report(&Event::Pushing {
                            blob: &digest.to_string(),
                            done: sent,
                            total: size,
                        });
                    }
                }
                Said::Head(status, headers) => {
                    client.was_answered();
                    return Ok(Answer {
                        status,
                        headers: *headers,
                        address: address.clone(),
                        exchange,
                    });
                }
                Said::Failed(error) => return Err(failure(error, &address)),
                Said::Bytes(_) | Said::End => {}
            }
        }
    }
}

/// A request to make something.
fn posted(address: &Address) -> Wish<'_> {
    Wish {
        method: Method::POST,
        address,
        headers: &[],
        // With a length of 0: some servers insist on one.
        body: Body::Bytes(Vec::new()),
    }
}

fn unreadable(digest: &Digest, source: io::Error) -> RegistryError {
    RegistryError::Source {
        digest: *digest,
        source,
    }
}
