//! User and group names, looked up in the root's own files (passwd(5), group(5)).

use crate::plan::{Owner, Principal};
use crate::tree::Tree;

use super::ExecuteError;
use super::accounts::Database;

/// The ids that `owner` names in `tree`; a group that is not named is `usual_group`, or for a user
/// by name the user's own.
pub(super) fn resolve(
    tree: &Tree,
    owner: &Owner,
    usual_group: Option<u32>,
) -> Result<(u32, u32), ExecuteError> {
    let (uid, own_group) = match &owner.user {
        Principal::Id(uid) => (*uid, None),
        Principal::Name(name) if name == "root" => (0, Some(0)),
        Principal::Name(name) => lookup(tree, "etc/passwd", "user", name)?,
    };
    let gid = match &owner.group {
        Some(Principal::Id(gid)) => *gid,
        Some(Principal::Name(name)) if name == "root" => 0,
        Some(Principal::Name(name)) => lookup(tree, "etc/group", "group", name)?.0,
        None => usual_group.or(own_group).unwrap_or(0),
    };
    Ok((uid, gid))
}

/// The third field of the line of `name`, and the fourth where it is an id.
fn lookup(
    tree: &Tree,
    file: &str,
    kind: &'static str,
    name: &str,
) -> Result<(u32, Option<u32>), ExecuteError> {
    let database = Database::read(tree, file)?;
    let line = database.find(name);
    line.and_then(|line| Some((line.id(2)?, line.id(3))))
        .ok_or_else(|| ExecuteError::UnknownName {
            kind,
            name: name.to_owned(),
        })
}
