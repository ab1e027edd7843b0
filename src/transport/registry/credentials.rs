//! Who asks: the user's name and password, or a token that stands for them.

use std::io;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::progress::Event;

use super::access::Access;
use super::auth_file::{AuthFile, Program};
use super::credential_program::NoSecret;
use super::failure::RegistryError;
use crate::transport::Watch;

/// What convinces a registry. Never shown, so without `Debug`.
pub(super) enum Secret {
    Password {
        user: String,
        password: String,
    },
    /// What `docker login` gets in place of the password, for OAuth's `refresh_token`.
    IdentityToken(String),
}

/// Credentials and where they are from.
pub(super) struct Credentials {
    pub(super) secret: Secret,
    /// The file, and the program if one gave them; for messages.
    pub(super) found_in: String,
}

impl Credentials {
    /// Looks for credentials for a repository: in every file `credHelpers` first, then what it
    /// holds itself, then `credsStore`. A program that does not work is told of and passed over, so
    /// that what needs no credentials works without it.
    ///
    /// # Errors
    /// When a file is damaged, or the one that the caller named is not there.
    pub(super) fn find(
        access: &Access,
        host: &str,
        repository: &str,
        watch: Watch<'_>,
    ) -> Result<Option<Self>, RegistryError> {
        let only = access.authfile.as_ref();
        let files = only.map_or(&*access.auth_files, std::slice::from_ref);
        for path in files {
            let file = match AuthFile::open(path) {
                Ok(Some(file)) => file,
                Ok(None) if only.is_none() => continue,
                Ok(None) => {
                    return Err(RegistryError::AuthFile {
                        path: path.clone(),
                        source: "it does not exist".into(),
                    });
                }
                // Of another user, as after `sudo -E`: what needs no credentials still works.
                Err(RegistryError::AuthFile { path, source })
                    if only.is_none() && is_forbidden(&*source) =>
                {
                    let message = format!("credentials in `{}` may not be read", path.display());
                    watch.reporter.report(&Event::Warning { message: &message });
                    continue;
                }
                Err(error) => return Err(error),
            };
            let found_in = format!("`{}`", file.path().display());
            if let Some(program) = file.helper(host)
                && let Some(found) = ask(&program, &found_in, access, watch)?
            {
                return Ok(Some(found));
            }
            if let Some(secret) = file.secret(host, repository)? {
                return Ok(Some(Self { secret, found_in }));
            }
            if let Some(program) = file.store(host)
                && let Some(found) = ask(&program, &found_in, access, watch)?
            {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The value of `Authorization` in the way `Basic` ([RFC 7617]); none for tokens.
    ///
    /// [RFC 7617]: https://www.rfc-editor.org/rfc/rfc7617
    pub(super) fn basic(&self) -> Option<String> {
        let Secret::Password { user, password } = &self.secret else {
            return None;
        };
        Some(format!(
            "Basic {}",
            STANDARD.encode(format!("{user}:{password}"))
        ))
    }

    /// Everything that must not be in a message.
    pub(super) fn hidden(&self) -> Vec<String> {
        match &self.secret {
            Secret::Password { password, .. } => {
                let basic = self.basic().unwrap_or_default();
                let encoded = basic.trim_start_matches("Basic ").to_owned();
                vec![password.clone(), encoded]
            }
            Secret::IdentityToken(token) => vec![token.clone()],
        }
    }
}

fn is_forbidden(error: &(dyn std::error::Error + 'static)) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::PermissionDenied)
}

fn ask(
    program: &Program<'_>,
    file: &str,
    access: &Access,
    watch: Watch<'_>,
) -> Result<Option<Credentials>, RegistryError> {
    let name = program.program();
    match program.ask(access.program_folders.as_deref(), watch.cancelled) {
        Ok(secret) => Ok(Some(Credentials {
            secret,
            found_in: format!("`{name}`, which {file} names"),
        })),
        Err(NoSecret::NotFound) => Ok(None),
        Err(NoSecret::Stopped(error)) => Err(error),
        Err(NoSecret::Failed(how)) => {
            let message = format!("`{name}`, which {file} names for credentials, {how}");
            watch.reporter.report(&Event::Warning { message: &message });
            Ok(None)
        }
    }
}
