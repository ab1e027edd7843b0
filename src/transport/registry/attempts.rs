//! What is worth another attempt, and when it is made.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::access::Retry;
use super::address::Address;
use super::failure::{RegistryError, Trouble};

/// How often a server is asked where nobody listens, as podman does it: whoever starts up gets a
/// moment, and who has mistyped a port is not kept.
const REFUSED: u32 = 3;

/// Attempts at one thing.
pub(super) struct Attempts {
    made: u32,
    pause: Duration,
    retry: Retry,
    /// Whether anybody has answered before. A server that was there may come back.
    answered: Arc<AtomicBool>,
}

impl Attempts {
    /// None was made.
    pub(super) fn new(retry: Retry, answered: Arc<AtomicBool>) -> Self {
        Self {
            made: 1,
            pause: retry.first_pause,
            retry,
            answered,
        }
    }

    /// The pause before the next attempt, or the error if there is none.
    pub(super) fn again(&mut self, trouble: Trouble) -> Result<Duration, RegistryError> {
        let (mut error, asked) = match trouble {
            Trouble::Final(error) => return Err(*error),
            Trouble::Passing(error, asked) => (*error, asked),
        };
        let is_nobody = is_refused(&error) && !self.answered.load(Ordering::Relaxed);
        let most = match is_nobody {
            true => self.retry.attempts.min(REFUSED),
            false => self.retry.attempts,
        };
        if self.made >= most {
            if let RegistryError::Transfer { attempts, .. }
            | RegistryError::Status { attempts, .. } = &mut error
            {
                *attempts = self.made;
            }
            return Err(error);
        }
        let pause = asked.unwrap_or(self.pause).min(self.retry.longest_pause);
        self.made += 1;
        self.pause = self.pause.saturating_mul(2);
        Ok(pause)
    }
}

/// Whether nobody listens where a server should be.
fn is_refused(error: &RegistryError) -> bool {
    let RegistryError::Transfer { source, .. } = error else {
        return false;
    };
    match source.downcast_ref() {
        Some(ureq::Error::Io(error)) => error.kind() == io::ErrorKind::ConnectionRefused,
        _ => false,
    }
}

/// Whether an answer with this status is worth another attempt.
pub(super) fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504)
}

/// Whether an error may pass.
pub(super) fn failure(error: ureq::Error, address: &Address) -> Trouble {
    let url = address.to_string();
    let tls = match &error {
        ureq::Error::Io(inner) => tls(inner),
        ureq::Error::Rustls(inner) => Some(inner),
        _ => None,
    };
    if let Some(tls) = tls {
        let source = tls.to_string().into();
        return match tls {
            rustls::Error::InvalidMessage(_) => RegistryError::NoTls { url }.into(),
            _ => RegistryError::Tls { url, source }.into(),
        };
    }
    let passes = matches!(
        error,
        ureq::Error::Io(_)
            | ureq::Error::Timeout(_)
            | ureq::Error::ConnectionFailed
            | ureq::Error::HostNotFound
            | ureq::Error::ConnectProxyFailed(_)
            | ureq::Error::Protocol(_)
            | ureq::Error::BodyStalled
    );
    let source: Box<dyn std::error::Error + Send + Sync> = match error {
        ureq::Error::HostNotFound => "there is no host of this name".into(),
        error => error.into(),
    };
    let error = RegistryError::Transfer {
        url,
        attempts: 1,
        source,
    };
    match passes {
        true => Trouble::passing(error, None),
        false => error.into(),
    }
}

/// What TLS made of it, if TLS it was.
fn tls(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

/// Whether a server was spoken to in TLS and answered in something else, or not at all: it may
/// listen at the port of http alone.
pub(super) fn speaks_no_tls(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::Io(error) => {
            tls(error).is_none_or(|error| matches!(error, rustls::Error::InvalidMessage(_)))
        }
        _ => true,
    }
}
