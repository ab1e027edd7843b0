//! The step that makes users and groups.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{AbsolutePath, AccountName, Condition};

/// Makes users and groups in the root's own `/etc/passwd` and `/etc/group`.
///
/// A user or group that is there already must be what the recipe says of it, and is only added to
/// groups; everything else in the files stays byte for byte. Numbers that are not given are the
/// lowest that are free, from 100 to 999 for the system and from 1000 to 60000 for others; a number
/// that the step gives to somebody else is not free. `/etc/shadow` and `/etc/gshadow` are written
/// where the root has them; a root with no users or groups at all gets all four files (modes 0644
/// and 0600). Passwords are locked, and no line holds a date. Nothing of the root is run.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountsStep {
    /// Title of the step, for messages and progress.
    #[schemars(example = &"install the application")]
    pub name: Option<String>,
    /// Condition under which the step is made.
    pub when: Option<Condition>,
    /// The users and groups.
    pub accounts: Accounts,
}

/// Users and groups.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Accounts {
    /// Groups, made before the users.
    #[serde(default)]
    pub groups: Vec<Group>,
    /// Users, made after the groups.
    #[serde(default)]
    pub users: Vec<User>,
}

/// A group (group(5)).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Name of the group.
    pub name: AccountName,
    /// Number of the group; the lowest free one of its range if not given.
    #[schemars(range(max = 4_294_967_294_u32))]
    #[schemars(example = 1000)]
    pub gid: Option<u32>,
    /// Whether its number comes from the range of system groups (below 1000).
    #[serde(default)]
    pub system: bool,
    /// Users that are members of it.
    #[serde(default)]
    pub members: Vec<AccountName>,
}

/// A user (passwd(5)). Nobody can log in as the user with a password.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// Name of the user.
    pub name: AccountName,
    /// Number of the user; the lowest free one of its range if not given.
    #[schemars(range(max = 4_294_967_294_u32))]
    #[schemars(example = 1000)]
    pub uid: Option<u32>,
    /// Group of the user; one with the user's name, which is made with the user's number if it is
    /// not there, if not given.
    pub group: Option<AccountName>,
    /// More groups that the user is a member of.
    #[serde(default)]
    pub groups: Vec<AccountName>,
    /// Home folder, `/home/NAME` if not given, and `/` for a system user.
    pub home: Option<AbsolutePath>,
    /// Whether the home folder is made, empty, owned by the user, with mode 0700; `true` if not
    /// given, and `false` for a system user. A folder that is there stays as it is, and a user that
    /// is there gets none.
    pub create_home: Option<bool>,
    /// Shell of the user, `/sbin/nologin` if not given.
    #[schemars(extend("default" = "/sbin/nologin"))]
    pub shell: Option<AbsolutePath>,
    /// Full name or other comment.
    #[schemars(example = &"Application")]
    pub comment: Option<String>,
    /// Whether its number comes from the range of system users (below 1000).
    #[serde(default)]
    pub system: bool,
}
