//! Digests of whole roots.

use std::collections::HashMap;
use std::io;

use crate::digest::{Digest, Hasher, HashingWriter};

use super::entry::{Entry, Kind};
use super::failure::TreeError;
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
        for entry in &self.entries {
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
                _ => add(&mut hasher, entry)?,
            }
        }
        Ok(hasher.finish())
    }
}

fn add(hasher: &mut Hasher, entry: &Entry) -> Result<(), TreeError> {
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
        Kind::File { content, .. } => {
            hasher.field(b"file");
            if let Some(mut file) = entry.open()? {
                let mut hashing = HashingWriter::new(io::sink());
                let copied = io::copy(&mut file, &mut hashing);
                copied.map_err(|error| content.upper.failed("read", &entry.path, error))?;
                entry.check_unchanged(&file)?;
                let (_, digest, _) = hashing.finish();
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
    Ok(())
}
