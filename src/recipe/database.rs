//! What becomes of the database of installed packages.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether the database of installed packages stays in the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Database {
    /// It stays: scanners and later steps find the packages.
    #[default]
    Keep,
    /// It goes when the last package step is done.
    Remove,
}
