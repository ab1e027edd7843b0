//! Reading an image: bytes are what their descriptor says, or an error.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rustix::fs::{self, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use crate::image::Descriptor;

use super::blob_reader::BlobReader;
use super::export::{self, Exported};
use super::failure::TransportError;
use super::members::{Links, Members};
use super::reference::{Reference, Tag};
use super::watch::Watch;
use super::{BLOBS, LARGEST_DOCUMENT, docker_source};

/// An open layout or archive.
#[derive(Debug)]
pub struct Source {
    /// Where it is.
    location: PathBuf,
    /// The same, as messages show it.
    path: PathBuf,
    place: Place,
    tag: Option<Tag>,
    /// What was made to read from, and goes with this.
    _exported: Option<Exported>,
}

#[derive(Debug)]
enum Place {
    Layout,
    Archive(Members),
    DockerArchive(Members, docker_source::Wanted),
}

impl Source {
    /// Opens the place that `reference` names. Its contents are foreign.
    ///
    /// # Errors
    /// When there is no such place, or it cannot be read.
    pub fn open(reference: &Reference) -> Result<Self, TransportError> {
        Self::open_from(Path::new(""), reference)
    }

    /// Like [`Source::open`], with a relative path that starts from `directory`.
    ///
    /// # Errors
    /// When there is no such place, or it cannot be read.
    pub fn open_from(directory: &Path, reference: &Reference) -> Result<Self, TransportError> {
        let exists = |path: &Path| match directory.join(path) {
            place if place.exists() => Ok(place),
            _ => Err(TransportError::NoPlace {
                path: path.to_owned(),
            }),
        };
        let (shown, path, place) = match reference {
            Reference::Oci { directory, .. } => (directory, exists(directory)?, Place::Layout),
            Reference::OciArchive { file, .. } => {
                let path = exists(file)?;
                let members = Members::of(&path, Links::Refuse)?;
                (file, path, Place::Archive(members))
            }
            Reference::DockerArchive { file, name } => {
                let path = exists(file)?;
                let members = Members::of(&path, Links::Note)?;
                (file, path, Place::DockerArchive(members, name.clone()))
            }
            Reference::ContainersStorage(name) => {
                let exported = export::from_storage(name, &Watch::default())?;
                return Self::of_exported(exported, reference);
            }
            Reference::DockerDaemon(name) => {
                let exported = export::from_docker(name, &Watch::default())?;
                return Self::of_exported(exported, reference);
            }
            other => {
                return Err(TransportError::Unusable {
                    reference: other.to_string(),
                    used: "read",
                });
            }
        };
        Ok(Self {
            path: shown.clone(),
            location: path,
            place,
            tag: reference.tag().cloned(),
            _exported: None,
        })
    }

    fn of_exported(exported: Exported, reference: &Reference) -> Result<Self, TransportError> {
        let source = Self::open(&exported.reference)?;
        Ok(Self {
            path: reference.to_string().into(),
            _exported: Some(exported),
            ..source
        })
    }

    /// Which of the images was asked for.
    pub(super) fn tag(&self) -> Option<&Tag> {
        self.tag.as_ref()
    }

    /// What was asked for, if this is such an archive.
    pub(super) fn docker_archive(&self) -> Option<&docker_source::Wanted> {
        match &self.place {
            Place::DockerArchive(_, wanted) => Some(wanted),
            _ => None,
        }
    }

    /// The layout's directory or the archive, as messages show it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens a blob for reading. The reader fails at the end unless digest and size are right;
    /// layers of a docker archive have no digest but that of what is in them.
    pub fn blob(
        &self,
        descriptor: &Descriptor,
        what: &'static str,
    ) -> Result<BlobReader, TransportError> {
        let own = descriptor.annotations.get(docker_source::FILE);
        let own = own.filter(|_| self.docker_archive().is_some());
        let name = match own {
            Some(file) => file.clone(),
            None => format!("{BLOBS}/{}", descriptor.digest.hex()),
        };
        let (file, offset, size) = self.file(&name)?.ok_or_else(|| TransportError::NoBlob {
            path: self.path.clone(),
            digest: descriptor.digest,
        })?;
        if size != descriptor.size {
            return Err(TransportError::Size {
                path: self.path.clone(),
                what,
                digest: descriptor.digest,
                size: descriptor.size,
            });
        }
        let expected = own.is_none().then_some(descriptor.digest);
        Ok(BlobReader::new(file, offset, size, expected))
    }

    /// Reads a whole document, at most 4 MiB of it.
    pub(super) fn document(
        &self,
        descriptor: &Descriptor,
        what: &'static str,
    ) -> Result<Vec<u8>, TransportError> {
        self.check_size(descriptor.size, what)?;
        let mut bytes = Vec::new();
        let mut blob = self.blob(descriptor, what)?;
        match blob.read_to_end(&mut bytes) {
            Ok(_) => Ok(bytes),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                Err(TransportError::Digest {
                    path: self.path.clone(),
                    what,
                    digest: descriptor.digest,
                })
            }
            Err(error) => Err(TransportError::io("read", &self.location)(error)),
        }
    }

    /// The file that the name of a docker archive's layer means, which may be a link, and its bytes.
    pub(super) fn layer_file(&self, name: &str) -> Result<(String, u64), TransportError> {
        let found = match &self.place {
            Place::DockerArchive(members, _) => (members.resolve(name))
                .and_then(|file| Some((file.to_owned(), members.get(file)?.1))),
            _ => None,
        };
        found.ok_or_else(|| self.listed(name))
    }

    /// What the list of a docker archive names is not there.
    fn listed(&self, name: &str) -> TransportError {
        TransportError::Listed {
            path: self.path.clone(),
            file: name.escape_debug().to_string(),
        }
    }

    /// Reads a document that the list of a docker archive names.
    pub(super) fn listed_document(
        &self,
        name: &str,
        what: &'static str,
    ) -> Result<Vec<u8>, TransportError> {
        self.optional(name, what)?.ok_or_else(|| self.listed(name))
    }

    /// Reads a file that has no digest.
    pub(super) fn named(&self, name: &str, what: &'static str) -> Result<Vec<u8>, TransportError> {
        self.optional(name, what)?
            .ok_or_else(|| self.missing(format!("`{name}`")))
    }

    /// Reads a file that has no digest, if it is there.
    pub(super) fn optional(
        &self,
        name: &str,
        what: &'static str,
    ) -> Result<Option<Vec<u8>>, TransportError> {
        let Some((file, offset, size)) = self.file(name)? else {
            return Ok(None);
        };
        self.check_size(size, what)?;
        let mut bytes = Vec::new();
        BlobReader::new(file, offset, size, None)
            .read_to_end(&mut bytes)
            .map_err(TransportError::io("read", &self.location))?;
        Ok(Some(bytes))
    }

    pub(super) fn missing(&self, what: impl Into<String>) -> TransportError {
        TransportError::Missing {
            path: self.path.clone(),
            what: what.into(),
        }
    }

    fn check_size(&self, size: u64, what: &'static str) -> Result<(), TransportError> {
        if size <= LARGEST_DOCUMENT {
            return Ok(());
        }
        Err(TransportError::TooLarge {
            path: self.path.clone(),
            what,
            limit: LARGEST_DOCUMENT,
        })
    }

    /// The file that has the bytes under a name, where they start in it, and how many they are.
    fn file(&self, name: &str) -> Result<Option<(File, u64, u64)>, TransportError> {
        let failed = || TransportError::io("read", &self.location);
        match &self.place {
            Place::Layout => {
                let Some(file) = read_layout_file(&self.location, name)? else {
                    return Ok(None);
                };
                let size = file.metadata().map_err(failed())?.len();
                Ok(Some((file, 0, size)))
            }
            Place::Archive(members) | Place::DockerArchive(members, _) => {
                let Some((offset, size)) = members.get(name) else {
                    return Ok(None);
                };
                let file = File::open(&self.location).map_err(failed())?;
                Ok(Some((file, offset, size)))
            }
        }
    }
}

/// Opens a regular file of a layout without following any link inside it.
pub(super) fn read_layout_file(
    directory: &Path,
    name: &str,
) -> Result<Option<File>, TransportError> {
    let path = directory.join(name);
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let open = || {
        let layout = fs::open(directory, flags | OFlags::DIRECTORY, Mode::empty())?;
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        fs::openat2(
            &layout,
            name,
            flags | OFlags::NONBLOCK,
            Mode::empty(),
            resolve,
        )
    };
    let file = match open() {
        Ok(file) => File::from(file),
        Err(Errno::NOENT) => return Ok(None),
        Err(errno) => return Err(TransportError::io("open", path)(errno.into())),
    };
    match file.metadata() {
        Ok(found) if found.is_file() => Ok(Some(file)),
        Ok(_) => Err(TransportError::Kind {
            path,
            expected: "a regular file",
        }),
        Err(error) => Err(TransportError::io("look at", path)(error)),
    }
}
