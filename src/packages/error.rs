//! What can go wrong before and after a manager runs.

use std::io;
use std::path::PathBuf;

/// A package step that cannot be carried out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackagesError {
    /// The host has no such package manager.
    #[error("this host has no `{manager}` (looked for {looked_for} in /usr/bin)")]
    NoManager {
        /// The manager that the recipe names.
        manager: String,
        /// The programs that would do.
        looked_for: String,
    },
    /// A value that would break out of its line in the manager's configuration.
    #[error("`{option}` of {section} has a control character in its value")]
    Value {
        /// The option.
        option: String,
        /// The section of the configuration.
        section: String,
    },
    /// A file that the manager needs cannot be read on the host.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Nobody can read rpm's database.
    #[error("neither the root nor this host has `rpm` to ask for packages")]
    NoRpm,
    /// rpm ended without an answer.
    #[error("rpm could not be asked: {ending}")]
    Query {
        /// How it ended.
        ending: String,
    },
    /// The change set could not be put in order.
    #[error("cannot {action} `/{path}` in the change set")]
    ChangeSet {
        /// What was tried: a verb.
        action: &'static str,
        /// Path in the root.
        path: String,
        /// What the system said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl PackagesError {
    pub(super) fn change_set(
        action: &'static str,
        path: &str,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self::ChangeSet {
            action,
            path: path.to_owned(),
            source: Box::new(source),
        }
    }

    /// What the user can do about it.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::NoManager { .. } => Some(
                "install it: `apt-get install dnf` on Debian and Ubuntu, `dnf install dnf5` on Fedora, \
                 `dnf install dnf` on RHEL and its kin",
            ),
            Self::Value { .. } => Some("write the value on one line"),
            Self::NoRpm => {
                Some("install it on this host: `apt-get install rpm`, `dnf install rpm`")
            }
            Self::Read { .. } | Self::Query { .. } | Self::ChangeSet { .. } => None,
        }
    }
}
