//! What whoever builds has chosen.

use std::collections::BTreeMap;

use crate::recipe::Platform;

/// What whoever builds has chosen, beside the recipe.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Values of arguments, by name.
    pub arguments: BTreeMap<String, String>,
    /// The platform that the image is for.
    pub platform: Option<Platform>,
}
