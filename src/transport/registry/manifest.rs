//! Manifests and indexes, by tag or digest ([distribution-spec, "Pulling manifests" and "Pushing
//! Manifests"]).
//!
//! [distribution-spec, "Pulling manifests" and "Pushing Manifests"]: https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pulling-manifests

use std::fmt;

use ureq::http::Method;
use ureq::http::header::{ACCEPT, CONTENT_TYPE, HeaderName};

use crate::digest::Digest;
use crate::image::media_type;
use crate::transport::LARGEST_DOCUMENT;
use crate::transport::reference::ImageName;

use super::client::{Answer, Wish};
use super::exchange::Body;
use super::failure::RegistryError;
use super::scope::Scope;
use super::told::shown;
use super::{Registry, Shared};

/// What the registry says that the digest is.
pub(super) const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

/// What can be read.
const KINDS: [&str; 4] = [
    media_type::MANIFEST,
    media_type::INDEX,
    media_type::DOCKER_MANIFEST,
    media_type::DOCKER_INDEX,
];

/// Which manifest of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ManifestName {
    /// The one that a tag means now; another one later, maybe.
    Tag(String),
    /// The one with this digest.
    Digest(Digest),
}

impl ManifestName {
    /// What `name` means: the digest if it has one, else the tag.
    pub fn of(name: &ImageName) -> Self {
        match (name.digest(), name.tag()) {
            (Some(digest), _) => Self::Digest(*digest),
            (None, tag) => Self::Tag(tag.unwrap_or("latest").to_owned()),
        }
    }

    fn path(&self) -> Result<String, RegistryError> {
        if let Self::Tag(tag) = self
            && !is_tag(tag)
        {
            return Err(RegistryError::Tag {
                tag: shown(tag, &[]),
            });
        }
        Ok(format!("manifests/{self}"))
    }
}

impl fmt::Display for ManifestName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => f.write_str(tag),
            Self::Digest(digest) => digest.fmt(f),
        }
    }
}

/// `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`
fn is_tag(tag: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    tag.len() <= 128 && !tag.is_empty() && tag.bytes().all(is_inner) && !tag.starts_with(['.', '-'])
}

/// A manifest or an index, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The document: foreign, but with the digest that was asked for.
    pub bytes: Vec<u8>,
    /// What the registry says it is: one of the four of [`media_type`]. Whether the document says
    /// the same is for its reader to find out.
    pub media_type: String,
    /// Digest of `bytes`.
    pub digest: Digest,
}

impl Registry<'_> {
    /// Reads a manifest or index, at most 4 MiB.
    ///
    /// # Errors
    /// When there is none, it is of no kind that can be read, its digest is not the one that was
    /// asked for or not the one that the registry says, or it does not come.
    pub fn manifest(&self, name: &ManifestName) -> Result<Fetched, RegistryError> {
        let shared = &self.0;
        let address = shared.address(&name.path()?);
        let wish = Wish {
            method: Method::GET,
            address: &address,
            headers: &[(ACCEPT, KINDS.join(", "))],
            body: Body::None,
        };
        let scope = Scope::pull(&shared.repository);
        shared.client.try_to(|| {
            let answer = shared.attempt(&wish, &scope)?;
            match answer.status.as_u16() {
                200 => {}
                404 => {
                    let what = format!("manifest `{name}`");
                    return Err(shared.missing(&answer, what)?.into());
                }
                _ => return Err(shared.unexpected(&answer).into()),
            }
            let media_type = kind(&answer)?;
            let too_large = || RegistryError::TooLarge {
                url: address.to_string(),
                what: "the manifest",
                limit: LARGEST_DOCUMENT,
            };
            let body = shared.client.body(&answer, LARGEST_DOCUMENT as usize)?;
            let bytes = body.ok_or_else(too_large)?;
            let digest = Digest::of(&bytes);
            if let ManifestName::Digest(wanted) = name {
                check(&answer, wanted, digest)?;
            }
            if let Some(announced) = announced(&answer)? {
                check(&answer, &announced, digest)?;
            }
            Ok(Fetched {
                bytes,
                media_type,
                digest,
            })
        })
    }

    /// Writes a manifest or index, whose blobs the registry has already, and gives its digest.
    ///
    /// # Errors
    /// When `name` is a digest that `bytes` do not have, or the registry does not take it.
    pub fn put_manifest(
        &self,
        name: &ManifestName,
        media_type: &str,
        bytes: &[u8],
    ) -> Result<Digest, RegistryError> {
        let shared = &self.0;
        let digest = Digest::of(bytes);
        let address = shared.address(&name.path()?);
        if let ManifestName::Digest(wanted) = name
            && *wanted != digest
        {
            return Err(RegistryError::Digest {
                url: address.to_string(),
                what: "the manifest",
                expected: *wanted,
                found: digest,
            });
        }
        let wish = Wish {
            method: Method::PUT,
            address: &address,
            headers: &[(CONTENT_TYPE, media_type.to_owned())],
            body: Body::Bytes(bytes.to_vec()),
        };
        let answer = shared.ask(&wish, &Scope::push(&shared.repository))?;
        shared.created(&answer, "the manifest", digest)?;
        Ok(digest)
    }
}

impl Shared<'_> {
    /// Makes sure that the registry has taken the bytes with this digest.
    pub(super) fn created(
        &self,
        answer: &Answer,
        what: &'static str,
        digest: Digest,
    ) -> Result<(), RegistryError> {
        match answer.status.as_u16() {
            // 201 it should be; 200 and 204 are what some say.
            200 | 201 | 204 => {}
            404 => return Err(self.missing(answer, "place for this".to_owned())?),
            _ => return Err(self.unexpected(answer)),
        }
        match announced(answer)? {
            Some(found) if found != digest => Err(RegistryError::Digest {
                url: answer.address.to_string(),
                what,
                expected: digest,
                found,
            }),
            _ => Ok(()),
        }
    }
}

/// What the answer's `Content-Type` says, if that can be read.
fn kind(answer: &Answer) -> Result<String, RegistryError> {
    let whole = answer.header(&CONTENT_TYPE).unwrap_or_default();
    let found = whole.split(';').next().unwrap_or_default().trim();
    let known = KINDS.iter().find(|kind| kind.eq_ignore_ascii_case(found));
    known.map(|kind| (*kind).to_owned()).ok_or_else(|| {
        let url = answer.address.to_string();
        let found = match found {
            "" => "none".to_owned(),
            found => shown(found, &[]),
        };
        RegistryError::MediaType { url, found }
    })
}

/// The digest that the registry says, if it says one that can be computed here.
fn announced(answer: &Answer) -> Result<Option<Digest>, RegistryError> {
    match answer.header(&CONTENT_DIGEST) {
        Some(text) if text.starts_with("sha256:") => match text.parse() {
            Ok(digest) => Ok(Some(digest)),
            Err(_) => Err(RegistryError::Answer {
                url: answer.address.to_string(),
                problem: "its `Docker-Content-Digest` is no digest".to_owned(),
            }),
        },
        _ => Ok(None),
    }
}

fn check(answer: &Answer, expected: &Digest, found: Digest) -> Result<(), RegistryError> {
    if *expected == found {
        return Ok(());
    }
    Err(RegistryError::Digest {
        url: answer.address.to_string(),
        what: "the manifest",
        expected: *expected,
        found,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_those_of_the_specification() {
        let long = "a".repeat(128);
        for tag in ["latest", "1.0-rc_1", "_x", &long] {
            assert!(is_tag(tag), "{tag}");
        }
        let longer = "a".repeat(129);
        for tag in [
            "", ".x", "-x", "a b", "a/b", "../x", "a:b", "é", "a?b", &longer,
        ] {
            assert!(!is_tag(tag), "{tag}");
        }
    }
}
