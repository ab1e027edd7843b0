//! Places inside the root file system.

use std::fmt;
use std::str::FromStr;

use super::scalar::{Scalar, ScalarProblem, scalar};

/// A path inside the root file system, absolute and without `..`.
///
/// Kept as written: whether it ends in `/` matters to `copy`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AbsolutePath(String);

impl AbsolutePath {
    /// The path as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it asks for a folder by ending in `/`.
    pub fn ends_with_slash(&self) -> bool {
        self.0.ends_with('/')
    }
}

impl Scalar for AbsolutePath {
    const WHAT: &'static str = "an absolute path";
    const NUMBERS: bool = false;
    const PATTERN: &'static str = "^/";
    const EXAMPLES: &'static [&'static str] = &["/app", "/etc/motd"];
}

impl FromStr for AbsolutePath {
    type Err = ScalarProblem;

    fn from_str(text: &str) -> Result<Self, ScalarProblem> {
        if text.contains('\0') {
            return Err(ScalarProblem::new(
                "a path cannot hold a NUL character",
                "remove the `\\0`",
            ));
        }
        if !text.starts_with('/') {
            return Err(ScalarProblem::new(
                format!("path `{text}` is not absolute"),
                format!(
                    "start it with `/`: `/{}`",
                    text.trim_start_matches("./").trim_start_matches("../")
                ),
            ));
        }
        if text.split('/').any(|name| name == "..") {
            return Err(ScalarProblem::new(
                format!("path `{text}` climbs with `..`"),
                "write the path that is meant, without `..`",
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for AbsolutePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

scalar!(AbsolutePath);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn climbing_and_relative_paths_are_refused() {
        for bad in ["", "app", "./app", "/a/../b", "/..", "/a\0"] {
            assert!(bad.parse::<AbsolutePath>().is_err(), "{bad:?}");
        }
        let path: AbsolutePath = "/a//./b..c/".parse().unwrap();
        assert!(path.ends_with_slash());
    }
}
