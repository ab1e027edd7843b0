//! Files with holes, as tar says where their bytes belong (GNU tar manual, "Storing Sparse
//! Files"): old GNU headers and PAX forms 0.0, 0.1 and 1.0.

use ::tar::GnuSparseHeader;

use super::EntryProblem;
use super::member::Part;
use super::pax::{Records, number};

/// More parts than any file has that was not made for this.
const MOST_PARTS: usize = 100_000;

const WRONG: EntryProblem = EntryProblem::Header("a map of holes that cannot be read");

/// Holes that PAX records announce.
pub(super) struct Announced {
    /// Bytes of the file, holes included.
    pub(super) size: u64,
    /// None if the map stands before the bytes.
    pub(super) parts: Option<Vec<Part>>,
}

impl Announced {
    /// What the records say of holes, if anything.
    pub(super) fn by(records: &Records) -> Result<Option<Self>, EntryProblem> {
        let number_of = |keyword: &str| records.number(keyword);
        let parts = if records.has("GNU.sparse.major") {
            let version = (
                number_of("GNU.sparse.major")?,
                number_of("GNU.sparse.minor")?,
            );
            if version != (Some(1), Some(0)) {
                return Err(EntryProblem::Header("holes of an unknown kind"));
            }
            None
        } else if let Some(map) = records.get("GNU.sparse.map") {
            let text = std::str::from_utf8(map).map_err(|_| WRONG)?;
            let numbers: Option<Vec<u64>> = text.split(',').map(number).collect();
            Some(pairs(&numbers.ok_or(WRONG)?)?)
        } else if records.has("GNU.sparse.size") {
            // The oldest form repeats its keywords, against the standard.
            let keys = [&b"GNU.sparse.offset"[..], b"GNU.sparse.numbytes"];
            let values = records.all().filter(|(key, _)| keys.contains(key));
            let in_turn = (values.clone().map(|(key, _)| key))
                .eq(keys.into_iter().cycle().take(values.clone().count()));
            let numbers: Option<Vec<u64>> = values
                .map(|(_, value)| number(std::str::from_utf8(value).ok()?))
                .collect();
            Some(pairs(&numbers.filter(|_| in_turn).ok_or(WRONG)?)?)
        } else {
            return Ok(None);
        };
        let size = match number_of("GNU.sparse.realsize")? {
            Some(size) => Some(size),
            None => number_of("GNU.sparse.size")?,
        };
        let size = size.ok_or(WRONG)?;
        Ok(Some(Self { size, parts }))
    }
}

/// The map of form 1.0 while it is read: the number of parts, then offsets and lengths, one a line.
#[derive(Default)]
pub(super) struct Map {
    digits: String,
    numbers: Vec<u64>,
}

impl Map {
    /// Adds a block; gives the parts when they are complete.
    pub(super) fn add(&mut self, block: &[u8]) -> Result<Option<Vec<Part>>, EntryProblem> {
        for byte in block {
            match byte {
                b'0'..=b'9' if self.digits.len() < 20 => self.digits.push(char::from(*byte)),
                b'\n' => {
                    self.numbers.push(number(&self.digits).ok_or(WRONG)?);
                    self.digits.clear();
                }
                _ => return Err(WRONG),
            }
            let Some((count, rest)) = self.numbers.split_first() else {
                continue;
            };
            let count = usize::try_from(*count).unwrap_or(usize::MAX);
            if count > MOST_PARTS {
                return Err(WRONG);
            }
            if rest.len() == 2 * count {
                return pairs(rest).map(Some);
            }
        }
        Ok(None)
    }
}

fn pairs(numbers: &[u64]) -> Result<Vec<Part>, EntryProblem> {
    let (pairs, odd) = numbers.as_chunks::<2>();
    if !odd.is_empty() || pairs.len() > MOST_PARTS {
        return Err(WRONG);
    }
    let part = |[offset, length]: &[u64; 2]| Part {
        offset: *offset,
        length: *length,
    };
    Ok(pairs.iter().map(part).collect())
}

/// Adds the parts of an old header.
pub(super) fn old_parts(
    headers: &[GnuSparseHeader],
    parts: &mut Vec<Part>,
) -> Result<(), &'static str> {
    const WRONG: &str = "a map of holes that cannot be read";
    for header in headers.iter().filter(|header| !header.is_empty()) {
        let offset = header.offset().map_err(|_| WRONG)?;
        let length = header.length().map_err(|_| WRONG)?;
        parts.push(Part { offset, length });
    }
    if parts.len() > MOST_PARTS {
        return Err(WRONG);
    }
    Ok(())
}

/// The stored bytes of a file of `size` bytes; none if the parts are out of order or leave it.
pub(super) fn fits(size: u64, parts: &[Part]) -> Option<u64> {
    let mut end = 0;
    let mut stored: u64 = 0;
    for part in parts {
        if part.offset < end {
            return None;
        }
        end = part.offset.checked_add(part.length)?;
        stored = stored.checked_add(part.length)?;
    }
    (end <= size).then_some(stored)
}
