//! Tokens, from the server that a registry names ([token specification], [OAuth 2.0]).
//!
//! [token specification]: https://distribution.github.io/distribution/spec/auth/token/
//! [OAuth 2.0]: https://distribution.github.io/distribution/spec/auth/oauth/

use std::time::{Duration, Instant};

use serde::Deserialize;
use ureq::http::Method;
use ureq::http::header::CONTENT_TYPE;

use super::address::{Address, encoded};
use super::attempts::is_passing;
use super::challenge::Challenge;
use super::client::{Answer, Client, Wish};
use super::credentials::{Credentials, Secret};
use super::exchange::Body;
use super::failure::{RegistryError, Trouble};
use super::guard::Guard;
use super::scope::Scope;
use super::told::shown;

/// How long a token holds that does not say so ([token specification]), and how much earlier a new
/// one is fetched.
///
/// [token specification]: https://distribution.github.io/distribution/spec/auth/token/
const USUAL_LIFE: Duration = Duration::from_secs(60);
const MARGIN: Duration = Duration::from_secs(10);
/// A day is the longest that a token is believed to hold.
const LONGEST_LIFE: Duration = Duration::from_secs(24 * 60 * 60);
const LARGEST_TOKEN: usize = 1 << 20;
/// What this program calls itself to token servers.
const CLIENT: &str = "onelayer";

/// What a token server gave.
pub(super) struct Token {
    pub(super) value: String,
    pub(super) until: Instant,
}

#[derive(Deserialize)]
struct TokenAnswer {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<u64>,
}

impl Guard {
    /// Asks the server that a registry names for a token.
    pub(super) fn token(
        &self,
        client: &Client<'_>,
        bearer: &Challenge,
        scope: &Scope,
        credentials: Option<&Credentials>,
    ) -> Result<Token, Trouble> {
        let parameter = |name: &str| bearer.parameters.get(name).map(String::as_str);
        let realm = self.realm(parameter("realm").unwrap_or_default())?;
        let mut form = Vec::new();
        if let Some(service) = parameter("service") {
            form.push(format!("service={}", encoded(service)));
        }
        let scopes = scope.with(parameter("scope"));
        let answer = match credentials.map(|credentials| &credentials.secret) {
            Some(Secret::IdentityToken(token)) => {
                form.push(format!("scope={}", encoded(&scopes.join(" "))));
                form.push("grant_type=refresh_token".to_owned());
                form.push(format!("client_id={CLIENT}"));
                form.push(format!("refresh_token={}", encoded(token)));
                let wish = Wish {
                    method: Method::POST,
                    address: &realm,
                    headers: &[(CONTENT_TYPE, "application/x-www-form-urlencoded".to_owned())],
                    body: Body::Bytes(form.join("&").into_bytes()),
                };
                client.follow(&wish, None)?
            }
            other => {
                form.extend(
                    scopes
                        .iter()
                        .map(|scope| format!("scope={}", encoded(scope))),
                );
                form.push(format!("client_id={CLIENT}"));
                if let Some(Secret::Password { user, .. }) = other {
                    form.push(format!("account={}", encoded(user)));
                }
                let wish = Wish {
                    method: Method::GET,
                    address: &realm.with(&form.join("&")),
                    headers: &[],
                    body: Body::None,
                };
                let basic = credentials.and_then(Credentials::basic);
                client.follow(&wish, basic.as_deref().map(|basic| (basic, &realm)))?
            }
        };
        self.token_in(client, &answer, scope, credentials)
    }

    fn token_in(
        &self,
        client: &Client<'_>,
        answer: &Answer,
        scope: &Scope,
        credentials: Option<&Credentials>,
    ) -> Result<Token, Trouble> {
        let url = answer.address.to_string();
        let status = answer.status.as_u16();
        if is_passing(status) {
            let told = client.told(answer, &self.hidden())?;
            let attempts = 1;
            let error = RegistryError::Status {
                url,
                status,
                attempts,
                told,
            };
            return Err(Trouble::passing(error, answer.retry_after()));
        }
        // Some servers answer 400 to a `refresh_token` that is no longer good (RFC 6749, 5.2).
        let is_refused = matches!(status, 400 | 401 | 403) && credentials.is_some();
        if is_refused || matches!(status, 401 | 403) {
            let told = client.told(answer, &self.hidden())?;
            let registry = self.host.clone();
            let repository = self.repository();
            let error = match credentials {
                None => RegistryError::NoCredentials {
                    repository,
                    registry,
                    told,
                },
                Some(credentials) if status == 403 => RegistryError::Denied {
                    repository,
                    registry,
                    action: scope.action,
                    found_in: Some(credentials.found_in.clone()),
                    told,
                },
                Some(credentials) => RegistryError::WrongCredentials {
                    registry,
                    found_in: credentials.found_in.clone(),
                    told,
                },
            };
            return Err(error.into());
        }
        if status != 200 {
            let told = client.told(answer, &self.hidden())?;
            let attempts = 1;
            return Err(RegistryError::Status {
                url,
                status,
                attempts,
                told,
            }
            .into());
        }
        let wrong = |problem: &str| RegistryError::Token {
            url: url.clone(),
            problem: problem.to_owned(),
        };
        let body = client.body(answer, LARGEST_TOKEN)?;
        let body = body.ok_or_else(|| wrong("it is too large"))?;
        // The reader's own message may quote what came.
        let found: TokenAnswer =
            serde_json::from_slice(&body).map_err(|_| wrong("the answer is not in its form"))?;
        let token = found.token.filter(|token| !token.is_empty());
        let token = token.or(found.access_token).unwrap_or_default();
        if token.is_empty() {
            return Err(wrong("the answer holds none").into());
        }
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(wrong("it has characters that no token has").into());
        }
        let life = found.expires_in.map_or(USUAL_LIFE, Duration::from_secs);
        let life = life.clamp(USUAL_LIFE, LONGEST_LIFE) - MARGIN;
        Ok(Token {
            value: token,
            until: Instant::now() + life,
        })
    }

    /// The address of a token server, if credentials may go there.
    fn realm(&self, realm: &str) -> Result<Address, RegistryError> {
        let refused = |problem| RegistryError::Realm {
            registry: self.host.clone(),
            realm: match realm.rsplit_once('@') {
                Some((_, host)) => shown(&format!("***@{host}"), &[]),
                None => shown(realm.split('?').next().unwrap_or_default(), &[]),
            },
            problem,
        };
        let address = Address::parse(realm).map_err(refused)?;
        let may_be_plain =
            !self.server.is_encrypted() && (address.is_loopback() || self.access.plain_http);
        match address.is_encrypted() || may_be_plain {
            true => Ok(address),
            false => Err(refused("it is not encrypted")),
        }
    }
}
