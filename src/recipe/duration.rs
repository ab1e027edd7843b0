//! Lengths of time.

use std::fmt;
use std::str::FromStr;

use super::scalar::{Scalar, ScalarProblem, scalar};

/// A length of time in whole seconds, more than none: `90s`, `10m`, `1h30m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration {
    seconds: u64,
}

const UNITS: [(char, u64); 3] = [('h', 3600), ('m', 60), ('s', 1)];

impl Duration {
    /// As the standard library has it.
    pub fn as_std(self) -> std::time::Duration {
        std::time::Duration::from_secs(self.seconds)
    }

    /// Number of seconds; never 0.
    pub fn seconds(self) -> u64 {
        self.seconds
    }

    /// Numbers with units, each unit at most once and the longer ones first.
    fn parse_seconds(text: &str) -> Option<u64> {
        let mut rest = text;
        let mut total: u64 = 0;
        let mut units = UNITS.iter();
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit())?;
            let count: u64 = rest[..digits].parse().ok()?;
            let unit = rest[digits..].chars().next()?;
            let (_, seconds) = units.find(|(name, _)| *name == unit)?;
            total = total.checked_add(count.checked_mul(*seconds)?)?;
            rest = &rest[digits + unit.len_utf8()..];
        }
        Some(total)
    }
}

impl Scalar for Duration {
    const WHAT: &'static str = "a length of time";
    const NUMBERS: bool = false;
    const PATTERN: &'static str = "^(?=.)([0-9]+h)?([0-9]+m)?([0-9]+s)?$";
    const EXAMPLES: &'static [&'static str] = &["90s", "10m", "1h30m"];

    fn unquoted(text: &str) -> ScalarProblem {
        ScalarProblem::new(
            format!("`{text}` has no unit of time"),
            format!("add `s`, `m` or `h`: `{text}s`"),
        )
    }
}

impl FromStr for Duration {
    type Err = ScalarProblem;

    fn from_str(text: &str) -> Result<Self, ScalarProblem> {
        match Self::parse_seconds(text) {
            Some(0) => Err(ScalarProblem::new(
                format!("`{text}` is no time at all"),
                "give at least `1s`, or remove the key for no limit",
            )),
            Some(seconds) => Ok(Self { seconds }),
            None => Err(ScalarProblem::new(
                format!("`{text}` is not a length of time"),
                "write whole hours, minutes or seconds: `90s`, `10m`, `1h30m`",
            )),
        }
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.seconds;
        for (unit, seconds) in UNITS {
            if rest >= seconds {
                write!(f, "{}{unit}", rest / seconds)?;
                rest %= seconds;
            }
        }
        Ok(())
    }
}

scalar!(Duration);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_add_up_in_order() {
        let seconds = |text: &str| text.parse::<Duration>().ok().map(Duration::seconds);
        assert_eq!(seconds("90s"), Some(90));
        assert_eq!(seconds("1h30m"), Some(5400));
        for bad in [
            "",
            "0s",
            "90",
            "s",
            "1s2m",
            "1m1m",
            "1.5h",
            "-1s",
            "99999999999999999999s",
            "9999999999999999999h",
            "1é",
        ] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
        assert_eq!("90s".parse::<Duration>().unwrap().to_string(), "1m30s");
    }
}
