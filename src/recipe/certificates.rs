//! The step that adds certificate authorities.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Condition, OneOrMany};

/// Adds certificate authorities to every trust bundle that the root file system has; one that has
/// none gets `/etc/ssl/certs/ca-certificates.crt`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Certificates {
    /// Title of the step, for messages and progress.
    #[schemars(example = &"install the application")]
    pub name: Option<String>,
    /// Condition under which the step is made.
    pub when: Option<Condition>,
    /// PEM file in the context, or a list of them; each may hold several certificates.
    #[schemars(example = &"pki/ca.pem")]
    pub certificates: OneOrMany<String>,
}
