//! The step that writes a file from text.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{AbsolutePath, Condition, FileCapabilities, Mode, Owner};

/// Writes a file from text in the recipe.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Write {
    /// Title of the step, for messages and progress.
    #[schemars(example = &"install the application")]
    pub name: Option<String>,
    /// Condition under which the step is made.
    pub when: Option<Condition>,
    /// Path of the file.
    pub write: AbsolutePath,
    /// What the file holds, byte for byte.
    #[schemars(example = &"Welcome\n")]
    pub content: String,
    /// Owner of the file, `0:0` if not given.
    #[schemars(extend("default" = "0:0"))]
    pub owner: Option<Owner>,
    /// Mode of the file, 0644 if not given.
    #[schemars(extend("default" = "0644"))]
    pub mode: Option<Mode>,
    /// Capabilities that the file gives to whoever executes it, as setcap(8) takes them.
    pub capabilities: Option<FileCapabilities>,
}
