//! Who owns a file, or runs a command.

use std::fmt;
use std::str::FromStr;

use super::scalar::{Scalar, ScalarProblem, scalar};

/// A user and perhaps a group, each by name or number: `app`, `app:www`, `1000:1000`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owner {
    /// The user.
    pub user: Principal,
    /// The group, if one is named.
    pub group: Option<Principal>,
}

/// A user or a group. Names are looked up in the root's own `/etc/passwd` and `/etc/group`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Principal {
    /// By number.
    Id(u32),
    /// By name.
    Name(String),
}

/// The largest id; the one above it means "no id" to the kernel.
const LARGEST_ID: u32 = u32::MAX - 1;

impl Owner {
    /// The superuser and its group, `0:0`.
    pub const ROOT: Self = Self {
        user: Principal::Id(0),
        group: Some(Principal::Id(0)),
    };
}

impl FromStr for Principal {
    type Err = ScalarProblem;

    fn from_str(text: &str) -> Result<Self, ScalarProblem> {
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return match text.parse::<u32>() {
                Ok(id) if id <= LARGEST_ID => Ok(Self::Id(id)),
                _ => Err(ScalarProblem::new(
                    format!("id `{text}` is too large"),
                    format!("use an id from 0 to {LARGEST_ID}"),
                )),
            };
        }
        let valid = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && text
                .trim_end_matches('$')
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
            && text.matches('$').count() <= 1;
        if valid {
            Ok(Self::Name(text.to_owned()))
        } else {
            Err(ScalarProblem::new(
                format!("`{}` is not a user or group", text.escape_debug()),
                "write a name or a number, with a group after a colon: `app:www`, `1000:1000`",
            ))
        }
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Name(name) => f.write_str(name),
        }
    }
}

impl Scalar for Owner {
    const WHAT: &'static str = "an owner";
    const NUMBERS: bool = true;
    const PATTERN: &'static str =
        "^([0-9]+|[A-Za-z_][A-Za-z0-9_.-]*\\$?)(:([0-9]+|[A-Za-z_][A-Za-z0-9_.-]*\\$?))?$";
    const EXAMPLES: &'static [&'static str] = &["app", "app:www", "1000:1000"];
}

impl FromStr for Owner {
    type Err = ScalarProblem;

    fn from_str(text: &str) -> Result<Self, ScalarProblem> {
        let (user, group) = match text.split_once(':') {
            Some((user, group)) => (user, Some(group.parse()?)),
            None => (text, None),
        };
        Ok(Self {
            user: user.parse()?,
            group,
        })
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.group {
            Some(group) => write!(f, "{}:{group}", self.user),
            None => self.user.fmt(f),
        }
    }
}

scalar!(Owner);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_are_names_or_ids_below_the_kernels_mark() {
        for good in ["root", "0", "0:0", "app:www", "4294967294", "_x.y-z$:1"] {
            assert_eq!(good.parse::<Owner>().unwrap().to_string(), good);
        }
        for bad in [
            "",
            ":",
            "a:",
            ":b",
            "a:b:c",
            "4294967295",
            "-1",
            "a b",
            "é",
            "1x",
            "1.5",
            "a$$",
        ] {
            assert!(bad.parse::<Owner>().is_err(), "{bad}");
        }
    }
}
