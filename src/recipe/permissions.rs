//! The step that changes owner and mode.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{AbsolutePath, Condition, FileCapabilities, Mode, OneOrMany, Owner};

/// Changes owner, mode and capabilities of what is in the root file system. What is not given
/// stays as it is; capabilities too, which the kernel would take away with the owner.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Permissions {
    /// Title of the step, for messages and progress.
    #[schemars(example = &"install the application")]
    pub name: Option<String>,
    /// Condition under which the step is made.
    pub when: Option<Condition>,
    /// Path or glob, or a list of them.
    pub permissions: OneOrMany<AbsolutePath>,
    /// New owner; a group that is not named stays as it is.
    pub owner: Option<Owner>,
    /// New mode. A symbolic one changes the mode that is there.
    pub mode: Option<Mode>,
    /// Whether it holds for all below a folder too.
    #[serde(default)]
    pub recursive: bool,
    /// Capabilities that the file gives to whoever executes it, as setcap(8) takes them. With
    /// `recursive` or a glob they go to the regular files; if there is none, it is an error.
    pub capabilities: Option<FileCapabilities>,
}
