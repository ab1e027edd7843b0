//! Writing an image layout as one tar.

use std::fs;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use tar::{EntryType, Header};
use tempfile::NamedTempFile;

use crate::digest::Digest;
use crate::image::Image;

use super::blob::{BlobWriter, Finished, Place};
use super::failure::TransportError;
use super::index::TagIndex;
use super::reference::Tag;
use super::staging::Staging;
use super::{BLOBS, INDEX_FILE, LAYOUT_FILE, LAYOUT_MARK};

const BLOCK: u64 = 512;

/// An archive that takes one image and appears under its name when it is complete.
///
/// The layer is written straight into the archive: its header is filled in afterwards, when size
/// and digest are known. Equal images give equal archives.
pub(super) struct ArchiveWriter {
    staging: Staging,
    file: NamedTempFile,
    path: PathBuf,
    tag: Option<Tag>,
}

impl ArchiveWriter {
    /// Begins the archive that will be at `path`.
    pub(super) fn open(path: &Path, tag: Option<Tag>) -> Result<Self, TransportError> {
        match fs::symlink_metadata(path) {
            Ok(found) if !found.is_file() => {
                return Err(TransportError::Kind {
                    path: path.to_owned(),
                    expected: "a regular file, so it is not replaced",
                });
            }
            _ => {}
        }
        let name = path.file_name().ok_or_else(|| TransportError::Kind {
            path: path.to_owned(),
            expected: "the name of a file",
        })?;
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        fs::create_dir_all(directory).map_err(TransportError::io("create", directory))?;
        let prefix = format!(".{}.onelayer-", Digest::of(name.as_encoded_bytes()).hex());
        let staging = Staging::open(directory, prefix)?;
        let mut writer = Self {
            file: staging.file()?,
            staging,
            path: path.to_owned(),
            tag,
        };
        writer.member(LAYOUT_FILE, LAYOUT_MARK.as_bytes())?;
        let mut name = String::new();
        for part in BLOBS.split('/') {
            name.push_str(part);
            name.push('/');
            let header = header(&name, EntryType::Directory, 0);
            writer.append(header.as_bytes())?;
        }
        Ok(writer)
    }

    /// Starts a member whose name and size are not known yet.
    pub(super) fn blob(&mut self) -> Result<BlobWriter, TransportError> {
        let failed = TransportError::io("write", &self.path);
        let file = self.file.as_file_mut();
        let mut start = || -> io::Result<Place> {
            let header = file.seek(SeekFrom::End(0))?;
            file.write_all(&[0; BLOCK as usize])?;
            Ok(Place::Member {
                archive: file.try_clone()?,
                header,
            })
        };
        start().map(BlobWriter).map_err(failed)
    }

    /// Fills in the header at `header` of the member that ends the file.
    pub(super) fn finish(
        &mut self,
        header_at: u64,
        digest: &Digest,
    ) -> Result<Finished, TransportError> {
        let offset = header_at + BLOCK;
        let mut file = self.file.as_file();
        let mut fill_in = || -> io::Result<u64> {
            let end = file.seek(SeekFrom::End(0))?;
            let size = end - offset;
            let padding = end.next_multiple_of(BLOCK) - end;
            file.write_all(&[0; BLOCK as usize][..padding as usize])?;
            file.seek(SeekFrom::Start(header_at))?;
            file.write_all(header(&blob_name(digest), EntryType::Regular, size).as_bytes())?;
            file.seek(SeekFrom::End(0))?;
            Ok(size)
        };
        let size = fill_in().map_err(TransportError::io("write", &self.path))?;
        Ok(Finished {
            file: self
                .file
                .reopen()
                .map_err(TransportError::io("open", &self.path))?,
            offset,
            size,
        })
    }

    /// Copies a blob that another output has.
    pub(super) fn copy(
        &mut self,
        digest: &Digest,
        from: &mut Finished,
    ) -> Result<(), TransportError> {
        let name = blob_name(digest);
        let head = header(&name, EntryType::Regular, from.size);
        self.append(head.as_bytes())?;
        from.file
            .seek(SeekFrom::Start(from.offset))
            .and_then(|_| io::copy(&mut (&from.file).take(from.size), self.file.as_file_mut()))
            .map_err(TransportError::io("write", &self.path))?;
        self.pad(from.size)
    }

    /// Writes the documents, ends the archive and gives it its name.
    pub(super) fn commit(mut self, image: &Image) -> Result<(), TransportError> {
        for document in [&image.config, &image.manifest] {
            self.member(&blob_name(&document.digest), &document.bytes)?;
        }
        let mut index = TagIndex::new();
        index.set(self.tag.as_ref(), image);
        let bytes = index.to_bytes().map_err(|source| TransportError::Index {
            path: self.path.clone(),
            source,
        })?;
        self.member(INDEX_FILE, &bytes)?;
        self.append(&[0; 2 * BLOCK as usize])?;
        self.staging.publish(self.file, &self.path)
    }

    fn member(&mut self, name: &str, bytes: &[u8]) -> Result<(), TransportError> {
        let size = bytes.len() as u64;
        self.append(header(name, EntryType::Regular, size).as_bytes())?;
        self.append(bytes)?;
        self.pad(size)
    }

    fn pad(&mut self, size: u64) -> Result<(), TransportError> {
        let padding = size.next_multiple_of(BLOCK) - size;
        self.append(&[0; BLOCK as usize][..padding as usize])
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), TransportError> {
        self.file
            .write_all(bytes)
            .map_err(TransportError::io("write", &self.path))
    }
}

fn blob_name(digest: &Digest) -> String {
    format!("{BLOBS}/{}", digest.hex())
}

fn header(name: &str, kind: EntryType, size: u64) -> Header {
    let mut header = Header::new_ustar();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(if kind.is_dir() { 0o755 } else { 0o644 });
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(size);
    header.set_cksum();
    header
}
