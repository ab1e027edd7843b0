//! Records of PAX extended headers (POSIX.1-2017, pax, "pax Extended Header").

use super::EntryProblem;

/// Keywords and values, in order.
#[derive(Debug, Clone, Default)]
pub(super) struct Records(Vec<(Vec<u8>, Vec<u8>)>);

impl Records {
    /// Reads `LENGTH keyword=value\n`, again and again.
    pub(super) fn parse(mut bytes: &[u8]) -> Result<Self, EntryProblem> {
        const WRONG: EntryProblem = EntryProblem::Header("a record of the wrong form");
        let mut records = Vec::new();
        while !bytes.is_empty() {
            let space = bytes.iter().position(|byte| *byte == b' ').ok_or(WRONG)?;
            let digits = std::str::from_utf8(&bytes[..space]).map_err(|_| WRONG)?;
            let length: usize = number(digits).ok_or(WRONG)?.try_into().map_err(|_| WRONG)?;
            let record = bytes.get(space + 1..length).ok_or(WRONG)?;
            let record = record.strip_suffix(b"\n").ok_or(WRONG)?;
            let equals = record.iter().position(|byte| *byte == b'=').ok_or(WRONG)?;
            records.push((record[..equals].to_vec(), record[equals + 1..].to_vec()));
            bytes = &bytes[length..];
        }
        Ok(Self(records))
    }

    /// The last value of `keyword`; an empty one takes it away.
    pub(super) fn get(&self, keyword: &str) -> Option<&[u8]> {
        let mut found = self
            .all()
            .rev()
            .filter(|(key, _)| *key == keyword.as_bytes());
        let value = found.next()?.1;
        (!value.is_empty()).then_some(value)
    }

    pub(super) fn has(&self, keyword: &str) -> bool {
        self.all().any(|(key, _)| key == keyword.as_bytes())
    }

    /// The value of `keyword` as a decimal number.
    pub(super) fn number(&self, keyword: &str) -> Result<Option<u64>, EntryProblem> {
        let Some(value) = self.get(keyword) else {
            return Ok(None);
        };
        let text = std::str::from_utf8(value).ok();
        match text.and_then(number) {
            Some(number) => Ok(Some(number)),
            None => Err(EntryProblem::Header("a record that is no number")),
        }
    }

    pub(super) fn all(&self) -> impl DoubleEndedIterator<Item = (&[u8], &[u8])> + Clone {
        let records = self.0.iter();
        records.map(|(key, value)| (key.as_slice(), value.as_slice()))
    }
}

/// Digits alone: no sign, no space.
pub(super) fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_count_their_own_length() {
        let records = Records::parse(b"10 path=a\n12 path=b=\n\n9 size=7\n").unwrap();
        assert_eq!(records.get("path"), Some(&b"b=\n"[..]));
        assert_eq!(records.number("size").unwrap(), Some(7));
        assert_eq!(Records::parse(b"8 path=\n").unwrap().get("path"), None);
        for bad in [
            &b"8 path=a\n"[..],
            b"11 path=a\n",
            b"10 pathaa\n",
            b"-1 path=a\n",
            b"+10 path=a\n",
            b"99999999999999999999 a=b\n",
            b"0 a=b\n",
            b"2 a=b\n",
            b"path",
        ] {
            assert!(Records::parse(bad).is_err(), "{}", bad.escape_ascii());
        }
        assert!(
            Records::parse(b"9 size=-\n")
                .unwrap()
                .number("size")
                .is_err()
        );
    }
}
