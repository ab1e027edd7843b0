//! Who runs the command.

use serde::{Deserialize, Serialize};

/// The user and groups of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum User {
    /// By number, whether the root knows them or not.
    Id {
        /// User id.
        uid: u32,
        /// Group id.
        gid: u32,
        /// Supplementary groups.
        groups: Vec<u32>,
    },
    /// `USER[:GROUP]`, each a name or a number, looked up in the root's own `/etc/passwd` and
    /// `/etc/group`. Without a group: that of the user with all groups it is a member of; for a
    /// number that the root does not know, group 0.
    Name(String),
}

impl User {
    /// Root, without supplementary groups.
    pub const ROOT: User = User::Id {
        uid: 0,
        gid: 0,
        groups: Vec::new(),
    };
}
