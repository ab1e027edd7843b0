//! Names of images and the places they are in.

mod name;
mod output;
mod tag;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::failure::ParseReferenceError;

pub use name::ImageName;
pub use tag::Tag;

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
    /// `docker-archive:FILE[:NAME]`, what `docker save` writes and `docker load` reads.
    DockerArchive {
        /// The archive.
        file: PathBuf,
        /// Which of the images in it.
        name: Option<ImageName>,
    },
    /// `docker://NAME`, an image in a registry.
    Docker(ImageName),
    /// `docker-daemon:NAME`, an image of a running docker.
    DockerDaemon(ImageName),
    /// `containers-storage:NAME`, an image that podman and buildah see.
    ContainersStorage(ImageName),
    /// `rootfs:PATH`, the root file system alone: a directory, or a tar if the name ends in
    /// `.tar`, `.tar.gz`, `.tgz` or `.tar.zst`. No transport of containers-transports(5).
    Rootfs(PathBuf),
}

/// The transports of containers-transports(5) that are known but not built.
const UNSUPPORTED: [&str; 4] = ["dir", "ostree", "sif", "tarball"];

/// What reads the rest of a reference; none if there is no such transport.
type Read = fn(&str) -> Result<Reference, ParseReferenceError>;

fn transport(name: &str) -> Option<Read> {
    Some(match name {
        "oci" => |place| {
            let (directory, tag) = split(place)?;
            let tag = tag.map(str::parse).transpose()?;
            Ok(Reference::Oci { directory, tag })
        },
        "oci-archive" => |place| {
            let (file, tag) = split(place)?;
            let tag = tag.map(str::parse).transpose()?;
            Ok(Reference::OciArchive { file, tag })
        },
        "docker-archive" => |place| {
            let (file, name) = split(place)?;
            let name = name.map(str::parse).transpose()?;
            Ok(Reference::DockerArchive { file, name })
        },
        "docker" => |place| {
            let name = place.strip_prefix("//");
            let name = name.ok_or_else(|| ParseReferenceError::NoSlashes {
                place: place.to_owned(),
            })?;
            name.parse().map(Reference::Docker)
        },
        "docker-daemon" => |place| place.parse().map(Reference::DockerDaemon),
        "containers-storage" => |place| place.parse().map(Reference::ContainersStorage),
        "rootfs" => |place| path(place).map(Reference::Rootfs),
        _ => return None,
    })
}

impl Reference {
    /// Reads what names an image to take from: as [`Reference::from_str`], and a name alone is
    /// that of an image in a registry.
    pub fn source(text: &str) -> Result<Self, ParseReferenceError> {
        let (prefix, _) = text.split_once(':').unwrap_or((text, ""));
        let is_transport =
            text.contains(':') && (transport(prefix).is_some() || UNSUPPORTED.contains(&prefix));
        match is_transport {
            true => text.parse(),
            false => text.parse().map(Self::Docker),
        }
    }

    /// Whether an index of images for several platforms can be there.
    pub fn takes_several(&self) -> bool {
        matches!(
            self,
            Self::Oci { .. } | Self::OciArchive { .. } | Self::Docker(_)
        )
    }

    /// What to look for in a layout: the tag, if one was given.
    pub fn tag(&self) -> Option<&Tag> {
        match self {
            Self::Oci { tag, .. } | Self::OciArchive { tag, .. } => tag.as_ref(),
            _ => None,
        }
    }
}

/// A path and what follows it. Like the other tools: the path ends at the first colon, a tag may
/// hold more of them.
fn split(place: &str) -> Result<(PathBuf, Option<&str>), ParseReferenceError> {
    match place.split_once(':') {
        Some((file, rest)) => Ok((path(file)?, Some(rest))),
        None => Ok((path(place)?, None)),
    }
}

fn path(text: &str) -> Result<PathBuf, ParseReferenceError> {
    if text.is_empty() || text.contains('\0') {
        return Err(ParseReferenceError::NoPath);
    }
    Ok(text.into())
}

impl FromStr for Reference {
    type Err = ParseReferenceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some((prefix, place)) = text.split_once(':') else {
            let text = text.to_owned();
            return Err(ParseReferenceError::NoTransport { text });
        };
        match transport(prefix) {
            Some(read) => read(place),
            None if UNSUPPORTED.contains(&prefix) => Err(ParseReferenceError::Unsupported {
                transport: prefix.to_owned(),
            }),
            None => Err(ParseReferenceError::UnknownTransport {
                transport: prefix.to_owned(),
            }),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut place = |transport: &str, path: &PathBuf, name: Option<&dyn fmt::Display>| {
            write!(f, "{transport}:{}", path.display())?;
            match name {
                Some(name) => write!(f, ":{name}"),
                None => Ok(()),
            }
        };
        let tag = self.tag().map(|tag| tag as &dyn fmt::Display);
        match self {
            Self::Oci { directory, .. } => place("oci", directory, tag),
            Self::OciArchive { file, .. } => place("oci-archive", file, tag),
            Self::DockerArchive { file, name } => {
                let name = name.as_ref().map(|name| name as &dyn fmt::Display);
                place("docker-archive", file, name)
            }
            Self::Rootfs(path) => place("rootfs", path, None),
            Self::Docker(name) => write!(f, "docker://{name}"),
            Self::DockerDaemon(name) => write!(f, "docker-daemon:{name}"),
            Self::ContainersStorage(name) => write!(f, "containers-storage:{name}"),
        }
    }
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
            "docker-archive:demo.tar",
            "docker-archive:demo.tar:docker.io/library/x:1",
            "docker://localhost:5000/a/b:v1",
            "docker-daemon:docker.io/library/x:1",
            "containers-storage:localhost/x:1",
            "rootfs:out/root.tar.gz",
        ] {
            assert_eq!(text.parse::<Reference>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_source_may_be_a_name_alone() {
        for (text, whole) in [
            ("debian", "docker://docker.io/library/debian:latest"),
            ("debian:12", "docker://docker.io/library/debian:12"),
            ("localhost:5000/x", "docker://localhost:5000/x:latest"),
            (
                "docker://debian",
                "docker://docker.io/library/debian:latest",
            ),
            ("oci:out:x", "oci:out:x"),
        ] {
            assert_eq!(Reference::source(text).unwrap().to_string(), whole);
        }
        assert!(Reference::source("dir:x").is_err());
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, message) in [
            ("out", "`out` names no transport"),
            ("docker:x", "`docker:x` wants two slashes, `docker://x`"),
            ("dir:x", "transport `dir` is not supported"),
            ("ocy:out", "there is no transport `ocy`"),
            ("oci:", "there is no path behind the transport"),
            ("oci::x", "there is no path behind the transport"),
            ("oci:out:", "`` is not a tag"),
            ("oci:out:../x", "`../x` is not a tag"),
            ("oci:out:a//b", "`a//b` is not a tag"),
            ("oci:out:a b", "`a b` is not a tag"),
            ("oci:out:-a", "`-a` is not a tag"),
            ("oci:out:a---b", "`a---b` is not a tag"),
            (
                "docker://X",
                "`X` is no name of an image: its letters must be small",
            ),
        ] {
            assert_eq!(text.parse::<Reference>().unwrap_err().to_string(), message);
        }
    }
}
