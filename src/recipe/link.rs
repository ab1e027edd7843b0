//! The step that makes a link.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{AbsolutePath, Condition, Owner};

/// Makes a symbolic link, or with `hard` another name of a file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Title of the step, for messages and progress.
    #[schemars(example = &"install the application")]
    pub name: Option<String>,
    /// Condition under which the step is made.
    pub when: Option<Condition>,
    /// Path of the link.
    pub link: AbsolutePath,
    /// What it points to: kept as written, so it may be relative to the link's folder.
    #[schemars(example = &"../lib/app/app")]
    pub target: String,
    /// Whether it is a hard link; `target` is then an absolute path of an existing file.
    #[serde(default)]
    pub hard: bool,
    /// Owner of a symbolic link, `0:0` if not given.
    #[schemars(extend("default" = "0:0"))]
    pub owner: Option<Owner>,
}
