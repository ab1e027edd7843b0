//! Where files come from that are not in the context.

use std::fmt;
use std::str::FromStr;

use super::scalar::{Scalar, ScalarProblem, scalar};

/// A root file system to take files from: `stage:NAME`, or the reference of an image.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// A stage of the recipe.
    Stage(String),
    /// An image.
    Image(String),
}

impl Source {
    /// The stage, if it is one.
    pub fn stage(&self) -> Option<&str> {
        match self {
            Self::Stage(name) => Some(name),
            Self::Image(_) => None,
        }
    }
}

impl Scalar for Source {
    const WHAT: &'static str = "a stage or an image";
    const NUMBERS: bool = false;
    const PATTERN: &'static str = r"^\S+$";
    const EXAMPLES: &'static [&'static str] = &["stage:build", "docker://docker.io/library/alpine"];
}

impl FromStr for Source {
    type Err = ScalarProblem;

    fn from_str(text: &str) -> Result<Self, ScalarProblem> {
        const HELP: &str = "write `stage:NAME` or the reference of an image";
        let shown = text.escape_debug();
        if text.is_empty() || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(ScalarProblem::new(
                format!("`{shown}` is not a stage or an image"),
                HELP,
            ));
        }
        match text.strip_prefix("stage:") {
            Some("") => Err(ScalarProblem::new("`stage:` names nothing", HELP)),
            Some(name) => Ok(Self::Stage(name.to_owned())),
            None if text == "scratch" => Err(ScalarProblem::new(
                "there is nothing in `scratch` to take",
                HELP,
            )),
            None => Ok(Self::Image(text.to_owned())),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stage(name) => write!(f, "stage:{name}"),
            Self::Image(reference) => f.write_str(reference),
        }
    }
}

scalar!(Source);
