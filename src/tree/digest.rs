//! Digests of whole roots.

use std::collections::HashMap;
use std::io;

use rayon::prelude::*;

use crate::digest::{Digest, Hasher, HashingWriter};

use super::entry::{Entry, Kind};
use super::failure::TreeError;
use super::pool::pool;
use super::walk::Changes;

impl Changes {
    /// The digest of all that is listed: names, kinds, modes, owners, attributes, contents and which
    /// names are of one file, and no times. Every file is read.
    ///
    /// # Errors
    /// When a file cannot be read, or changed since it was listed.
    pub fn digest(&self) -> Result<Digest, TreeError> {
        let mut hasher = Hasher::new();
        let mut first_names = HashMap::new();
        let together = || self.entries.par_iter().map(content).collect();
        let contents: Result<Vec<_>, _> = match pool() {
            Some(pool) => pool.install(together),
            None => self.entries.iter().map(content).collect(),
        };
        for (entry, content) in self.entries.iter().zip(contents?) {
            let identity = match &entry.kind {
                Kind::File { content, .. } => content.link_identity(),
                _ => None,
            };
            match identity.map(|id| *first_names.entry(id).or_insert(&entry.path)) {
                Some(first) if *first != entry.path => {
                    hasher.field(&entry.path);
                    hasher.field(b"hard link");
                    hasher.field(first);
                }
                _ => add(&mut hasher, entry, content),
            }
        }
        Ok(hasher.finish())
    }

    /// The digest of everything that a change set does to a root: what [`Self::digest`] covers, what
    /// is gone, and the times of all but folders. Every file is read.
    ///
    /// # Errors
    /// As [`Self::digest`].
    pub fn content_digest(&self) -> Result<Digest, TreeError> {
        let mut hasher = Hasher::new();
        hasher.field(self.digest()?.hex().as_bytes());
        for gone in [&self.removed, &self.opaque, &self.skipped] {
            hasher.field(&(gone.len() as u64).to_le_bytes());
            gone.iter().for_each(|path| hasher.field(path));
        }
        for entry in self.entries.iter().filter(|entry| !entry.is_directory()) {
            hasher.field(&entry.mtime.to_le_bytes());
        }
        Ok(hasher.finish())
    }

    /// Bytes of all files, each counted once whatever its names.
    pub fn size(&self) -> u64 {
        let mut seen = std::collections::HashSet::new();
        let sizes = self.entries.iter().map(|entry| match &entry.kind {
            Kind::File { size, content } => match content.link_identity() {
                Some(identity) if !seen.insert(identity) => 0,
                _ => *size,
            },
            _ => 0,
        });
        sizes.sum()
    }
}

/// The digest of a file's bytes; none of what is no file.
fn content(entry: &Entry) -> Result<Option<Digest>, TreeError> {
    let Kind::File { content, .. } = &entry.kind else {
        return Ok(None);
    };
    let Some(mut file) = entry.open()? else {
        return Ok(None);
    };
    let mut hashing = HashingWriter::new(io::sink());
    let copied = io::copy(&mut file, &mut hashing);
    copied.map_err(|error| content.upper.failed("read", &entry.path, error))?;
    entry.check_unchanged(&file)?;
    Ok(Some(hashing.finish().1))
}

fn add(hasher: &mut Hasher, entry: &Entry, content: Option<Digest>) {
    hasher.field(&entry.path);
    for number in [entry.mode, entry.uid, entry.gid] {
        hasher.field(&number.to_le_bytes());
    }
    for xattr in entry.xattrs() {
        hasher.field(&xattr.name);
        hasher.field(&xattr.value);
    }
    let device = |hasher: &mut Hasher, kind: &[u8], major: u32, minor: u32| {
        hasher.field(kind);
        hasher.field(&major.to_le_bytes());
        hasher.field(&minor.to_le_bytes());
    };
    match &entry.kind {
        Kind::File { .. } => {
            hasher.field(b"file");
            if let Some(digest) = content {
                hasher.field(digest.hex().as_bytes());
            }
        }
        Kind::Directory => hasher.field(b"directory"),
        Kind::Symlink { target } => {
            hasher.field(b"link");
            hasher.field(target);
        }
        Kind::CharDevice { major, minor } => device(hasher, b"character device", *major, *minor),
        Kind::BlockDevice { major, minor } => device(hasher, b"block device", *major, *minor),
        Kind::Fifo => hasher.field(b"pipe"),
        Kind::Whiteout => hasher.field(b"whiteout"),
    }
}
