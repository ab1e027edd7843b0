//! Packages of the distribution.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Install, Manager, Repository, Text};

/// Packages of a distribution and where they come from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Packages {
    /// Family of package managers.
    #[serde(default)]
    pub manager: Manager,
    /// Release of the distribution, the value of `$releasever` in repository addresses.
    pub releasever: Option<String>,
    /// Architecture of the packages, the value of `$basearch`; the image's own if not given.
    pub arch: Option<String>,
    /// Options of yum or dnf, as `--setopt` takes them. Each means what yum means by it, whichever
    /// manager runs. Numbers and booleans are taken as the text that was written.
    #[serde(default)]
    pub setopts: BTreeMap<String, Text>,
    /// Languages whose translations are installed, as rpm's `%_install_langs` names them; all if
    /// not given.
    pub languages: Option<Vec<String>>,
    /// Where packages come from. The host's own repositories are never read.
    #[serde(default)]
    pub repositories: Vec<Repository>,
    /// Packages to install: a list is one transaction, a list of lists one transaction each.
    #[serde(default)]
    pub install: Install,
    /// Packages that are never installed, as names or globs.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Whether caches, logs and histories of the package manager are removed from the root.
    #[serde(default = "yes")]
    pub clean: bool,
}

/// Installs packages of a distribution.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PackagesStep {
    /// Title of the step, for messages and progress.
    pub name: Option<String>,
    /// What to install, and where it comes from.
    pub packages: Packages,
}

fn yes() -> bool {
    true
}
