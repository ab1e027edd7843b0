//! Ownership beside the disk, for builds without root.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};

use serde::{Deserialize, Serialize};

/// What the entries of an upper directory should be, where the disk cannot say it: with a single
/// user id nobody can give files away or make devices. An entry without a row belongs to 0:0 and
/// is otherwise what the disk shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes(BTreeMap<Box<[u8]>, Attribute>);

/// What one entry should be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Permission bits; those on disk if `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<u32>,
    /// A device for which the disk has an ordinary file as a placeholder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<Device>,
    /// Extended attributes that the disk could not take, by name; they win over those it has.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub xattrs: BTreeMap<String, Vec<u8>>,
}

/// A device number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Device {
    /// A character device: major, minor.
    Char(u32, u32),
    /// A block device: major, minor.
    Block(u32, u32),
}

/// The stored form of a row, one line of JSON.
#[derive(Serialize, Deserialize)]
struct Row<P, A> {
    path: P,
    #[serde(flatten)]
    attribute: A,
}

/// Names are bytes, and nearly all of them are text.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Name<T, B> {
    Text(T),
    Bytes(B),
}

impl Attributes {
    /// No rows: everything belongs to 0:0.
    pub fn new() -> Self {
        Self::default()
    }

    /// The row of `path` (relative, as [`super::Entry::path`]).
    pub fn get(&self, path: &[u8]) -> Option<&Attribute> {
        self.0.get(path)
    }

    /// The row of `path`, made if it is missing.
    pub fn entry(&mut self, path: &[u8]) -> &mut Attribute {
        self.0.entry(path.into()).or_default()
    }

    /// Sets the row of `path`.
    pub fn insert(&mut self, path: &[u8], attribute: Attribute) {
        self.0.insert(path.into(), attribute);
    }

    /// Removes the row of `path`.
    pub fn remove(&mut self, path: &[u8]) -> Option<Attribute> {
        self.0.remove(path)
    }

    /// All rows, sorted by path.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &Attribute)> {
        self.0.iter().map(|(path, attribute)| (&**path, attribute))
    }

    /// Writes all rows, a line each.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn write(&self, to: &mut impl Write) -> io::Result<()> {
        for (path, attribute) in self.iter() {
            let path = match std::str::from_utf8(path) {
                Ok(text) => Name::Text(text),
                Err(_) => Name::Bytes(path),
            };
            serde_json::to_writer(&mut *to, &Row { path, attribute })?;
            to.write_all(b"\n")?;
        }
        Ok(())
    }

    /// Reads rows that were written by [`Attributes::write`].
    ///
    /// # Errors
    /// When they cannot be read, or are none.
    pub fn read(from: impl BufRead) -> io::Result<Self> {
        let mut rows = BTreeMap::new();
        for line in from.lines() {
            let row: Row<Name<String, Vec<u8>>, Attribute> = serde_json::from_str(&line?)?;
            let path = match row.path {
                Name::Text(text) => text.into_bytes(),
                Name::Bytes(bytes) => bytes,
            };
            rows.insert(path.into(), row.attribute);
        }
        Ok(Self(rows))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_survive_being_written() {
        let mut attributes = Attributes::new();
        attributes.entry(b"caf\xff").uid = 1000;
        attributes.entry(b"dev/null").device = Some(Device::Char(1, 3));
        attributes.entry(b"new\nline").mode = Some(0o4755);
        let mut text = Vec::new();
        attributes.write(&mut text).unwrap();
        assert_eq!(Attributes::read(&*text).unwrap(), attributes);
        assert!(Attributes::read(&text[..text.len() - 9]).is_err());
    }
}
