//! Package installation, resolved.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::digest::Digest;
use crate::recipe::{Credentials, Modules, Text, Upgrade};

use super::{InputFile, Origin};

/// Transactions of a package manager with everything that it is told.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PackagesAction {
    /// Name of the manager: `dnf`.
    pub manager: String,
    /// Where the manager comes from, if the recipe says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_in: Option<ManagerPlace>,
    /// Version of the distribution, for `$releasever`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub releasever: Option<String>,
    /// Architecture as the manager spells it (`x86_64`).
    pub arch: String,
    /// Further variables of repository addresses.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, String>,
    /// Options for `--setopt`, but those that onelayer carries out itself.
    pub setopts: BTreeMap<String, String>,
    /// Value for rpm's `%_install_langs`, `:` between locales (rpm macros file, `_install_langs`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub install_langs: Option<String>,
    /// Where packages come from; no other place is asked.
    pub repositories: Vec<Repository>,
    /// `.repo` files whose repositories are asked too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub repository_files: Vec<InputFile>,
    /// One transaction each.
    pub transactions: Vec<Vec<String>>,
    /// What else happens to packages.
    #[serde(flatten)]
    pub changes: PackageChanges,
    /// Packages that may not be installed.
    pub exclude: Vec<String>,
    /// Whether logs, caches and history of the manager are taken out.
    pub clean: bool,
    /// Whether the database of packages stays.
    #[serde(skip_serializing_if = "is_true")]
    pub keep_database: bool,
    /// Whether a failing script of a package is a warning only.
    #[serde(skip_serializing_if = "is_false")]
    pub allow_failing_scriptlets: bool,
    /// Seconds since 1970 for whatever the manager writes a time into.
    pub source_date_epoch: u64,
}

/// Where a package manager comes from.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ManagerPlace {
    /// The host.
    Host,
    /// The root that packages are installed into.
    Root,
    /// Another root file system.
    #[serde(untagged)]
    Other(Origin),
}

/// What happens to packages beside their installation by name.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct PackageChanges {
    /// Module streams.
    #[serde(skip_serializing_if = "Modules::is_empty")]
    pub modules: Modules,
    /// Groups to install.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// Package files to install.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub local: Vec<InputFile>,
    /// What is brought to its newest version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upgrade: Option<Upgrade>,
    /// What is installed again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reinstall: Vec<String>,
    /// What is removed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remove: Vec<String>,
    /// Whether what nothing needs is removed.
    #[serde(skip_serializing_if = "is_false")]
    pub autoremove: bool,
}

fn is_true(value: &bool) -> bool {
    *value
}

fn is_false(value: &bool) -> bool {
    !*value
}

/// One repository.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Repository {
    /// Its id.
    pub id: String,
    /// Where its metadata are.
    pub locations: Vec<RepositoryLocation>,
    /// Keys that its packages may be signed with.
    pub keys: Vec<RepositoryKey>,
    /// All other options of its section in the manager's configuration.
    pub options: BTreeMap<String, String>,
    /// Suites of a Debian repository.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suites: Vec<String>,
    /// Components of a Debian repository.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<String>,
    /// Secrets that let us in, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credentials: Option<Credentials>,
}

impl Repository {
    /// Whether anything of it has to come over the network.
    pub fn is_remote(&self) -> bool {
        self.options.contains_key("mirrorlist")
            || self.options.contains_key("metalink")
            || (self.locations.iter()).any(|l| matches!(l, RepositoryLocation::Url { .. }))
            || self
                .keys
                .iter()
                .any(|k| matches!(k, RepositoryKey::Url { .. }))
    }
}

/// A place of a repository.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum RepositoryLocation {
    /// A URL as the manager takes it, with its variables.
    Url {
        /// The URL.
        url: String,
    },
    /// A folder in the context.
    Folder {
        /// Path in the context.
        path: String,
        /// Digest of its `repodata/repomd.xml`, which names everything else by checksum.
        digest: Digest,
    },
}

/// A signing key.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum RepositoryKey {
    /// Fetched by the manager.
    Url {
        /// The URL.
        url: String,
    },
    /// A file in the context.
    File {
        /// Path in the context.
        path: String,
        /// Digest of the file.
        digest: Digest,
    },
}

/// The texts of a mapping.
pub(super) fn text_map(map: &BTreeMap<String, Text>) -> BTreeMap<String, String> {
    map.iter()
        .map(|(name, value)| (name.clone(), value.to_string()))
        .collect()
}
