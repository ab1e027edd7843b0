//! The step that runs a command.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{AbsolutePath, Command, Condition, Duration, Mount, Network, Owner, Text};

/// Runs a command inside the root file system, confined.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Title of the step, for messages and progress.
    #[schemars(example = &"install the application")]
    pub name: Option<String>,
    /// Condition under which the step is made.
    pub when: Option<Condition>,
    /// What to run: text goes through `shell`, a list is a program and its arguments.
    #[schemars(example = &"pip3 install --require-hashes -r /app/requirements.txt")]
    pub run: Command,
    /// Words before a script, `[/bin/sh, -e, -c]` if not given here or in `defaults`.
    #[schemars(example = ["/bin/bash", "-e", "-o", "pipefail", "-c"])]
    #[schemars(extend("default" = ["/bin/sh", "-e", "-c"]))]
    pub shell: Option<Vec<String>>,
    /// Folder in which the command starts, `/` if not given here or in `defaults`.
    #[schemars(extend("default" = "/"))]
    pub workdir: Option<AbsolutePath>,
    /// User, and after a colon the group, as which the command runs.
    pub user: Option<Owner>,
    /// Environment of this command, above that of `defaults`. It does not enter the image.
    #[serde(default)]
    pub env: BTreeMap<String, Text>,
    /// What of the network the command sees, `none` if not given here or in `defaults`.
    #[schemars(extend("default" = "none"))]
    pub network: Option<Network>,
    /// What the command sees besides the root file system.
    #[serde(default)]
    pub mounts: Vec<Mount>,
    /// Time after which the command is stopped and the build fails: `90s`, `10m`.
    pub timeout: Option<Duration>,
}
