//! Other root file systems that a step takes something from.

use std::fmt;

use serde::Serialize;

use super::{PlannedImage, StepKey};

/// Another root file system.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Origin {
    /// A stage of the recipe.
    Stage {
        /// Its name.
        stage: String,
        /// Key of its finished root.
        key: StepKey,
    },
    /// An image.
    Image(PlannedImage),
}

impl Origin {
    /// The same without what others call it: its key says what it is.
    pub(super) fn nameless(&self) -> Self {
        match self {
            Self::Stage { key, .. } => Self::Stage {
                stage: String::new(),
                key: *key,
            },
            Self::Image(image) => Self::Image(PlannedImage {
                image: String::new(),
                digest: image.key.digest(),
                key: image.key,
                layers: Vec::new(),
            }),
        }
    }

    /// The stage, if it is one.
    pub fn stage(&self) -> Option<&str> {
        match self {
            Self::Stage { stage, .. } => Some(stage),
            Self::Image(_) => None,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stage { stage, .. } => write!(f, "stage:{stage}"),
            Self::Image(image) => f.write_str(&image.image),
        }
    }
}
