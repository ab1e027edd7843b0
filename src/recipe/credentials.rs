//! How a server is shown that we may come in.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Secrets with which a server lets us in, by the names that `--secret` gives them. Their values
/// are in no recipe.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// Secret that holds the user's name.
    #[schemars(example = &"repository-user")]
    pub username: Option<String>,
    /// Secret that holds the password.
    #[schemars(example = &"repository-password")]
    pub password: Option<String>,
    /// Secret that holds a token, sent as `Authorization: Bearer`.
    #[schemars(example = &"repository-token")]
    pub token: Option<String>,
}
