//! What convinces a registry: nothing, a name and password, or a token from another server.
//!
//! Nothing is sent before it is asked for. What the registry asked for once is sent along later, to
//! that registry alone; tokens are kept, by what they allow, until they expire. What was refused
//! although it was fresh is refused for good.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use ureq::http::header::WWW_AUTHENTICATE;

use crate::progress::Event;

use super::access::Access;
use super::address::Address;
use super::challenge::Challenge;
use super::client::{Answer, Client};
use super::credentials::Credentials;
use super::failure::{RegistryError, Trouble};
use super::scope::Scope;
use super::token::Token;
use super::told::shown;

/// The keys to one repository's registry.
pub(super) struct Guard {
    /// Host of the registry and path of the repository, as in the image's name.
    pub(super) host: String,
    repository: String,
    /// The registry's address: where an authorization may go.
    pub(super) server: Address,
    pub(super) access: Access,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Looked for when they are needed the first time.
    credentials: Option<Option<Arc<Credentials>>>,
    /// The registry wants them with every request.
    basic: bool,
    tokens: BTreeMap<String, Token>,
}

impl Guard {
    pub(super) fn new(host: &str, repository: &str, server: &Address, access: &Access) -> Self {
        Self {
            host: host.to_owned(),
            repository: repository.to_owned(),
            server: server.clone(),
            access: access.clone(),
            state: Mutex::default(),
        }
    }

    /// Host and path, for messages.
    pub(super) fn repository(&self) -> String {
        format!("{}/{}", self.host, self.repository)
    }

    /// What is sent along before the registry asks.
    pub(super) fn known(&self, scope: &Scope) -> Option<String> {
        let state = self.state();
        if state.basic {
            return state.credentials.as_ref()?.as_ref()?.basic();
        }
        let now = Instant::now();
        let mut tokens = state.tokens.iter();
        let (_, token) = tokens.find(|(key, token)| scope.is_in(key) && token.until > now)?;
        Some(format!("Bearer {}", token.value))
    }

    /// All that must not be in a message.
    pub(super) fn hidden(&self) -> Vec<String> {
        let state = self.state();
        let tokens = state.tokens.values().map(|token| token.value.clone());
        let credentials = state.credentials.iter().flatten();
        (credentials.flat_map(|credentials| credentials.hidden()))
            .chain(tokens)
            .collect()
    }

    /// What convinces a registry that answered 401; `sent` is what did not.
    pub(super) fn convince(
        &self,
        client: &Client<'_>,
        answer: &Answer,
        scope: &Scope,
        sent: Option<&str>,
    ) -> Result<String, Trouble> {
        let challenges: Vec<Challenge> = (answer.headers.get_all(WWW_AUTHENTICATE).iter())
            .filter_map(|value| value.to_str().ok())
            .flat_map(Challenge::parse)
            .collect();
        let of = |scheme: &str| challenges.iter().find(|found| found.scheme == scheme);
        let credentials = self.credentials(client)?;
        let bearer = of("bearer").filter(|bearer| bearer.parameters.contains_key("realm"));
        if let Some(bearer) = bearer {
            let token = self.token(client, bearer, scope, credentials.as_deref())?;
            let header = format!("Bearer {}", token.value);
            self.state().tokens.insert(scope.key(), token);
            return Ok(header);
        }
        if of("basic").is_none() {
            let names: Vec<&str> = challenges.iter().map(|found| &*found.scheme).collect();
            let offered = match names.is_empty() {
                true => "it names none".to_owned(),
                false => shown(&names.join(", "), &[]),
            };
            let url = answer.address.to_string();
            return Err(RegistryError::Challenge { url, offered }.into());
        }
        let basic = credentials.and_then(|credentials| credentials.basic());
        match basic {
            Some(basic) if sent != Some(&basic) => {
                self.state().basic = true;
                Ok(basic)
            }
            _ => Err(self.refused(client, answer, scope, false)?.into()),
        }
    }

    /// The error for an answer 401 or 403 that stands; `by_token` if a token did not help.
    pub(super) fn refused(
        &self,
        client: &Client<'_>,
        answer: &Answer,
        scope: &Scope,
        by_token: bool,
    ) -> Result<RegistryError, RegistryError> {
        let told = client.told(answer, &self.hidden())?;
        let credentials = self.credentials(client)?;
        let repository = self.repository();
        let registry = self.host.clone();
        Ok(match credentials {
            None if answer.status == 401 => RegistryError::NoCredentials {
                repository,
                registry,
                told,
            },
            // Where they brought a token they are right, but do not reach as far.
            Some(credentials) if answer.status == 401 && !by_token => {
                RegistryError::WrongCredentials {
                    registry,
                    found_in: credentials.found_in.clone(),
                    told,
                }
            }
            credentials => RegistryError::Denied {
                repository,
                registry,
                action: scope.action,
                found_in: credentials.map(|credentials| credentials.found_in.clone()),
                told,
            },
        })
    }

    fn credentials(&self, client: &Client<'_>) -> Result<Option<Arc<Credentials>>, RegistryError> {
        // Held while looking: a program with credentials is asked once, by whichever thread.
        let mut state = self.state();
        if let Some(credentials) = &state.credentials {
            return Ok(credentials.clone());
        }
        let watch = client.watch();
        let found = Credentials::find(&self.access, &self.host, &self.repository, watch)?;
        if found.is_some() && !self.server.is_encrypted() && !self.server.is_loopback() {
            let message = format!(
                "credentials for `{}` are sent without encryption",
                self.host
            );
            watch.reporter.report(&Event::Warning { message: &message });
        }
        let found = found.map(Arc::new);
        state.credentials = Some(found.clone());
        Ok(found)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
