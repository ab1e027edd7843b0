//! Requests to a registry: redirects by hand, failures sorted into those that pass and those that
//! do not, attempts with growing pauses.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ureq::Agent;
use ureq::http::header::{AUTHORIZATION, HeaderName, LOCATION, RETRY_AFTER};
use ureq::http::{HeaderMap, Method, StatusCode};

use crate::http::{self, Redirects};

use super::access::{Access, Retry};
use super::address::Address;
use super::attempts::{Attempts, failure};
use super::exchange::{Ask, Body, Exchange, PATIENCE, Said};
use super::failure::{RegistryError, Trouble};
use super::told::{LONGEST_ANSWER, shown};
use crate::transport::Watch;

/// How often a server may lead on.
const MOST_REDIRECTS: u32 = 10;

/// How long a document may take, drop by drop.
const DOCUMENT: Duration = Duration::from_secs(120);

/// A client with its patience.
pub(super) struct Client<'a> {
    encrypted: Agent,
    plain: Agent,
    /// For servers on this machine, which no proxy reaches.
    direct: Agent,
    retry: Retry,
    /// Whether a server has answered anything.
    answered: Arc<AtomicBool>,
    watch: Watch<'a>,
}

/// A request: what is asked, without whom it is from.
pub(super) struct Wish<'w> {
    pub(super) method: Method,
    pub(super) address: &'w Address,
    pub(super) headers: &'w [(HeaderName, String)],
    pub(super) body: Body,
}

/// Whom it is from: a value of `Authorization`, and the only server that may see it.
pub(super) type Caller<'w> = Option<(&'w str, &'w Address)>;

/// An answer whose body was not read yet.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// Where it came from in the end.
    pub(super) address: Address,
    pub(super) exchange: Exchange,
}

impl Answer {
    pub(super) fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// How long the server asks to be left alone, in seconds or none. Dates are not read: the
    /// pauses of this client grow by themselves.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        let seconds = self.header(&RETRY_AFTER)?.trim().parse().ok()?;
        Some(Duration::from_secs(seconds))
    }
}

impl<'a> Client<'a> {
    pub(super) fn new(access: &Access, watch: Watch<'a>) -> Result<Self, RegistryError> {
        let agent = |scheme, proxies| {
            let ca_bundle = access.ca_bundle.as_deref();
            http::client(scheme, ca_bundle, proxies, Redirects::Show)
        };
        Ok(Self {
            encrypted: agent("https://", &access.proxies)?,
            plain: agent("http://", &access.proxies)?,
            direct: agent("http://", &[])?,
            retry: access.retry,
            answered: Arc::default(),
            watch,
        })
    }

    pub(super) fn watch(&self) -> Watch<'a> {
        self.watch
    }

    pub(super) fn cancelled(&self) -> &'a dyn Fn() -> bool {
        self.watch.cancelled
    }

    /// Attempts that have not begun.
    pub(super) fn attempts(&self) -> Attempts {
        Attempts::new(self.retry, Arc::clone(&self.answered))
    }

    /// Remembers that a server is there.
    pub(super) fn was_answered(&self) {
        self.answered.store(true, Ordering::Relaxed);
    }

    /// Does `attempt` until it works or fails for good.
    pub(super) fn try_to<T>(
        &self,
        mut attempt: impl FnMut() -> Result<T, Trouble>,
    ) -> Result<T, RegistryError> {
        let mut attempts = self.attempts();
        loop {
            match attempt() {
                Ok(value) => return Ok(value),
                Err(trouble) => self.wait(attempts.again(trouble)?)?,
            }
        }
    }

    /// Sends a request to exactly one server.
    pub(super) fn start(&self, wish: &Wish<'_>, from: Caller<'_>) -> Exchange {
        let mut headers = wish.headers.to_vec();
        if let Some((value, server)) = from
            && server.is_same_server(wish.address)
        {
            headers.push((AUTHORIZATION, value.to_owned()));
        }
        let agent = match wish.address.is_encrypted() {
            _ if wish.address.is_loopback() => &self.direct,
            true => &self.encrypted,
            false => &self.plain,
        };
        let ask = Ask {
            method: wish.method.clone(),
            address: wish.address,
            headers,
            body: wish.body.clone(),
        };
        Exchange::start(agent, ask)
    }

    /// Waits for the head of an answer; nothing must be left to send.
    pub(super) fn head(&self, exchange: Exchange, address: &Address) -> Result<Answer, Trouble> {
        loop {
            match exchange.next(self.cancelled())? {
                Said::Head(status, headers) => {
                    self.was_answered();
                    return Ok(Answer {
                        status,
                        headers: *headers,
                        address: address.clone(),
                        exchange,
                    });
                }
                Said::Failed(error) => return Err(failure(error, address)),
                Said::Wants | Said::Bytes(_) | Said::End => {}
            }
        }
    }

    /// Sends a request, and goes where servers lead. A body goes nowhere but to the first server.
    pub(super) fn follow(&self, wish: &Wish<'_>, from: Caller<'_>) -> Result<Answer, Trouble> {
        let mut address = wish.address.clone();
        for _ in 0..=MOST_REDIRECTS {
            let here = Wish {
                method: wish.method.clone(),
                address: &address,
                headers: wish.headers,
                body: wish.body.clone(),
            };
            let answer = self.head(self.start(&here, from), &address)?;
            if !matches!(answer.status.as_u16(), 301 | 302 | 303 | 307 | 308) {
                return Ok(answer);
            }
            let location = location(&answer)?;
            if !matches!(wish.method, Method::GET | Method::HEAD) {
                let to = location.to_string();
                let url = address.to_string();
                let problem = "what is sent goes to the registry only";
                return Err(RegistryError::Location { url, to, problem }.into());
            }
            address = location;
        }
        let url = wish.address.to_string();
        let most = MOST_REDIRECTS;
        Err(RegistryError::Redirects { url, most }.into())
    }

    /// The body of an answer, `None` if it has more than `most` bytes.
    pub(super) fn body(&self, answer: &Answer, most: usize) -> Result<Option<Vec<u8>>, Trouble> {
        let mut body = Vec::new();
        let begun = Instant::now();
        loop {
            match answer.exchange.next(self.cancelled())? {
                _ if begun.elapsed() > DOCUMENT => {
                    let slow = ureq::Error::from(io::Error::from(io::ErrorKind::TimedOut));
                    return Err(failure(slow, &answer.address));
                }
                Said::Bytes(bytes) => body.extend(bytes),
                Said::End => return Ok(Some(body)),
                Said::Failed(error) => return Err(failure(error, &answer.address)),
                Said::Head(..) | Said::Wants => {}
            }
            if body.len() > most {
                return Ok(None);
            }
        }
    }

    /// What an answer that says no says besides. Whatever goes wrong here is of no importance,
    /// beside a wish to stop.
    pub(super) fn told(
        &self,
        answer: &Answer,
        hidden: &[String],
    ) -> Result<Option<String>, RegistryError> {
        match self.body(answer, LONGEST_ANSWER) {
            Ok(body) => Ok(super::told::told(&body.unwrap_or_default(), hidden)),
            Err(Trouble::Final(error)) if matches!(*error, RegistryError::Cancelled) => Err(*error),
            Err(_) => Ok(None),
        }
    }

    /// Does nothing for so long.
    pub(super) fn wait(&self, pause: Duration) -> Result<(), RegistryError> {
        let end = Instant::now() + pause;
        loop {
            if (self.cancelled())() {
                return Err(RegistryError::Cancelled);
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            thread::sleep(left.min(PATIENCE));
        }
    }
}

/// Where an answer leads: never from https to http.
pub(super) fn location(answer: &Answer) -> Result<Address, RegistryError> {
    let url = answer.address.to_string();
    let Some(location) = answer.headers.get(LOCATION) else {
        let problem = format!("{} without `Location`", answer.status.as_u16());
        return Err(RegistryError::Answer { url, problem });
    };
    let to = String::from_utf8_lossy(location.as_bytes());
    let found = answer.address.join(&to).map_err(|problem| {
        // Its query, and what it may have before an `@`, are not shown.
        let to = to.split(['?', '#']).next().unwrap_or_default();
        let to = match (to.split_once("//"), to.rsplit_once('@')) {
            (Some((scheme, _)), Some((_, host))) => format!("{scheme}//***@{host}"),
            _ => to.to_owned(),
        };
        RegistryError::Location {
            url: url.clone(),
            to: shown(&to, &[]),
            problem,
        }
    })?;
    if answer.address.is_encrypted() && !found.is_encrypted() {
        let to = found.to_string();
        return Err(RegistryError::Downgrade { url, to });
    }
    Ok(found)
}
