//! Packages of the distribution.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    Condition, Database, Install, Manager, Modules, Repository, RunIn, Scriptlets, Text, Upgrade,
};

/// Packages of a distribution and where they come from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Packages {
    /// Family of package managers.
    #[serde(default)]
    pub manager: Manager,
    /// Where the package manager comes from.
    #[serde(default)]
    pub run_in: RunIn,
    /// Release of the distribution, the value of `$releasever` in repository addresses.
    #[schemars(example = &"9")]
    pub releasever: Option<String>,
    /// Architecture of the packages, the value of `$basearch`; the image's own if not given.
    #[schemars(example = &"x86_64")]
    pub arch: Option<String>,
    /// Values of further variables in repository addresses, by name without the `$`. Numbers and
    /// booleans are taken as the text that was written.
    #[serde(default)]
    pub variables: BTreeMap<String, Text>,
    /// Options of yum or dnf, as `--setopt` takes them. Each means what yum means by it, whichever
    /// manager runs. Numbers and booleans are taken as the text that was written.
    #[serde(default)]
    pub setopts: BTreeMap<String, Text>,
    /// Languages whose translations are installed, as rpm's `%_install_langs` names them; all if
    /// not given.
    #[schemars(example = ["en_US", "de_DE"])]
    pub languages: Option<Vec<String>>,
    /// Where packages come from. The host's own repositories are never read.
    #[serde(default)]
    pub repositories: Vec<Repository>,
    /// `.repo` files in the context, or globs of them, whose repositories are used too.
    #[serde(default)]
    pub repository_files: Vec<String>,
    /// Module streams to enable: a list, or lists of what to enable, disable and reset.
    #[serde(default)]
    pub modules: Modules,
    /// Packages to install: a list is one transaction, a list of lists one transaction each.
    #[serde(default)]
    pub install: Install,
    /// Groups of packages to install, as the repositories define them.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Package files in the context, or globs of them, to install.
    #[serde(default)]
    pub local: Vec<String>,
    /// Whether all packages that the root has are brought to their newest version, or the names of
    /// those that are.
    #[serde(default)]
    pub upgrade: Upgrade,
    /// Packages to install again over what is there.
    #[serde(default)]
    pub reinstall: Vec<String>,
    /// Packages to remove, with what needs them.
    #[serde(default)]
    pub remove: Vec<String>,
    /// Whether packages are removed that nothing needs any more.
    #[serde(default)]
    pub autoremove: bool,
    /// Packages that are never installed, as names or globs.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Whether caches, logs and histories of the package manager are removed from the root.
    #[serde(default = "yes")]
    pub clean: bool,
    /// Whether the database of installed packages stays in the root.
    #[serde(default)]
    pub database: Database,
    /// What happens when a package's own script fails.
    #[serde(default)]
    pub scriptlets: Scriptlets,
}

/// Installs packages of a distribution.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PackagesStep {
    /// Title of the step, for messages and progress.
    #[schemars(example = &"install the application")]
    pub name: Option<String>,
    /// Condition under which the step is made.
    pub when: Option<Condition>,
    /// What to install, and where it comes from.
    pub packages: Packages,
}

fn yes() -> bool {
    true
}
