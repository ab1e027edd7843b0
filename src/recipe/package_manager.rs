//! Which package manager installs.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A family of package managers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Manager {
    /// The first of dnf5, dnf, yum and microdnf that is there.
    #[default]
    Dnf,
    /// apt, for Debian and what comes from it.
    Apt,
}

impl fmt::Display for Manager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dnf => "dnf",
            Self::Apt => "apt",
        })
    }
}
