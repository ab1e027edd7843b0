//! Numbers of bytes.

use std::fmt;
use std::str::FromStr;

use super::scalar::{Scalar, ScalarProblem, scalar};

/// A number of bytes with its unit: `64KiB`, `200MiB`, `1GB`; without one, bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size {
    bytes: u64,
}

/// Units of IEC 80000-13 (powers of 1024) and of the SI (powers of 1000), the largest first.
const UNITS: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("TB", 1_000_000_000_000),
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("KiB", 1 << 10),
    ("kB", 1_000),
    ("B", 1),
];

impl Size {
    /// The number of bytes; never 0.
    pub fn bytes(self) -> u64 {
        self.bytes
    }
}

impl Scalar for Size {
    const WHAT: &'static str = "a size";
    const NUMBERS: bool = true;
    const PATTERN: &'static str = "^[0-9]+ ?([KMGT]iB|[kMGT]?B)?$";
    const EXAMPLES: &'static [&'static str] = &["64KiB", "200MiB", "1GB"];
}

impl FromStr for Size {
    type Err = ScalarProblem;

    fn from_str(text: &str) -> Result<Self, ScalarProblem> {
        const FORMS: &str = "write a whole number with its unit: `64KiB`, `200MiB`, `1GB`";
        let end = text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len());
        let (digits, unit) = text.split_at(end);
        let unit = unit.strip_prefix(' ').unwrap_or(unit);
        let not_a_size = |help: String| {
            ScalarProblem::new(format!("`{}` is not a size", text.escape_debug()), help)
        };
        let factor = match UNITS.iter().find(|(name, _)| *name == unit) {
            Some((_, factor)) => *factor,
            None if unit.is_empty() => 1,
            None => {
                let wanted = unit.to_lowercase();
                let meant = UNITS.iter().find(|(name, _)| {
                    let name = name.to_lowercase();
                    name == wanted || name.trim_end_matches("ib") == wanted
                });
                return Err(not_a_size(match meant {
                    Some((name, _)) if !digits.is_empty() => format!("write `{digits}{name}`"),
                    _ => FORMS.to_owned(),
                }));
            }
        };
        match digits
            .parse::<u64>()
            .ok()
            .map(|count| count.checked_mul(factor))
        {
            Some(Some(0)) => Err(ScalarProblem::new(
                format!("`{text}` is no size at all"),
                "give at least `1B`, or remove the key for no limit",
            )),
            Some(Some(bytes)) => Ok(Self { bytes }),
            _ if digits.is_empty() => Err(not_a_size(FORMS.to_owned())),
            _ => Err(ScalarProblem::new(
                format!("`{text}` is too large"),
                "use a size below 16 EiB",
            )),
        }
    }
}

/// In the largest unit that leaves a whole number.
impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = UNITS
            .iter()
            .find(|(_, factor)| self.bytes.is_multiple_of(*factor));
        let (name, factor) = unit.unwrap_or(&("B", 1));
        write!(f, "{}{name}", self.bytes / factor)
    }
}

scalar!(Size);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_binary_or_decimal() {
        let bytes = |text: &str| text.parse::<Size>().ok().map(Size::bytes);
        assert_eq!(bytes("200MiB"), Some(200 << 20));
        assert_eq!(bytes("200 MB"), Some(200_000_000));
        assert_eq!(bytes("17"), Some(17));
        for bad in [
            "",
            "0",
            "0MiB",
            "MiB",
            "1.5GB",
            "-1",
            "1EiB",
            "99999999999999999999",
            "99999999TiB",
            "1  B",
            "1é",
        ] {
            assert_eq!(bytes(bad), None, "{bad}");
        }
        assert_eq!("1024KiB".parse::<Size>().unwrap().to_string(), "1MiB");
        assert_eq!("5m".parse::<Size>().unwrap_err().help, "write `5MiB`");
        assert_eq!("5mb".parse::<Size>().unwrap_err().help, "write `5MB`");
    }
}
