//! The step that removes files.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{AbsolutePath, Condition, OneOrMany};

/// Removes files and folders with all that is in them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Remove {
    /// Title of the step, for messages and progress.
    #[schemars(example = &"install the application")]
    pub name: Option<String>,
    /// Condition under which the step is made.
    pub when: Option<Condition>,
    /// Path or glob, or a list of them.
    pub remove: OneOrMany<AbsolutePath>,
}
