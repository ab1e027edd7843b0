//! What becomes of a build when a package's own script fails.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What happens when a package's own script fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Scriptlets {
    /// The build fails.
    #[default]
    Fail,
    /// A warning is printed.
    Warn,
}
