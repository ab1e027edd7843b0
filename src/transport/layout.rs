//! Writing into an image layout: a directory of blobs and a list of tags.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::digest::Digest;
use crate::image::Release;

use super::blob::{BlobWriter, Blobs, Finished, Place};
use super::destination::Destination;
use super::failure::TransportError;
use super::index::TagIndex;
use super::reference::Tag;
use super::source::read_layout_file;
use super::staging::Staging;
use super::watch::Watch;
use super::{BLOBS, INDEX_FILE, LARGEST_DOCUMENT, LAYOUT_FILE, LAYOUT_MARK};

/// A layout that takes one image.
///
/// Other tags of an existing layout stay. Blobs come first and the list of tags last, each by
/// rename: whoever reads at any time, or after a crash, finds the old image or the new one.
pub(super) struct LayoutWriter {
    staging: Staging,
    tag: Option<Tag>,
    made: bool,
}

impl LayoutWriter {
    /// Makes `directory`, or makes sure that it is a layout or empty.
    pub(super) fn open(directory: &Path, tag: Option<Tag>) -> Result<Self, TransportError> {
        let made = !directory.exists();
        fs::create_dir_all(directory).map_err(TransportError::io("create", directory))?;
        let staging = Staging::open(directory, ".onelayer-".to_owned())?;
        let writer = Self { staging, tag, made };
        writer.check_is_layout()?;
        Ok(writer)
    }

    /// The list is read and written under one lock, so that no other writer's tag is lost.
    fn set_tag(&self, release: &Release) -> Result<(), TransportError> {
        let path = self.path(INDEX_FILE);
        let damaged = |source| TransportError::Index {
            path: path.clone(),
            source,
        };
        // Made before the lock is taken, since making it takes the lock as well.
        let mut file = self.staging.file()?;
        let _lock = self.staging.lock()?;
        let mut index = match self.read(INDEX_FILE, "index")? {
            Some(bytes) => TagIndex::parse(&bytes).map_err(damaged)?,
            None => TagIndex::new(),
        };
        index.set(self.tag.as_ref(), release.document());
        let bytes = index.to_bytes().map_err(damaged)?;
        io::Write::write_all(&mut file, &bytes).map_err(TransportError::io("write", &path))?;
        self.staging.publish(file, &path)
    }

    fn publish_blob(
        &self,
        file: tempfile::NamedTempFile,
        path: &Path,
    ) -> Result<(), TransportError> {
        let mut directory = self.staging.directory().to_owned();
        for part in Path::new(BLOBS) {
            directory.push(part);
            match fs::create_dir(&directory) {
                Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                    return Err(TransportError::io("create", directory)(error));
                }
                _ => {}
            }
            let found = fs::symlink_metadata(&directory)
                .map_err(TransportError::io("look at", &directory))?;
            if !found.is_dir() {
                return Err(TransportError::Kind {
                    path: directory,
                    expected: "a directory",
                });
            }
        }
        self.staging.publish(file, path)
    }

    fn check_is_layout(&self) -> Result<(), TransportError> {
        let directory = self.staging.directory();
        let not_a_layout = || TransportError::NotALayout {
            path: directory.to_owned(),
        };
        if let Some(mark) = self.read(LAYOUT_FILE, "layout mark")? {
            let mark: serde_json::Value =
                serde_json::from_slice(&mark).map_err(|source| TransportError::Index {
                    path: self.path(LAYOUT_FILE),
                    source,
                })?;
            return match is_known(&mark) {
                true => Ok(()),
                false => Err(not_a_layout()),
            };
        }
        // A writer that was killed early leaves blobs without a mark.
        let failed = || TransportError::io("list", directory);
        for found in fs::read_dir(directory).map_err(failed())? {
            let name = found.map_err(failed())?.file_name();
            if name != "blobs" && !self.staging.owns(&name) {
                return Err(not_a_layout());
            }
        }
        Ok(())
    }

    fn read(&self, name: &str, what: &'static str) -> Result<Option<Vec<u8>>, TransportError> {
        let directory = self.staging.directory();
        let Some(file) = read_layout_file(directory, name)? else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        file.take(LARGEST_DOCUMENT + 1)
            .read_to_end(&mut bytes)
            .map_err(TransportError::io("read", self.path(name)))?;
        if bytes.len() as u64 > LARGEST_DOCUMENT {
            return Err(TransportError::TooLarge {
                path: directory.to_owned(),
                what,
                limit: LARGEST_DOCUMENT,
            });
        }
        Ok(Some(bytes))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.staging.directory().join(name)
    }

    fn blob_path(&self, digest: &Digest) -> PathBuf {
        self.path(BLOBS).join(digest.hex())
    }
}

/// Whether the mark of a layout names the version that there is.
pub(super) fn is_known(mark: &serde_json::Value) -> bool {
    let version = mark["imageLayoutVersion"].as_str();
    version.is_some_and(|version| version.starts_with("1."))
}

impl Destination for LayoutWriter {
    fn streams(&self) -> bool {
        true
    }

    fn blob(&mut self) -> Result<BlobWriter, TransportError> {
        Ok(BlobWriter(Place::Whole(self.staging.file()?)))
    }

    /// Gives a written blob its name.
    fn finish(&mut self, place: Place, digest: &Digest) -> Result<Finished, TransportError> {
        let Place::Whole(mut blob) = place else {
            return Err(TransportError::ForeignBlob);
        };
        let path = self.blob_path(digest);
        let size = blob
            .seek(SeekFrom::End(0))
            .map_err(TransportError::io("write", &path))?;
        self.publish_blob(blob, &path)?;
        Ok(Finished {
            file: File::open(&path).map_err(TransportError::io("open", &path))?,
            offset: 0,
            size,
            origin: None,
            expected: None,
        })
    }

    /// Copies a blob that another output has, sharing its blocks where the file system can.
    fn copy(&mut self, digest: &Digest, from: &Finished) -> Result<(), TransportError> {
        let path = self.blob_path(digest);
        let mut file = self.staging.file()?;
        from.reader()
            .and_then(|mut reader| io::copy(&mut reader, file.as_file_mut()))
            .map_err(TransportError::io("write", &path))?;
        self.publish_blob(file, &path)
    }

    /// Writes the documents; nothing names them yet.
    fn prepare(
        &mut self,
        release: &Release,
        _: &Blobs,
        watch: &Watch<'_>,
    ) -> Result<(), TransportError> {
        watch.check()?;
        for document in release.documents() {
            let mut file = self.staging.file()?;
            let path = self.blob_path(&document.digest);
            io::Write::write_all(&mut file, &document.bytes)
                .map_err(TransportError::io("write", &path))?;
            self.publish_blob(file, &path)?;
        }
        Ok(())
    }

    /// Lets the tag mean `image`.
    fn publish(&mut self, release: &Release, _: &Watch<'_>) -> Result<(), TransportError> {
        let mark = self.path(LAYOUT_FILE);
        if !mark.exists() {
            self.staging.write(&mark, LAYOUT_MARK.as_bytes())?;
        }
        self.set_tag(release)?;
        self.made = false;
        Ok(())
    }
}

impl Drop for LayoutWriter {
    /// A directory that was made for an image which never came is removed, if it is still empty.
    fn drop(&mut self) {
        if self.made {
            let _ = fs::remove_dir(self.staging.directory());
        }
    }
}
