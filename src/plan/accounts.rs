//! Users and groups, resolved as far as the recipe tells.

use serde::Serialize;

use super::BytePath;

/// Users and groups that the root shall have.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AccountsAction {
    /// Groups, made first.
    pub groups: Vec<GroupAction>,
    /// Users.
    pub users: Vec<UserAction>,
}

/// A group.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupAction {
    /// Its name.
    pub name: String,
    /// Its number; the lowest free one of its range if none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gid: Option<u32>,
    /// Whether the range is that of system groups.
    pub system: bool,
    /// Members.
    pub members: Vec<String>,
}

/// A user.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UserAction {
    /// Its name.
    pub name: String,
    /// Its number; the lowest free one of its range if none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<u32>,
    /// Its group; one of its own name and number, made if need be, if none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Further groups.
    pub groups: Vec<String>,
    /// Home folder, absolute, where the recipe says one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub home: Option<BytePath>,
    /// Whether the home folder is made.
    pub create_home: bool,
    /// Shell, absolute, where the recipe says one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shell: Option<String>,
    /// The comment field, where the recipe says one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Whether the range is that of system users.
    pub system: bool,
}
