//! Names of images and the places they are in.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::failure::ParseReferenceError;

/// An image in a place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reference {
    /// `oci:DIR[:TAG]`, an image layout.
    Oci {
        /// The layout's directory.
        directory: PathBuf,
        /// Which of the images in it.
        tag: Option<Tag>,
    },
    /// `oci-archive:FILE[:TAG]`, an image layout in a tar.
    OciArchive {
        /// The archive.
        file: PathBuf,
        /// Which of the images in it.
        tag: Option<Tag>,
    },
}

/// The transports of containers-transports(5) that are known but not built.
const UNSUPPORTED: &[&str] = &[
    "containers-storage",
    "dir",
    "docker",
    "docker-archive",
    "docker-daemon",
    "ostree",
    "sif",
    "tarball",
];

impl Reference {
    /// The tag, if one was given.
    pub fn tag(&self) -> Option<&Tag> {
        match self {
            Self::Oci { tag, .. } | Self::OciArchive { tag, .. } => tag.as_ref(),
        }
    }
}

impl FromStr for Reference {
    type Err = ParseReferenceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (transport, place) =
            text.split_once(':')
                .ok_or_else(|| ParseReferenceError::NoTransport {
                    text: text.to_owned(),
                })?;
        if UNSUPPORTED.contains(&transport) {
            return Err(ParseReferenceError::Unsupported {
                transport: transport.to_owned(),
            });
        }
        if !matches!(transport, "oci" | "oci-archive") {
            return Err(ParseReferenceError::UnknownTransport {
                transport: transport.to_owned(),
            });
        }
        // Like the other tools: the path ends at the first colon, a tag may hold more of them.
        let (path, tag) = match place.split_once(':') {
            Some((path, tag)) => (path, Some(tag.parse()?)),
            None => (place, None),
        };
        if path.is_empty() || path.contains('\0') {
            return Err(ParseReferenceError::NoPath {
                text: text.to_owned(),
            });
        }
        Ok(match transport {
            "oci" => Self::Oci {
                directory: path.into(),
                tag,
            },
            _ => Self::OciArchive {
                file: path.into(),
                tag,
            },
        })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Oci { directory, .. } => write!(f, "oci:{}", directory.display())?,
            Self::OciArchive { file, .. } => write!(f, "oci-archive:{}", file.display())?,
        }
        match self.tag() {
            Some(tag) => write!(f, ":{tag}"),
            None => Ok(()),
        }
    }
}

/// A tag: the value of `org.opencontainers.image.ref.name`, in the grammar of the image-spec's
/// [annotations.md].
///
/// [annotations.md]: https://github.com/opencontainers/image-spec/blob/v1.1.0/annotations.md#pre-defined-annotation-keys
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tag(String);

impl Tag {
    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Tag {
    type Err = ParseReferenceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.split('/').all(is_component) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ParseReferenceError::Tag {
                tag: text.to_owned(),
            })
        }
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `component ::= alphanum (separator alphanum)*`, `separator ::= [-._:@+] | "--"`.
fn is_component(component: &str) -> bool {
    let mut separators = component.split(|c: char| c.is_ascii_alphanumeric());
    let ends = component.starts_with(|c: char| c.is_ascii_alphanumeric())
        && component.ends_with(|c: char| c.is_ascii_alphanumeric());
    ends && separators
        .all(|separator| matches!(separator, "" | "-" | "." | "_" | ":" | "@" | "+" | "--"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_come_back_as_they_were_written() {
        for text in [
            "oci:out",
            "oci:out/demo:latest",
            "oci:/a b/c:docker.io/library/x:1.0--rc",
            "oci-archive:demo.tar:v1",
        ] {
            assert_eq!(text.parse::<Reference>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, message) in [
            ("out", "`out` names no transport"),
            ("docker://x", "transport `docker` is not yet supported"),
            ("ocy:out", "there is no transport `ocy`"),
            ("oci:", "`oci:` has no path"),
            ("oci::x", "`oci::x` has no path"),
            ("oci:out:", "`` is not a tag"),
            ("oci:out:../x", "`../x` is not a tag"),
            ("oci:out:a//b", "`a//b` is not a tag"),
            ("oci:out:a b", "`a b` is not a tag"),
            ("oci:out:-a", "`-a` is not a tag"),
            ("oci:out:a---b", "`a---b` is not a tag"),
        ] {
            assert_eq!(text.parse::<Reference>().unwrap_err().to_string(), message);
        }
    }
}
