//! The step that makes a folder.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{AbsolutePath, Condition, Mode, Owner};

/// Makes a folder, with those above it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Directory {
    /// Title of the step, for messages and progress.
    #[schemars(example = &"install the application")]
    pub name: Option<String>,
    /// Condition under which the step is made.
    pub when: Option<Condition>,
    /// Path of the folder.
    pub directory: AbsolutePath,
    /// Owner of the folder, `0:0` if not given.
    #[schemars(extend("default" = "0:0"))]
    pub owner: Option<Owner>,
    /// Mode of the folder, 0755 if not given.
    #[schemars(extend("default" = "0755"))]
    pub mode: Option<Mode>,
}
