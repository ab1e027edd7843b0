//! An image layout in a folder.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::digest::Digest;
use crate::image::{Document, Image, media_type};

use super::TransportError;

const VERSION: &str = "1.0.0";
/// Annotation of a descriptor in `index.json` that names the image (image-spec, annotations.md).
const REF_NAME: &str = "org.opencontainers.image.ref.name";
/// Names of files that are still being written begin with it.
const TEMPORARY: &str = ".onelayer-";

/// An image layout that images are written into.
#[derive(Debug)]
pub struct Layout {
    directory: PathBuf,
}

impl Layout {
    /// Opens the layout in `directory`, or begins one in a new or empty folder.
    ///
    /// # Errors
    /// When the folder holds something else, or cannot be written.
    pub fn open(directory: &Path) -> Result<Self, TransportError> {
        let layout = Self {
            directory: directory.to_owned(),
        };
        fs::create_dir_all(directory).map_err(TransportError::io("make", directory))?;
        let _lock = layout.lock()?;
        let marker = directory.join("oci-layout");
        match fs::read(&marker) {
            Ok(found) => check_version(directory, &found)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let mut entries =
                    fs::read_dir(directory).map_err(TransportError::io("read", directory))?;
                if entries.next().is_some() {
                    return Err(TransportError::NotALayout {
                        path: directory.to_owned(),
                    });
                }
            }
            Err(source) => {
                return Err(TransportError::Io {
                    action: "read",
                    path: marker,
                    source,
                });
            }
        }
        let blobs = layout.blobs();
        fs::create_dir_all(&blobs).map_err(TransportError::io("make", &blobs))?;
        if !marker.exists() {
            let version = json!({ "imageLayoutVersion": VERSION });
            layout.replace("oci-layout", version.to_string().as_bytes())?;
        }
        layout.sweep()?;
        Ok(layout)
    }

    /// Where it is.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The file of a blob.
    pub fn blob_path(&self, digest: &Digest) -> PathBuf {
        self.blobs().join(digest.hex())
    }

    /// A blob to be written; it is gone again unless it is finished.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn blob(&self) -> Result<BlobWriter, TransportError> {
        let blobs = self.blobs();
        let file = temporary(&blobs).and_then(|file| {
            file.as_file().lock()?;
            Ok(file)
        });
        Ok(BlobWriter {
            file: file.map_err(TransportError::io("write into", &blobs))?,
        })
    }

    /// Puts a finished blob under its digest.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn keep(&self, blob: BlobWriter, digest: &Digest) -> Result<(), TransportError> {
        let path = self.blob_path(digest);
        let kept = blob.file.as_file().sync_all().and_then(|()| {
            blob.file.persist(&path).map_err(|error| error.error)?;
            Ok(())
        });
        kept.map_err(TransportError::io("write", &path))
    }

    /// Brings the blobs of `image` here from another layout.
    ///
    /// # Errors
    /// When a disk refuses.
    pub fn import(&self, from: &Layout, image: &Image) -> Result<(), TransportError> {
        for layer in &image.layers {
            let path = from.blob_path(&layer.digest);
            let mut source = File::open(&path).map_err(TransportError::io("read", &path))?;
            let mut blob = self.blob()?;
            // copy_file_range(2) shares the bytes where the file system can.
            io::copy(&mut source, blob.file.as_file_mut())
                .map_err(TransportError::io("copy", &path))?;
            self.keep(blob, &layer.digest)?;
        }
        Ok(())
    }

    /// Writes the documents of `image`, whose layers are here, and names it by `tags`. Other tags
    /// stay as they are.
    ///
    /// # Errors
    /// When the disk refuses; the old tags are then still there.
    pub fn tag(&self, image: &Image, tags: &[String]) -> Result<(), TransportError> {
        for document in [&image.config, &image.manifest] {
            self.keep_document(document)?;
        }
        let _lock = self.lock()?;
        let mut manifests = self.manifests()?;
        manifests.retain(|found| {
            let name = found["annotations"][REF_NAME].as_str();
            !name.is_some_and(|name| tags.iter().any(|tag| tag == name))
        });
        manifests.extend(tags.iter().map(|tag| {
            json!({
                "mediaType": media_type::MANIFEST,
                "digest": image.manifest.digest,
                "size": image.manifest.bytes.len(),
                "annotations": { REF_NAME: tag },
            })
        }));
        manifests
            .sort_by_cached_key(|found| found["annotations"][REF_NAME].as_str().map(str::to_owned));
        let mut index = json!({
            "schemaVersion": 2,
            "mediaType": media_type::INDEX,
            "manifests": manifests,
        });
        index.sort_all_objects();
        self.replace("index.json", index.to_string().as_bytes())
    }

    fn keep_document(&self, document: &Document) -> Result<(), TransportError> {
        let mut blob = self.blob()?;
        let path = self.blob_path(&document.digest);
        blob.write_all(&document.bytes)
            .map_err(TransportError::io("write", &path))?;
        self.keep(blob, &document.digest)
    }

    /// The descriptors of `index.json`, with whatever others wrote into them.
    fn manifests(&self) -> Result<Vec<Value>, TransportError> {
        let path = self.directory.join("index.json");
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => {
                return Err(TransportError::Io {
                    action: "read",
                    path,
                    source,
                });
            }
        };
        let mut index: Value = serde_json::from_slice(&bytes)
            .map_err(|error| TransportError::io("read", &path)(error.into()))?;
        match index["manifests"].take() {
            Value::Array(manifests) => Ok(manifests),
            _ => Ok(Vec::new()),
        }
    }

    /// Held while `index.json` changes, so that two writers do not lose a tag.
    fn lock(&self) -> Result<File, TransportError> {
        let lock = File::open(&self.directory).and_then(|directory| {
            directory.lock()?;
            Ok(directory)
        });
        lock.map_err(TransportError::io("lock", &self.directory))
    }

    /// Replaces a file by one rename, durable before and after.
    fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), TransportError> {
        let path = self.directory.join(name);
        let replace = || {
            let mut file = temporary(&self.directory)?;
            file.write_all(bytes)?;
            file.as_file().sync_all()?;
            file.persist(&path).map_err(|error| error.error)?;
            File::open(self.blobs())?.sync_all()?;
            File::open(&self.directory)?.sync_all()
        };
        replace().map_err(TransportError::io("write", &path))
    }

    /// Removes what killed writers left: temporary files that nobody holds locked.
    fn sweep(&self) -> Result<(), TransportError> {
        for folder in [self.directory.clone(), self.blobs()] {
            let failed = TransportError::io("read", &folder);
            let entries: io::Result<Vec<_>> = fs::read_dir(&folder).and_then(Iterator::collect);
            for entry in entries.map_err(failed)? {
                let temporary = entry.file_name().to_string_lossy().starts_with(TEMPORARY);
                if temporary && File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok()) {
                    let path = entry.path();
                    fs::remove_file(&path).map_err(TransportError::io("remove", &path))?;
                }
            }
        }
        Ok(())
    }

    fn blobs(&self) -> PathBuf {
        self.directory.join("blobs/sha256")
    }
}

/// A file with a temporary name and the mode of an ordinary one.
fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    use std::os::unix::fs::PermissionsExt;
    let file = tempfile::Builder::new()
        .prefix(TEMPORARY)
        .tempfile_in(folder)?;
    file.as_file()
        .set_permissions(fs::Permissions::from_mode(0o644))?;
    Ok(file)
}

pub(super) fn check_version(path: &Path, marker: &[u8]) -> Result<(), TransportError> {
    let found: Value = serde_json::from_slice(marker).unwrap_or_default();
    let version = found["imageLayoutVersion"].as_str().unwrap_or_default();
    if version == VERSION {
        return Ok(());
    }
    Err(TransportError::LayoutVersion {
        path: path.to_owned(),
        version: version.to_owned(),
    })
}

/// A blob that is being written.
#[derive(Debug)]
pub struct BlobWriter {
    file: NamedTempFile,
}

impl Write for BlobWriter {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.file.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
