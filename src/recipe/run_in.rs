//! Where a package manager comes from.

use std::fmt;
use std::str::FromStr;

use super::scalar::{Scalar, ScalarProblem, scalar};
use crate::diagnostic::nearest;

/// Where the package manager comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum RunIn {
    /// The host's, and if it has none, the root's own.
    #[default]
    Auto,
    /// The host's.
    Host,
    /// The root's own.
    Root,
    /// That of a stage.
    Stage(String),
}

impl Scalar for RunIn {
    const WHAT: &'static str = "a place of the package manager";
    const NUMBERS: bool = false;
    const PATTERN: &'static str = r"^(auto|host|root|stage:\S+)$";
    const EXAMPLES: &'static [&'static str] = &["auto", "host", "root", "stage:tools"];
}

impl FromStr for RunIn {
    type Err = ScalarProblem;

    fn from_str(text: &str) -> Result<Self, ScalarProblem> {
        match text {
            "auto" => return Ok(Self::Auto),
            "host" => return Ok(Self::Host),
            "root" => return Ok(Self::Root),
            _ => {}
        }
        match text.strip_prefix("stage:") {
            Some(name) if !name.is_empty() && !name.contains(char::is_whitespace) => {
                Ok(Self::Stage(name.to_owned()))
            }
            _ => Err(ScalarProblem::new(
                format!("`{}` is no place of a package manager", text.escape_debug()),
                match nearest(text, ["auto", "host", "root"]) {
                    Some(meant) => format!("write `{meant}` if that is meant"),
                    None => "write `auto`, `host`, `root` or `stage:NAME`".to_owned(),
                },
            )),
        }
    }
}

impl fmt::Display for RunIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Host => f.write_str("host"),
            Self::Root => f.write_str("root"),
            Self::Stage(name) => write!(f, "stage:{name}"),
        }
    }
}

scalar!(RunIn);
