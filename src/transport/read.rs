//! Reading an image: digest and size of every document are checked before it is parsed.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::digest::Digest;
use crate::image::{ConfigFile, Descriptor, DocumentError, Index, Manifest, media_type};

use super::layout::check_version;
use super::{Reference, TransportError};

/// A larger document is no document.
const LARGEST_DOCUMENT: u64 = 4 << 20;
/// Indexes within indexes are followed this far.
const DEEPEST_INDEX: usize = 8;
const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// An image as it is stored.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Names the manifest.
    pub descriptor: Descriptor,
    /// The manifest.
    pub manifest: Manifest,
    /// The configuration.
    pub config: ConfigFile,
}

/// Opens the image that `reference` names. Layers are not read.
///
/// # Errors
/// When there is none, or something about it does not fit.
pub fn read(reference: &Reference) -> Result<Stored, TransportError> {
    let mut reader = Reader::open(reference)?;
    let index = reader.index()?;
    let mut descriptor = reader.choose(&index)?;
    for _ in 0..DEEPEST_INDEX {
        if !Index::is_index(&descriptor.media_type) {
            break;
        }
        let bytes = reader.document(&descriptor)?;
        let inner = Index::parse(&bytes, &descriptor.media_type).map_err(|e| reader.distrust(e))?;
        let [only] = inner.manifests.as_slice() else {
            return Err(reader.no_image(&inner));
        };
        descriptor = only.clone();
    }
    let bytes = reader.document(&descriptor)?;
    let manifest =
        Manifest::parse(&bytes, &descriptor.media_type).map_err(|e| reader.distrust(e))?;
    let bytes = reader.document(&manifest.config)?;
    let config = ConfigFile::parse(&bytes).map_err(|e| reader.distrust(e))?;
    config
        .check_layers(&manifest)
        .map_err(|e| reader.distrust(e))?;
    Ok(Stored {
        descriptor,
        manifest,
        config,
    })
}

struct Reader<'a> {
    reference: &'a Reference,
    place: Place,
}

enum Place {
    Folder(PathBuf),
    /// Where each member's content is, by name.
    Archive {
        path: PathBuf,
        file: File,
        members: BTreeMap<String, (u64, u64)>,
    },
}

impl<'a> Reader<'a> {
    fn open(reference: &'a Reference) -> Result<Self, TransportError> {
        let place = match reference {
            Reference::Oci { directory, .. } => Place::Folder(directory.clone()),
            Reference::OciArchive { file: path, .. } => {
                let open = || {
                    let file = File::open(path)?;
                    let members = members(&file)?;
                    Ok((file, members))
                };
                let (file, members) = open().map_err(TransportError::io("read", path))?;
                Place::Archive {
                    path: path.clone(),
                    file,
                    members,
                }
            }
        };
        let mut reader = Self { reference, place };
        let marker = reader.bytes("oci-layout")?;
        check_version(reader.path(), &marker)?;
        Ok(reader)
    }

    fn path(&self) -> &Path {
        match &self.place {
            Place::Folder(path) | Place::Archive { path, .. } => path,
        }
    }

    fn index(&mut self) -> Result<Index, TransportError> {
        let bytes = self.bytes("index.json")?;
        Index::parse(&bytes, media_type::INDEX).map_err(|e| self.distrust(e))
    }

    /// The manifest with the tag of the reference, or the only one.
    fn choose(&self, index: &Index) -> Result<Descriptor, TransportError> {
        let name = |found: &&Descriptor| match self.reference.tag() {
            Some(tag) => found
                .annotations
                .get(REF_NAME)
                .is_some_and(|name| name == tag),
            None => true,
        };
        let mut found = index.manifests.iter().filter(name);
        match (found.next(), found.next()) {
            (Some(only), None) => Ok(only.clone()),
            // Several tags of one image are one image.
            (Some(first), Some(second))
                if found.chain([second]).all(|d| d.digest == first.digest) =>
            {
                Ok(first.clone())
            }
            _ => Err(self.no_image(index)),
        }
    }

    fn no_image(&self, index: &Index) -> TransportError {
        let names: Vec<&str> = (index.manifests.iter())
            .filter_map(|found| found.annotations.get(REF_NAME).map(String::as_str))
            .collect();
        TransportError::NoImage {
            reference: self.reference.to_string(),
            tag: self.reference.tag().map(str::to_owned),
            found: if names.is_empty() {
                "none that is named".to_owned()
            } else {
                names.join(", ")
            },
        }
    }

    /// A blob that is JSON, checked against its descriptor.
    fn document(&mut self, descriptor: &Descriptor) -> Result<Vec<u8>, TransportError> {
        let bytes = self.bytes(&format!("blobs/sha256/{}", descriptor.digest.hex()))?;
        let reason = if bytes.len() as u64 != descriptor.size {
            "it has another size"
        } else if Digest::of(&bytes) != descriptor.digest {
            "it has another digest"
        } else {
            return Ok(bytes);
        };
        Err(TransportError::Blob {
            reference: self.reference.to_string(),
            digest: descriptor.digest,
            reason,
        })
    }

    /// A whole member, if it is of a size that a document can have.
    fn bytes(&mut self, name: &str) -> Result<Vec<u8>, TransportError> {
        let shown = self.path().join(name);
        let read = match &mut self.place {
            Place::Folder(folder) => File::open(folder.join(name)).and_then(bounded),
            Place::Archive { file, members, .. } => match members.get(name) {
                Some((offset, size)) => file
                    .seek(SeekFrom::Start(*offset))
                    .and_then(|_| bounded(file.take(*size))),
                None => Err(io::ErrorKind::NotFound.into()),
            },
        };
        read.map_err(TransportError::io("read", &shown))
    }

    fn distrust(&self, source: DocumentError) -> TransportError {
        TransportError::Document {
            reference: self.reference.to_string(),
            source,
        }
    }
}

fn bounded(source: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(LARGEST_DOCUMENT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST_DOCUMENT {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "larger than 4 MiB",
        ));
    }
    Ok(bytes)
}

/// Offset and size of every regular member; the first of a name counts.
fn members(file: &File) -> io::Result<BTreeMap<String, (u64, u64)>> {
    let mut members = BTreeMap::new();
    let mut archive = tar::Archive::new(file);
    for entry in archive.entries_with_seek()? {
        let entry = entry?;
        if entry.header().entry_type().is_file() {
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let name = name.strip_prefix("./").unwrap_or(&name).to_owned();
            members
                .entry(name)
                .or_insert((entry.raw_file_position(), entry.size()));
        }
    }
    Ok(members)
}
