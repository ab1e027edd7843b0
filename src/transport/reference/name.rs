//! Names of images in registries and in the storages of docker and podman.

use std::fmt;
use std::str::FromStr;

use oci_spec::distribution::Reference as Parsed;

use crate::digest::Digest;

use crate::transport::failure::ParseReferenceError;

/// What a name without tag and digest means.
const DEFAULT_TAG: &str = "latest";

/// An image's name, spelled out: `docker.io/library/debian:12`, with or without a digest.
///
/// It is read as docker reads it (distribution's [reference grammar]): without a registry it is
/// Docker Hub's, there without a folder it is `library/`'s, and without tag and digest it is
/// `latest`.
///
/// [reference grammar]: https://github.com/distribution/reference/blob/v0.6.0/reference.go
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImageName {
    registry: String,
    repository: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

impl ImageName {
    /// Host of the registry, with a port if it is not the usual one.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// Path of the repository in the registry.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The tag; none only where there is a digest.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest that the manifest or index must have.
    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// The same name with another tag, and without digest.
    pub fn with_tag(&self, tag: &str) -> Result<Self, ParseReferenceError> {
        format!("{}/{}:{tag}", self.registry, self.repository).parse()
    }
}

impl FromStr for ImageName {
    type Err = ParseReferenceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = |reason: String| ParseReferenceError::Name {
            name: text.to_owned(),
            reason,
        };
        let parsed = text.parse::<Parsed>().map_err(|error| {
            match text.to_lowercase().parse::<Parsed>() {
                Ok(_) => wrong("its letters must be small".to_owned()),
                Err(_) => wrong(error.to_string()),
            }
        })?;
        let digest = parsed.digest().map(str::parse::<Digest>).transpose();
        let digest = digest.map_err(|error| wrong(error.to_string()))?;
        // The parser sets the usual tag where there is no digest.
        let tag = parsed.tag().map(str::to_owned);
        let tag = tag.or_else(|| digest.is_none().then(|| DEFAULT_TAG.to_owned()));
        Ok(Self {
            registry: parsed.registry().to_owned(),
            repository: parsed.repository().to_owned(),
            tag,
            digest,
        })
    }
}

impl fmt::Display for ImageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        match &self.digest {
            Some(digest) => write!(f, "@{digest}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_are_spelled_out() {
        let hex = "0".repeat(64);
        for (text, whole) in [
            ("debian", "docker.io/library/debian:latest"),
            ("debian:12", "docker.io/library/debian:12"),
            ("user/app", "docker.io/user/app:latest"),
            ("docker.io/debian", "docker.io/library/debian:latest"),
            ("index.docker.io/user/app", "docker.io/user/app:latest"),
            ("localhost/app", "localhost/app:latest"),
            ("localhost:5000/a/b:v1", "localhost:5000/a/b:v1"),
            ("ghcr.io/a/b", "ghcr.io/a/b:latest"),
        ] {
            assert_eq!(text.parse::<ImageName>().unwrap().to_string(), whole);
        }
        let pinned = format!("debian@sha256:{hex}");
        let name: ImageName = pinned.parse().unwrap();
        assert_eq!(
            (name.tag(), name.to_string()),
            (None, format!("docker.io/library/{pinned}"))
        );
        let both = format!("debian:12@sha256:{hex}");
        let name: ImageName = both.parse().unwrap();
        assert_eq!(name.to_string(), format!("docker.io/library/{both}"));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        let hex = "0".repeat(64);
        let long = format!("{}/x", "a".repeat(300));
        let md5 = format!("x@md5:{}", "0".repeat(32));
        let short = format!("x@sha256:{}", &hex[1..]);
        for text in [
            "", "Debian", "a b", "a//b", "a:", "a:b:c", "../x", "x@", "-x", &long, &md5, &short,
            "a:\n", "é",
        ] {
            assert!(text.parse::<ImageName>().is_err(), "{text}");
        }
    }
}
