//! The name of an image.

use std::fmt;
use std::str::FromStr;

use super::scalar::{Scalar, ScalarProblem, scalar};

/// A name as one component of an OCI reference: lower case letters and digits, with single `.`,
/// `_`, double `__` or any number of `-` between them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

const LONGEST: usize = 128;

impl Name {
    /// The name as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The nearest valid name, if there is anything to keep of the text.
    pub fn nearest(text: &str) -> Option<Self> {
        text.parse().ok().or_else(|| repaired(text).map(Self))
    }
}

fn is_component(text: &str) -> bool {
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.starts_with(word)
        && text.ends_with(word)
        && text.len() <= LONGEST
        && text.split(word).all(|separator| {
            matches!(separator, "" | "." | "_" | "__") || separator.bytes().all(|b| b == b'-')
        })
}

/// The nearest valid name, if there is anything to keep of the text.
fn repaired(text: &str) -> Option<String> {
    let plain: String = text
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(LONGEST)
        .collect();
    let plain = plain.trim_matches('-');
    is_component(plain).then(|| plain.to_owned())
}

impl Scalar for Name {
    const WHAT: &'static str = "a name";
    const NUMBERS: bool = false;
    const PATTERN: &'static str = "^[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*$";
    const EXAMPLES: &'static [&'static str] = &["python3-flask-demo"];
}

impl FromStr for Name {
    type Err = ScalarProblem;

    fn from_str(text: &str) -> Result<Self, ScalarProblem> {
        if is_component(text) {
            return Ok(Self(text.to_owned()));
        }
        let rule = "use lower case letters and digits, with `-`, `.` or `_` between them";
        Err(ScalarProblem::new(
            format!("`{}` is not a name of an image", text.escape_debug()),
            match repaired(text) {
                Some(name) => format!("{rule}: `{name}`"),
                None => rule.to_owned(),
            },
        ))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

scalar!(Name);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_reference_grammar() {
        for good in [
            "a",
            "a1",
            "a.b",
            "a_b",
            "a__b",
            "a---b",
            "python3-flask-demo",
        ] {
            assert!(good.parse::<Name>().is_ok(), "{good}");
        }
        for bad in [
            "", "A", "a..b", "a___b", "-a", "a-", "a/b", "a:b", "a b", "é", "a.-b",
        ] {
            assert!(bad.parse::<Name>().is_err(), "{bad}");
        }
        assert_eq!(repaired("My App"), Some("my-app".to_owned()));
        assert_eq!(repaired("日本"), None);
    }
}
