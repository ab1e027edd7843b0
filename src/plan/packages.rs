//! Package installation, resolved.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::digest::Digest;

/// Transactions of a package manager with everything that it is told.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PackagesAction {
    /// Name of the manager: `dnf`.
    pub manager: String,
    /// Version of the distribution, for `$releasever`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub releasever: Option<String>,
    /// Architecture as the manager spells it (`x86_64`).
    pub arch: String,
    /// Options for `--setopt`, but those that onelayer carries out itself.
    pub setopts: BTreeMap<String, String>,
    /// Value for rpm's `%_install_langs`, `:` between locales (rpm macros file, `_install_langs`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub install_langs: Option<String>,
    /// Where packages come from; no other place is asked.
    pub repositories: Vec<Repository>,
    /// One transaction each.
    pub transactions: Vec<Vec<String>>,
    /// Packages that may not be installed.
    pub exclude: Vec<String>,
    /// Whether logs, caches and history of the manager are taken out.
    pub clean: bool,
    /// Seconds since 1970 for whatever the manager writes a time into.
    pub source_date_epoch: u64,
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
