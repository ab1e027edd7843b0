//! The name of a place for an image.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::is_tag;

/// A place for an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// `oci:DIR[:TAG]`, an image layout in a folder.
    Oci {
        /// The folder.
        directory: PathBuf,
        /// The image in it.
        tag: Option<String>,
    },
    /// `oci-archive:FILE[:TAG]`, an image layout in a tar file.
    OciArchive {
        /// The file.
        file: PathBuf,
        /// The image in it.
        tag: Option<String>,
    },
}

impl Reference {
    /// The tag, if one is named.
    pub fn tag(&self) -> Option<&str> {
        match self {
            Self::Oci { tag, .. } | Self::OciArchive { tag, .. } => tag.as_deref(),
        }
    }

    /// The same place with this tag.
    #[must_use]
    pub fn with_tag(mut self, new: &str) -> Self {
        match &mut self {
            Self::Oci { tag, .. } | Self::OciArchive { tag, .. } => *tag = Some(new.to_owned()),
        }
        self
    }
}

/// A text that names no place for an image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseReferenceError {
    /// No transport that this version has.
    #[error(
        "`{0}` does not begin with a transport that this version has: `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]`"
    )]
    Transport(String),
    /// Nothing after the transport.
    #[error("`{0}` names no path")]
    Path(String),
    /// A tag that no registry would take.
    #[error("`{tag}` in `{reference}` is no tag: letters, digits, `_`, `.` and `-`, at most 128")]
    Tag {
        /// The text.
        reference: String,
        /// Its tag.
        tag: String,
    },
}

impl FromStr for Reference {
    type Err = ParseReferenceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some((transport @ ("oci" | "oci-archive"), rest)) = text.split_once(':') else {
            return Err(ParseReferenceError::Transport(text.to_owned()));
        };
        let (path, tag) = match rest.split_once(':') {
            Some((path, tag)) => (path, Some(tag.to_owned())),
            None => (rest, None),
        };
        if path.is_empty() {
            return Err(ParseReferenceError::Path(text.to_owned()));
        }
        if let Some(tag) = tag.as_deref().filter(|tag| !is_tag(tag)) {
            return Err(ParseReferenceError::Tag {
                reference: text.to_owned(),
                tag: tag.to_owned(),
            });
        }
        let path = PathBuf::from(path);
        Ok(match transport {
            "oci" => Self::Oci {
                directory: path,
                tag,
            },
            _ => Self::OciArchive { file: path, tag },
        })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (transport, path) = match self {
            Self::Oci { directory, .. } => ("oci", directory),
            Self::OciArchive { file, .. } => ("oci-archive", file),
        };
        write!(f, "{transport}:{}", path.display())?;
        match self.tag() {
            Some(tag) => write!(f, ":{tag}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_spelled_as_skopeo_spells_them() {
        for text in ["oci:out", "oci:out/hello:latest", "oci-archive:a.tar:v1.0"] {
            assert_eq!(text.parse::<Reference>().unwrap().to_string(), text);
        }
        for wrong in [
            "",
            "out",
            "docker://x",
            "oci:",
            "oci::tag",
            "oci:a:b/c",
            "oci:a:.x",
            "oci:a:b:c",
        ] {
            assert!(wrong.parse::<Reference>().is_err(), "{wrong}");
        }
    }
}
