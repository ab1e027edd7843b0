//! What an entry of a layer says besides its content.

use std::io;

use tar::Header;

use crate::rootfs::Owner;

use super::members::wrong;
use super::records::Records;

/// The attribute's name follows (GNU tar and Go's archive/tar).
const XATTR: &str = "SCHILY.xattr.";

/// Owner, mode, time and extended attributes.
#[derive(Debug, Clone)]
pub(super) struct Traits {
    pub(super) mode: u32,
    pub(super) owner: Owner,
    /// Seconds since 1970, and nanoseconds.
    pub(super) modified: (i64, u32),
    /// Names and values.
    pub(super) xattrs: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Traits {
    /// Those of a directory that no layer lists.
    pub(super) fn implied() -> Self {
        Self {
            mode: 0o755,
            owner: Owner::ROOT,
            modified: (0, 0),
            xattrs: Vec::new(),
        }
    }

    /// Takes them from a header and the records before it.
    pub(super) fn of(header: &Header, records: &Records) -> io::Result<Self> {
        let id = |keyword: &str, in_header: io::Result<u64>| {
            let id = match records.number(keyword)? {
                Some(id) => id,
                None => in_header?,
            };
            u32::try_from(id).map_err(|_| wrong("an owner above 4294967295"))
        };
        let modified = match records.get("mtime") {
            Some(text) => std::str::from_utf8(text)
                .ok()
                .and_then(time)
                .ok_or_else(|| wrong("an `mtime` that is no time"))?,
            // A time before 1970 in a header is a large number in two's complement.
            None => (header.mtime()?.cast_signed(), 0),
        };
        Ok(Self {
            mode: header.mode()? & 0o7777,
            owner: Owner {
                uid: id("uid", header.uid())?,
                gid: id("gid", header.gid())?,
            },
            modified,
            xattrs: records
                .after(XATTR)
                .map(|(name, value)| (name.to_vec(), value.to_vec()))
                .collect(),
        })
    }
}

/// `-1.5` is half a second before the second before 1970.
fn time(text: &str) -> Option<(i64, u32)> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_negative = seconds.starts_with('-');
    let seconds: i64 = seconds.parse().ok()?;
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits: String = fraction
        .chars()
        .chain("000000000".chars())
        .take(9)
        .collect();
    let nanoseconds: u32 = digits.parse().ok()?;
    match is_negative && nanoseconds > 0 {
        true => Some((seconds.checked_sub(1)?, 1_000_000_000 - nanoseconds)),
        false => Some((seconds, nanoseconds)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_fractions_and_signs() {
        for (text, expected) in [
            ("0", Some((0, 0))),
            ("17.25", Some((17, 250_000_000))),
            ("1.1234567899", Some((1, 123_456_789))),
            ("-1.5", Some((-2, 500_000_000))),
            ("-0.5", Some((-1, 500_000_000))),
            ("-3", Some((-3, 0))),
            ("x", None),
            ("1.-5", None),
        ] {
            assert_eq!(time(text), expected, "{text}");
        }
    }
}
