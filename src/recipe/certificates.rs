//! The step that adds certificate authorities.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Condition, OneOrMany};

/// Adds certificate authorities to every trust bundle that the root file system has; one that has
/// none gets `/etc/ssl/certs/ca-certificates.crt`.
///
/// Looked for are the bundles of Debian, Alpine, Arch, Fedora, SUSE and what descends from them,
/// each file once, wherever links lead; what one holds already is not added again. The
/// certificates are also put where the distribution's own tool looks for them
/// (`update-ca-certificates`, `update-ca-trust`), if the root has that folder, so that they are
/// still there after its next run. Key stores of Java, and the links that `openssl rehash` makes,
/// are left to these tools.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Certificates {
    /// Title of the step, for messages and progress.
    #[schemars(example = &"install the application")]
    pub name: Option<String>,
    /// Condition under which the step is made.
    pub when: Option<Condition>,
    /// PEM file in the context, or a list of them; each may hold several certificates, and nothing
    /// else: a private key is an error.
    #[schemars(example = &"pki/ca.pem")]
    pub certificates: OneOrMany<String>,
}
