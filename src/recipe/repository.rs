//! Where packages come from.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Credentials, OneOrMany, Text};

/// A repository of packages, with the options that a `.repo` file has.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Repository {
    /// Name by which the package manager knows it: letters, digits and `-_.:`.
    #[schemars(example = &"baseos")]
    pub id: String,
    /// Title for people.
    #[schemars(example = &"Base packages")]
    pub name: Option<String>,
    /// Address of the folder that holds `repodata`, or a list of such. `$releasever` and
    /// `$basearch` are replaced.
    #[schemars(example = &"https://mirror.example/$releasever/BaseOS/$basearch/os/")]
    pub baseurl: Option<OneOrMany<String>>,
    /// Address of a list of mirrors.
    #[schemars(example = &"https://mirror.example/mirrorlist?release=$releasever")]
    pub mirrorlist: Option<String>,
    /// Address of a metalink file.
    #[schemars(example = &"https://mirror.example/metalink?repo=os-$releasever")]
    pub metalink: Option<String>,
    /// Keys that sign the packages: files in the context or addresses.
    #[schemars(example = &"keys/RPM-GPG-KEY-example")]
    pub gpgkey: Option<OneOrMany<String>>,
    /// Whether the signatures of packages are checked.
    #[serde(default = "yes")]
    pub gpgcheck: bool,
    /// Whether the signature of the repository's own index is checked.
    pub repo_gpgcheck: Option<bool>,
    /// Rank among repositories; the smallest wins, 99 if not given.
    #[schemars(example = 10)]
    #[schemars(extend("default" = 99))]
    pub priority: Option<u32>,
    /// Packages that are never taken from here, as names or globs.
    #[serde(default)]
    pub excludepkgs: Vec<String>,
    /// The only packages that are taken from here, as names or globs.
    #[serde(default)]
    pub includepkgs: Vec<String>,
    /// Whether its packages are seen even where a module hides them.
    pub module_hotfixes: Option<bool>,
    /// File of the certificate authorities that sign the server's certificate.
    #[schemars(example = &"pki/ca.pem")]
    pub sslcacert: Option<String>,
    /// File of the client's certificate.
    #[schemars(example = &"pki/client.pem")]
    pub sslclientcert: Option<String>,
    /// File of the client's key.
    #[schemars(example = &"pki/client.key")]
    pub sslclientkey: Option<String>,
    /// Suites of a Debian repository: `bookworm`, `bookworm-updates`.
    #[serde(default)]
    pub suites: Vec<String>,
    /// Components of a Debian repository, `main` if not given.
    #[serde(default)]
    pub components: Vec<String>,
    /// Secrets with which the server lets us in.
    pub credentials: Option<Credentials>,
    /// Any other option of a `.repo` file. Numbers and booleans are taken as the text that was
    /// written.
    #[serde(default)]
    pub options: BTreeMap<String, Text>,
}

fn yes() -> bool {
    true
}
