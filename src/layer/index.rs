//! The segments of layers that were written before.
//!
//! A file of fixed-size records behind a line that names their form, and before the SHA-256 of all
//! that. Records say what the two running digests were behind a segment, so that a layer which
//! begins with the same segments can go on from there.

use std::collections::{HashMap, HashSet};

use crate::digest::{Digest, Hasher, STATE};

/// Names the form: also that of the digests' states, which `sha2` keeps in all versions 0.11.
const HEADER: &[u8; 32] = b"onelayer index 1, sha2 0.11     ";

const NAMES: usize = 3 * 32;
const RECORD: usize = NAMES + 2 * 8 + 2 * STATE;
const CHECKSUM: usize = 32;

/// Most records of other layers, besides as many again as this one has.
const OTHERS: usize = 1024;

/// A segment, where it stands.
#[derive(Debug, Clone)]
pub(super) struct Record {
    /// Key of all segments up to this one.
    pub(super) chain: Digest,
    /// Its own key.
    pub(super) key: Digest,
    /// Name of its part of the blob.
    pub(super) name: Digest,
    /// Bytes of the tar up to its end.
    pub(super) archived: u64,
    /// Bytes of its part of the blob.
    pub(super) length: u64,
    /// Of the tar up to its end.
    pub(super) diff_id: Hasher,
    /// Of the blob up to its end.
    pub(super) digest: Hasher,
}

/// Records of several layers that begin alike.
#[derive(Default)]
pub(super) struct Index {
    records: Vec<Record>,
    by_chain: HashMap<Digest, usize>,
    by_key: HashMap<Digest, usize>,
}

/// Whether these bytes, as `Kept` has them, are a list of segments as it was kept.
pub fn is_index(kept: &[u8]) -> bool {
    Index::records(kept).is_some()
}

impl Index {
    /// Reads what [`Index::write`] gave; an empty one if anything in it is damaged.
    pub(super) fn read(bytes: &[u8]) -> Self {
        Self::of(Self::records(bytes).unwrap_or_default())
    }

    fn of(records: Vec<Record>) -> Self {
        let numbered = || records.iter().enumerate();
        Self {
            by_chain: numbered().map(|(at, record)| (record.chain, at)).collect(),
            by_key: numbered().map(|(at, record)| (record.key, at)).collect(),
            records,
        }
    }

    fn records(bytes: &[u8]) -> Option<Vec<Record>> {
        let (body, checksum) = bytes.split_last_chunk::<CHECKSUM>()?;
        if Digest::of(body).bytes() != *checksum {
            return None;
        }
        let records = body.strip_prefix(HEADER)?.chunks_exact(RECORD);
        if !records.remainder().is_empty() {
            return None;
        }
        records.map(record).collect()
    }

    /// The record of the segment that ends here, in a layer that began like this.
    pub(super) fn at(&self, chain: &Digest) -> Option<&Record> {
        self.by_chain.get(chain).map(|at| &self.records[*at])
    }

    /// The name of a segment with this key, wherever it stands.
    pub(super) fn name(&self, key: &Digest) -> Option<Digest> {
        self.by_key.get(key).map(|at| self.records[*at].name)
    }

    /// `records` first, then the ones that were known before, as many as may stay.
    pub(super) fn write(&self, records: &[Record]) -> Vec<u8> {
        let new: HashSet<Digest> = records.iter().map(|record| record.chain).collect();
        let others = (self.records.iter()).filter(|record| !new.contains(&record.chain));
        let others = others.take(records.len() + OTHERS);
        let mut bytes = HEADER.to_vec();
        for record in records.iter().chain(others) {
            for name in [&record.chain, &record.key, &record.name] {
                bytes.extend_from_slice(&name.bytes());
            }
            bytes.extend_from_slice(&record.archived.to_le_bytes());
            bytes.extend_from_slice(&record.length.to_le_bytes());
            bytes.extend_from_slice(&record.diff_id.state());
            bytes.extend_from_slice(&record.digest.state());
        }
        let checksum = Digest::of(&bytes);
        bytes.extend_from_slice(&checksum.bytes());
        bytes
    }
}

fn record(bytes: &[u8]) -> Option<Record> {
    let (names, bytes) = bytes.split_first_chunk::<NAMES>()?;
    let name = |at: usize| {
        let name = names[32 * at..32 * (at + 1)].try_into().ok()?;
        Some(Digest::from_bytes(name))
    };
    let (archived, bytes) = bytes.split_first_chunk::<8>()?;
    let (length, bytes) = bytes.split_first_chunk::<8>()?;
    let (diff_id, bytes) = bytes.split_first_chunk::<STATE>()?;
    let (digest, _) = bytes.split_first_chunk::<STATE>()?;
    Some(Record {
        chain: name(0)?,
        key: name(1)?,
        name: name(2)?,
        archived: u64::from_le_bytes(*archived),
        length: u64::from_le_bytes(*length),
        diff_id: Hasher::resume(diff_id)?,
        digest: Hasher::resume(digest)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(number: u8) -> Record {
        let mut hasher = Hasher::new();
        hasher.update(&[number; 70]);
        Record {
            chain: Digest::of([number]),
            key: Digest::of([number, 1]),
            name: Digest::of([number, 2]),
            archived: 70,
            length: 7,
            diff_id: hasher.clone(),
            digest: hasher,
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let old = Index::of(vec![example(1), example(2)]);
        let read = Index::read(&old.write(&[example(2), example(3)]));
        for number in 1..=3 {
            let record = read.at(&Digest::of([number])).unwrap();
            assert_eq!((record.archived, record.length), (70, 7));
            assert_eq!(record.diff_id.clone().finish(), Digest::of([number; 70]));
            assert_eq!(
                read.name(&Digest::of([number, 1])),
                Some(Digest::of([number, 2]))
            );
        }
        assert_eq!(read.records.len(), 3);
    }

    #[test]
    fn every_damage_is_found() {
        let bytes = Index::default().write(&[example(1), example(2)]);
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x10;
            assert!(Index::read(&damaged).records.is_empty(), "{at}");
            assert!(Index::read(&bytes[..at]).records.is_empty(), "{at}");
        }
    }

    #[test]
    fn layers_of_long_ago_are_forgotten() {
        let mut bytes = Vec::new();
        for number in 0..20u8 {
            let records: Vec<Record> = (0..100u8)
                .map(|segment| Record {
                    chain: Digest::of([number, segment]),
                    ..example(segment)
                })
                .collect();
            bytes = Index::read(&bytes).write(&records);
        }
        let index = Index::read(&bytes);
        assert_eq!(index.records.len(), 100 + 100 + OTHERS);
        assert!(index.at(&Digest::of([19, 0])).is_some());
        assert!(index.at(&Digest::of([0, 0])).is_none());
    }
}
