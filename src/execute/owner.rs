//! User and group names, looked up in the root's own files (passwd(5), group(5)).

use std::io::Read;

use crate::plan::{Owner, Principal};
use crate::tree::{Kind, Tree};

use super::ExecuteError;

/// A larger file is not a password file.
const LARGEST: u64 = 16 * 1024 * 1024;

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
        Principal::Name(name) => {
            let fields = lookup(tree, "etc/passwd", "user", name)?;
            (fields.0, fields.1)
        }
    };
    let gid = match &owner.group {
        Some(Principal::Id(gid)) => *gid,
        Some(Principal::Name(name)) if name == "root" => 0,
        Some(Principal::Name(name)) => lookup(tree, "etc/group", "group", name)?.0,
        None => usual_group.or(own_group).unwrap_or(0),
    };
    Ok((uid, gid))
}

/// The third field of the line of `name`, and the fourth where it is a number.
fn lookup(
    tree: &Tree,
    file: &str,
    kind: &'static str,
    name: &str,
) -> Result<(u32, Option<u32>), ExecuteError> {
    let text = read(tree, file)?;
    (text.lines())
        .find_map(|line| {
            let mut fields = line.split(':');
            let found = fields.next() == Some(name);
            let id = fields.nth(1)?.parse().ok()?;
            found.then(|| (id, fields.next().and_then(|group| group.parse().ok())))
        })
        .ok_or_else(|| ExecuteError::UnknownName {
            kind,
            name: name.to_owned(),
        })
}

/// A file of the root as text; a root without it has no names.
fn read(tree: &Tree, path: &str) -> Result<String, ExecuteError> {
    let Some(entry) = tree.resolve(path.as_bytes())?.entry else {
        return Ok(String::new());
    };
    if !matches!(entry.kind, Kind::File { size, .. } if size <= LARGEST) {
        return Ok(String::new());
    }
    let mut bytes = Vec::new();
    if let Some(file) = entry.open()? {
        (file.take(LARGEST).read_to_end(&mut bytes)).map_err(|source| ExecuteError::Input {
            path: format!("/{path}"),
            source,
        })?;
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
