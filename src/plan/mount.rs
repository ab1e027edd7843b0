//! What a command sees besides the root, resolved.

use serde::Serialize;

use super::{CopyEntry, Mode, Origin};

/// Something that a command sees besides the root. Serialises with a `mount` that names its kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "mount", rename_all = "snake_case")]
pub enum MountAction {
    /// A folder that is kept between builds.
    Cache {
        /// Name of the cache.
        id: String,
        /// Absolute path in the root.
        target: String,
        /// Permission bits.
        #[serde(skip_serializing_if = "Option::is_none")]
        mode: Option<Mode>,
    },
    /// A secret; its value is in no plan and no key.
    Secret {
        /// Name of the secret.
        id: String,
        /// Absolute path of its file, unless it is a variable.
        #[serde(skip_serializing_if = "Option::is_none")]
        target: Option<String>,
        /// Name of its variable.
        #[serde(skip_serializing_if = "Option::is_none")]
        env: Option<String>,
        /// Permission bits of its file.
        #[serde(skip_serializing_if = "Option::is_none")]
        mode: Option<Mode>,
        /// Whether the build fails without it.
        required: bool,
    },
    /// A file or folder, in place.
    Bind {
        /// Path in the context, or in what `from` names.
        source: String,
        /// What is there in the context, each below the mount's target.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        entries: Vec<CopyEntry>,
        /// Another root file system.
        #[serde(skip_serializing_if = "Option::is_none")]
        from: Option<Origin>,
        /// Absolute path in the root.
        target: String,
        /// Whether the command may write there.
        writable: bool,
    },
    /// A folder in memory.
    Tmpfs {
        /// Absolute path in the root.
        target: String,
        /// Most bytes.
        #[serde(skip_serializing_if = "Option::is_none")]
        size: Option<u64>,
        /// Permission bits.
        #[serde(skip_serializing_if = "Option::is_none")]
        mode: Option<Mode>,
    },
    /// An ssh agent.
    Ssh {
        /// Name of the agent.
        id: String,
        /// Absolute path of its socket, if the recipe names one.
        #[serde(skip_serializing_if = "Option::is_none")]
        target: Option<String>,
        /// Permission bits of the socket.
        #[serde(skip_serializing_if = "Option::is_none")]
        mode: Option<Mode>,
        /// Whether the build fails without it.
        required: bool,
    },
}

impl MountAction {
    /// The same without the name of a stage.
    pub(super) fn nameless(&self) -> Self {
        let mut other = self.clone();
        if let Self::Bind { from, .. } = &mut other {
            *from = from.as_ref().map(Origin::nameless);
        }
        other
    }
}
