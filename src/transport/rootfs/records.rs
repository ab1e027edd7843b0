//! Records of PAX extended headers (POSIX.1-2017, pax, "pax Extended Header").

use std::io;

use super::members::wrong;

/// Keywords and values, in order.
#[derive(Debug, Default)]
pub(super) struct Records(Vec<(Vec<u8>, Vec<u8>)>);

impl Records {
    /// Reads `LENGTH keyword=value\n`, again and again, by length alone.
    pub(super) fn parse(mut bytes: &[u8]) -> io::Result<Self> {
        let mut records = Vec::new();
        while !bytes.is_empty() {
            let (record, rest) =
                split(bytes).ok_or_else(|| wrong("a PAX record of the wrong form"))?;
            records.push(record);
            bytes = rest;
        }
        Ok(Self(records))
    }

    /// The last value of `keyword`; an empty one takes it away.
    pub(super) fn get(&self, keyword: &str) -> Option<&[u8]> {
        let mut records = self.0.iter().rev();
        let (_, value) = records.find(|(key, _)| key == keyword.as_bytes())?;
        (!value.is_empty()).then_some(value)
    }

    /// The value of `keyword` as a decimal number.
    pub(super) fn number(&self, keyword: &str) -> io::Result<Option<u64>> {
        let Some(value) = self.get(keyword) else {
            return Ok(None);
        };
        match number(value) {
            Some(number) => Ok(Some(number)),
            None => Err(wrong("a PAX record that is no number")),
        }
    }

    pub(super) fn has_prefix(&self, prefix: &str) -> bool {
        self.after(prefix).next().is_some()
    }

    /// What follows `prefix` in a keyword, and the value, for all such records.
    pub(super) fn after<'a>(&'a self, prefix: &str) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        self.0.iter().filter_map(move |(key, value)| {
            let rest = key.strip_prefix(prefix.as_bytes())?;
            Some((rest, value.as_slice()))
        })
    }
}

type Record = (Vec<u8>, Vec<u8>);

fn split(bytes: &[u8]) -> Option<(Record, &[u8])> {
    let space = bytes.iter().position(|byte| *byte == b' ')?;
    let length = usize::try_from(number(&bytes[..space])?).ok()?;
    let record = bytes.get(space + 1..length)?.strip_suffix(b"\n")?;
    let equals = record.iter().position(|byte| *byte == b'=')?;
    let value = record[equals + 1..].to_vec();
    Some(((record[..equals].to_vec(), value), &bytes[length..]))
}

/// Digits alone: no sign, no space.
fn number(bytes: &[u8]) -> Option<u64> {
    let is_number = !bytes.is_empty() && bytes.iter().all(u8::is_ascii_digit);
    is_number.then(|| std::str::from_utf8(bytes).ok()?.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_cut_by_their_length() {
        let records = Records::parse(b"21 a=b\n15 path=/evil\n9 size=7\n").unwrap();
        assert_eq!(records.get("a"), Some(&b"b\n15 path=/evil"[..]));
        assert_eq!(records.get("path"), None);
        assert_eq!(records.number("size").unwrap(), Some(7));
    }

    #[test]
    fn what_is_no_record_is_refused() {
        for bytes in [
            &b"7 a=b"[..],
            b"99 a=b\n",
            b"3 a=b\n",
            b"x a=b\n",
            b"-6 a=b\n",
            b"5 ab\n",
            b"0 ",
            b"18446744073709551616 a=b\n",
        ] {
            assert!(Records::parse(bytes).is_err(), "{}", bytes.escape_ascii());
        }
        let records = Records::parse(b"10 size=x\n").unwrap();
        assert!(records.number("size").is_err());
    }
}
