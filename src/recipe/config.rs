//! What the image tells the engine that runs it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{AbsolutePath, Healthcheck, Inherit, Owner, Port, Setting, Signal};

/// What the image tells the engine that runs it. Nothing here changes the root file system.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Words that start every container; what a user adds comes after them.
    #[schemars(example = ["/entrypoint.sh"])]
    pub entrypoint: Option<Vec<String>>,
    /// Words that start a container unless the user gives others; after `entrypoint` if both are
    /// there.
    #[schemars(example = ["--help"])]
    pub cmd: Option<Vec<String>>,
    /// Environment of containers. Numbers and booleans are taken as the text that was written;
    /// `null` (in TOML `{ unset = true }`) takes away a variable of the base.
    #[serde(default)]
    pub env: BTreeMap<String, Setting>,
    /// User, and after a colon the group, as which containers run: names or numbers.
    pub user: Option<Owner>,
    /// Folder in which containers start.
    pub workdir: Option<AbsolutePath>,
    /// Ports on which the program listens: `8080`, `8080/udp`, `8000-8010/tcp`.
    #[serde(default)]
    pub exposed_ports: Vec<Port>,
    /// Folders that hold data of their own in every container.
    #[serde(default)]
    pub volumes: Vec<AbsolutePath>,
    /// Labels of the image. Numbers and booleans are taken as the text that was written; `null`
    /// (in TOML `{ unset = true }`) takes away a label of the base.
    #[serde(default)]
    pub labels: BTreeMap<String, Setting>,
    /// Signal that asks a container to stop: `SIGTERM`, `SIGRTMIN+3` or a number.
    pub stop_signal: Option<Signal>,
    /// How an engine finds out whether a container is well; in docker's format only.
    pub healthcheck: Option<Healthcheck>,
    /// Who made the image, as name and address.
    #[schemars(example = &"Example Team <team@example.com>")]
    pub author: Option<String>,
    /// What the image's history says about how its layer was made.
    #[schemars(example = &"onelayer")]
    pub created_by: Option<String>,
    /// What is taken from the base's configuration: `all`, `none` or a list of keys. What names the
    /// base itself (its title, version, creation time and the like) is never taken unless `labels`
    /// is in the list.
    #[serde(default)]
    pub inherit: Inherit,
}
