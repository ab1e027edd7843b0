//! Files with credentials, as `podman login` and `docker login` write them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;

use super::credentials::Secret;
use super::failure::RegistryError;

/// The largest file that is read.
const LARGEST: u64 = 4 << 20;
/// Docker Hub, as it is called in names of images, by docker's login and in its address.
const HUB: &str = "docker.io";
const HUB_NAMES: [&str; 2] = ["index.docker.io", "registry-1.docker.io"];
const HUB_SERVER: &str = "https://index.docker.io/v1/";

/// One file ([containers-auth.json(5)] and docker's config.json, which are one format).
///
/// [containers-auth.json(5)]: https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md
#[derive(Default)]
pub(super) struct AuthFile {
    path: PathBuf,
    contents: Contents,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Contents {
    auths: Option<BTreeMap<String, Entry>>,
    cred_helpers: Option<BTreeMap<String, String>>,
    creds_store: Option<String>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Entry {
    auth: Option<String>,
    username: Option<String>,
    password: Option<String>,
    identitytoken: Option<String>,
}

/// A program that has credentials, and the name by which to ask it.
pub(super) struct Program<'a> {
    pub(super) name: &'a str,
    pub(super) server: String,
}

impl AuthFile {
    /// Reads the file at `path`; none if there is none.
    pub(super) fn open(path: &Path) -> Result<Option<Self>, RegistryError> {
        let failed = |source| RegistryError::AuthFile {
            path: path.to_owned(),
            source,
        };
        let mut bytes = Vec::new();
        let read = File::open(path).and_then(|file| file.take(LARGEST).read_to_end(&mut bytes));
        match read {
            Ok(_) => {}
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(failed(error.into())),
        }
        // The reader's own message may quote what the file holds.
        let contents = serde_json::from_slice(&bytes).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            failed(format!("it is no JSON of the right form: {place}").into())
        })?;
        Ok(Some(Self {
            path: path.to_owned(),
            contents,
        }))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The program that `credHelpers` names for the registry at `host`.
    pub(super) fn helper(&self, host: &str) -> Option<Program<'_>> {
        let helpers = self.contents.cred_helpers.as_ref()?;
        let found = helpers.get_key_value(host).or_else(|| {
            let mut others = helpers.iter();
            others.find(|(key, _)| normalized(key) == normalized(host))
        });
        let (key, name) = found.filter(|(_, name)| !name.is_empty())?;
        let server = key.clone();
        Some(Program { name, server })
    }

    /// The program of `credsStore`, which has the credentials for all registries.
    pub(super) fn store(&self, host: &str) -> Option<Program<'_>> {
        let name = self.contents.creds_store.as_deref();
        let server = if host == HUB { HUB_SERVER } else { host };
        Some(Program {
            name: name.filter(|name| !name.is_empty())?,
            server: server.to_owned(),
        })
    }

    /// What the file itself holds for the repository: the entry with the longest path counts.
    pub(super) fn secret(
        &self,
        host: &str,
        repository: &str,
    ) -> Result<Option<Secret>, RegistryError> {
        let Some(auths) = &self.contents.auths else {
            return Ok(None);
        };
        let whole = format!("{}/{repository}", normalized(host));
        let mut wanted = &*whole;
        loop {
            let found = auths.get(wanted).or_else(|| {
                let mut others = auths.iter();
                others
                    .find(|(key, _)| normalized(key) == wanted)
                    .map(|(_, entry)| entry)
            });
            let secret = found.map_or(Ok(None), Entry::secret);
            let secret = secret.map_err(|problem| RegistryError::AuthFile {
                path: self.path.clone(),
                source: format!("the entry for `{wanted}` {problem}").into(),
            })?;
            if secret.is_some() {
                return Ok(secret);
            }
            match wanted.rsplit_once('/') {
                Some((shorter, _)) => wanted = shorter,
                None => return Ok(None),
            }
        }
    }
}

impl Entry {
    /// What it holds; none if it is there to say that a program has it.
    fn secret(&self) -> Result<Option<Secret>, &'static str> {
        let text = |field: &Option<String>| field.clone().filter(|text| !text.is_empty());
        if let Some(token) = text(&self.identitytoken) {
            return Ok(Some(Secret::IdentityToken(token)));
        }
        if let Some(auth) = text(&self.auth) {
            let lenient = GeneralPurposeConfig::new()
                .with_decode_padding_mode(DecodePaddingMode::Indifferent);
            let decoded = GeneralPurpose::new(&STANDARD, lenient).decode(auth);
            let decoded = decoded.map_err(|_| "is not base64")?;
            let decoded = String::from_utf8(decoded).map_err(|_| "is not UTF-8")?;
            let (user, password) = decoded.split_once(':').ok_or("has no colon in it")?;
            // Old versions of docker wrote them.
            let password = password.trim_matches('\0');
            return Ok(Some(Secret::Password {
                user: user.to_owned(),
                password: password.to_owned(),
            }));
        }
        let pair = text(&self.username).zip(text(&self.password));
        Ok(pair.map(|(user, password)| Secret::Password { user, password }))
    }
}

/// Keys were addresses once; and Docker Hub has several names.
fn normalized(key: &str) -> String {
    let address = (key.strip_prefix("https://")).or_else(|| key.strip_prefix("http://"));
    let stripped = match address {
        Some(address) => address.split('/').next().unwrap_or_default(),
        None => key,
    };
    let (host, path) = stripped.split_once('/').unwrap_or((stripped, ""));
    let host = if HUB_NAMES.contains(&host) { HUB } else { host };
    match path {
        "" => host.to_owned(),
        path => format!("{host}/{path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> AuthFile {
        AuthFile {
            contents: serde_json::from_str(text).unwrap(),
            ..AuthFile::default()
        }
    }

    fn user(file: &AuthFile, host: &str, repository: &str) -> Option<String> {
        match file.secret(host, repository).ok()?? {
            Secret::Password { user, password } => Some(format!("{user}/{password}")),
            Secret::IdentityToken(token) => Some(token),
        }
    }

    #[test]
    fn the_longest_path_counts() {
        // "a:b", "c:d", "e:f:g", "h:i" with a NUL.
        let file = file(
            r#"{"auths": {
                "host:5000": {"auth": "YTpi"},
                "host:5000/team": {"auth": "Yzpk"},
                "host:5000/team/app": {"auth": "ZTpmOmc="},
                "host:5000/team/empty": {},
                "https://old.example/v1/": {"auth": "aDppAA"},
                "plain": {"username": "u", "password": "p"},
                "token": {"auth": "YTpi", "identitytoken": "tok"},
                "https://index.docker.io/v1/": {"auth": "YTpi"},
                "docker.io/team": {"auth": "Yzpk"}
            }, "credsStore": null}"#,
        );
        for (host, repository, found) in [
            ("host:5000", "x", Some("a/b")),
            ("host:5000", "teams", Some("a/b")),
            ("host:5000", "team/x", Some("c/d")),
            ("host:5000", "team/app", Some("e/f:g")),
            ("host:5000", "team/app/more", Some("e/f:g")),
            ("host:5000", "team/empty", Some("c/d")),
            ("host", "team", None),
            ("old.example", "x", Some("h/i")),
            ("plain", "x", Some("u/p")),
            ("token", "x", Some("tok")),
            ("docker.io", "library/x", Some("a/b")),
            ("docker.io", "team/x", Some("c/d")),
            ("evil.docker.io", "x", None),
        ] {
            assert_eq!(
                user(&file, host, repository).as_deref(),
                found,
                "{host}/{repository}"
            );
        }
    }

    #[test]
    fn programs_are_found_by_host() {
        let file = file(
            r#"{"credHelpers": {"gcr.io": "gcloud", "https://index.docker.io/v1/": "hub", "x": ""},
                "credsStore": "secretservice"}"#,
        );
        let pair = |program: Option<Program<'_>>| {
            program.map(|program| (program.name.to_owned(), program.server))
        };
        let owned = |name: &str, server: &str| Some((name.to_owned(), server.to_owned()));
        assert_eq!(pair(file.helper("gcr.io")), owned("gcloud", "gcr.io"));
        assert_eq!(pair(file.helper("docker.io")), owned("hub", HUB_SERVER));
        assert_eq!(pair(file.helper("x")), None);
        assert_eq!(pair(file.store("x")), owned("secretservice", "x"));
        assert_eq!(
            pair(file.store("docker.io")),
            owned("secretservice", HUB_SERVER)
        );
    }

    #[test]
    fn what_is_wrong_is_named_without_what_it_holds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("auth.json");
        std::fs::write(&path, "{\n \"auths\": \"c2VjcmV0\"}").unwrap();
        let error = AuthFile::open(&path).err().unwrap();
        let text = format!("{error}: {}", std::error::Error::source(&error).unwrap());
        assert!(
            text.contains("line 2") && !text.contains("c2VjcmV0"),
            "{text}"
        );
        assert!(
            AuthFile::open(&folder.path().join("none"))
                .unwrap()
                .is_none()
        );
        assert!(AuthFile::open(&path.join("below")).unwrap().is_none());
        for (auth, problem) in [
            ("!", "is not base64"),
            ("YQ==", "has no colon"),
            ("/zo=", "UTF-8"),
        ] {
            let file = file(&format!(r#"{{"auths": {{"x": {{"auth": "{auth}"}}}}}}"#));
            let error = file.secret("x", "y").err().unwrap();
            let source = std::error::Error::source(&error).unwrap().to_string();
            assert!(
                source.contains(problem) && source.contains("`x`"),
                "{source}"
            );
        }
    }
}
