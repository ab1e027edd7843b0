//! The two spellings of a recipe.

use std::fmt;

/// What a document is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Notation {
    /// YAML 1.2.
    Yaml,
    /// TOML.
    Toml,
}

impl Notation {
    /// What a file of this name is written in: TOML if it ends in `.toml`, YAML otherwise.
    pub fn of(name: &str) -> Self {
        if name.ends_with(".toml") {
            Self::Toml
        } else {
            Self::Yaml
        }
    }

    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Yaml => Self::Toml,
            Self::Toml => Self::Yaml,
        }
    }
}

impl fmt::Display for Notation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Yaml => "YAML",
            Self::Toml => "TOML",
        })
    }
}
