//! How an engine finds out whether a container is well.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Command, Duration};

/// How an engine finds out whether a container is well. Only images in docker's format can say
/// so.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Healthcheck {
    /// What to run in the container: text goes through the image's shell, a list is a program and
    /// its arguments. Exit status 0 means that the container is well.
    #[schemars(example = ["/usr/bin/check"])]
    pub test: Command,
    /// Time between two checks, 30s if not given.
    #[schemars(extend("default" = "30s"))]
    pub interval: Option<Duration>,
    /// Time after which a check has failed, 30s if not given.
    #[schemars(extend("default" = "30s"))]
    pub timeout: Option<Duration>,
    /// Time after the start in which failures do not count.
    pub start_period: Option<Duration>,
    /// Failures in a row after which the container is not well, 3 if not given.
    #[schemars(extend("default" = 3))]
    pub retries: Option<u32>,
}
