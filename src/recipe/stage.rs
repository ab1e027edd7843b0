//! A root file system that other parts of the recipe use.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Base, Check, Config, Defaults, Packages, Step};

/// A named root file system that other stages or the image start from or copy from. It is only
/// built if it is needed, and becomes an image itself with `--target`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// What the stage's root file system starts from.
    pub base: Base,
    /// Packages of the distribution; always the first step.
    pub packages: Option<Packages>,
    /// Values that every `run` of the stage takes unless it says otherwise.
    #[serde(default)]
    pub defaults: Defaults,
    /// Changes to the root file system, made in the order in which they are written.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// What must hold when the stage is finished.
    #[serde(default)]
    pub checks: Vec<Check>,
    /// What an image of the stage tells the engine that runs it, and passes on to what starts from
    /// it.
    #[serde(default)]
    pub config: Config,
}
