//! Names of users and groups.

use std::fmt;
use std::str::FromStr;

use super::scalar::{Scalar, ScalarProblem, scalar};

/// A name of a user or group, as useradd(8) takes it: up to 32 letters, digits, `_`, `-` and `.`,
/// the first a letter or `_`, perhaps a `$` at the end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountName(String);

const LONGEST: usize = 32;

impl AccountName {
    /// The name as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Scalar for AccountName {
    const WHAT: &'static str = "a name of a user or group";
    const NUMBERS: bool = false;
    const PATTERN: &'static str = "^[A-Za-z_][A-Za-z0-9_.-]{0,31}\\$?$";
    const EXAMPLES: &'static [&'static str] = &["app", "www-data"];
}

impl FromStr for AccountName {
    type Err = ScalarProblem;

    fn from_str(text: &str) -> Result<Self, ScalarProblem> {
        let plain = text.strip_suffix('$').unwrap_or(text);
        let valid = plain.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && plain
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
            && text.len() <= LONGEST;
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(ScalarProblem::new(
                format!("`{}` is not a name of a user or group", text.escape_debug()),
                "use up to 32 letters, digits, `_`, `-` and `.`, the first a letter or `_`",
            ))
        }
    }
}

impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

scalar!(AccountName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_useradd() {
        for good in ["app", "_apt", "www-data", "systemd-network", "host$", "A.b"] {
            assert!(good.parse::<AccountName>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "$",
            "1a",
            "-a",
            "a:b",
            "a b",
            "é",
            "a\n",
            &"a".repeat(33),
        ] {
            assert!(bad.parse::<AccountName>().is_err(), "{bad}");
        }
    }
}
