//! What every `run` takes unless it says otherwise.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{AbsolutePath, Duration, Network, Owner, Text};

/// Values that every `run` takes unless it says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Defaults {
    /// Environment of every `run`; a step's own `env` wins. It does not enter the image.
    #[serde(default)]
    pub env: BTreeMap<String, Text>,
    /// Words before a script, `[/bin/sh, -e, -c]` if not given.
    #[schemars(example = ["/bin/bash", "-e", "-o", "pipefail", "-c"])]
    #[schemars(extend("default" = ["/bin/sh", "-e", "-c"]))]
    pub shell: Option<Vec<String>>,
    /// Folder in which commands start, `/` if not given.
    #[schemars(extend("default" = "/"))]
    pub workdir: Option<AbsolutePath>,
    /// User, and after a colon the group, as which commands run.
    pub user: Option<Owner>,
    /// What of the network commands see, `none` if not given.
    #[schemars(extend("default" = "none"))]
    pub network: Option<Network>,
    /// Time after which a command is stopped and the build fails: `90s`, `10m`.
    pub timeout: Option<Duration>,
}
