//! What whoever builds has chosen.

use std::collections::BTreeMap;

use crate::recipe::Platform;

/// What whoever builds has chosen, beside the recipe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Values of arguments, by name.
    pub arguments: BTreeMap<String, String>,
    /// Environments of images and other recipes (`recipe:PATH`) that were read, by what the recipe
    /// calls them: what `base.env` stands for. Those that are missing are asked for.
    pub environments: BTreeMap<String, BTreeMap<String, String>>,
    /// The platform that the image is for, if one was chosen.
    pub platform: Option<Platform>,
    /// The platform of the machine that builds.
    pub machine: Platform,
    /// The stage that becomes the image, if it is not the recipe's end.
    pub target: Option<String>,
}

impl Settings {
    /// The platform that the image is for: the one that was chosen, else the first of the recipe's
    /// that the machine can run, else the recipe's first, else the machine's.
    pub(super) fn platform(&self, named: &[Platform]) -> Platform {
        let native = || {
            named
                .iter()
                .find(|platform| platform.runs_on(&self.machine))
        };
        let platform = self.platform.as_ref().or_else(native);
        platform.or(named.first()).unwrap_or(&self.machine).clone()
    }
}
