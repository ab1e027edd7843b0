//! Tags of an image.

use std::fmt;
use std::str::FromStr;

use super::scalar::{Scalar, ScalarProblem, scalar};

/// A tag as OCI references have it: up to 128 letters, digits, `_`, `.` and `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(String);

impl Tag {
    /// The tag as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Scalar for Tag {
    const WHAT: &'static str = "a tag";
    const NUMBERS: bool = false;
    const PATTERN: &'static str = "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$";
    const EXAMPLES: &'static [&'static str] = &["latest", "1.2"];
}

impl FromStr for Tag {
    type Err = ScalarProblem;

    fn from_str(text: &str) -> Result<Self, ScalarProblem> {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if text.starts_with(word)
            && text.len() <= 128
            && text.chars().all(|c| word(c) || matches!(c, '.' | '-'))
        {
            Ok(Self(text.to_owned()))
        } else {
            Err(ScalarProblem::new(
                format!("`{}` is not a tag", text.escape_debug()),
                "use up to 128 letters, digits, `_`, `.` and `-`, the first a letter, digit or `_`",
            ))
        }
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

scalar!(Tag);
