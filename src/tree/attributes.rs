//! Ownership beside the disk, for builds without root.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What the entries of an upper directory should be, where the disk cannot say it: with a single
/// user id nobody can give files away or make devices. An entry without a row belongs to 0:0 and
/// is otherwise what the disk shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Vec<Row>", from = "Vec<Row>")]
pub struct Attributes(BTreeMap<Vec<u8>, Attribute>);

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

/// The stored form: paths are bytes, which a JSON key cannot hold.
#[derive(Serialize, Deserialize)]
struct Row {
    path: Vec<u8>,
    #[serde(flatten)]
    attribute: Attribute,
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
        self.0.entry(path.to_vec()).or_default()
    }

    /// Sets the row of `path`.
    pub fn insert(&mut self, path: &[u8], attribute: Attribute) {
        self.0.insert(path.to_vec(), attribute);
    }

    /// Removes the row of `path`.
    pub fn remove(&mut self, path: &[u8]) -> Option<Attribute> {
        self.0.remove(path)
    }

    /// All rows, sorted by path.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &Attribute)> {
        self.0
            .iter()
            .map(|(path, attribute)| (path.as_slice(), attribute))
    }
}

impl From<Vec<Row>> for Attributes {
    fn from(rows: Vec<Row>) -> Self {
        Self(
            rows.into_iter()
                .map(|row| (row.path, row.attribute))
                .collect(),
        )
    }
}

impl From<Attributes> for Vec<Row> {
    fn from(attributes: Attributes) -> Self {
        let rows = attributes.0.into_iter();
        rows.map(|(path, attribute)| Row { path, attribute })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_survive_json() {
        let mut attributes = Attributes::new();
        attributes.entry(b"caf\xff").uid = 1000;
        attributes.entry(b"dev/null").device = Some(Device::Char(1, 3));
        let text = serde_json::to_string(&attributes).unwrap();
        assert_eq!(
            serde_json::from_str::<Attributes>(&text).unwrap(),
            attributes
        );
    }
}
