//! Whose the files are that a command made, where the disk has one owner for all.
//!
//! A new file belongs to the user that makes it, and to that user's group or, in a folder with the
//! set-group-id bit, to the folder's (mkdir(2)). The kernel did so with the one id that there is.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::mem::discriminant;
use std::os::unix::ffi::OsStrExt;

use crate::rootfs::{Permission, Rootfs};
use crate::store::Draft;
use crate::tree::{Attributes, Entry, Kind, Marks, Recorded, Tree, Upper, WalkOptions, walk};

use super::ExecuteError;

const SET_GROUP_ID: u32 = 0o2000;

/// Notes at everything that is new in the change set, and was not given away, that it belongs to
/// `identity`, which made it. What was there before belongs to whom it belonged.
pub(super) fn adopt(
    below: &Tree,
    draft: &Draft,
    identity: (u32, u32),
    attributes: &mut Attributes,
) -> Result<(), ExecuteError> {
    let options = WalkOptions {
        marks: Marks::User,
        attributes: Some(attributes),
        ..WalkOptions::default()
    };
    let changes = walk(&Upper::open(draft.upper())?, &options)?;
    let upper = Rootfs::open(draft.upper())?;
    // Groups that new entries of a folder get, if the folder says.
    let mut groups: BTreeMap<&[u8], u32> = BTreeMap::new();
    for entry in changes.entries() {
        let is_folder = entry.is_directory();
        let above = entry.path.iter().rposition(|byte| *byte == b'/');
        let above = groups.get(&entry.path[..above.unwrap_or(0)]).copied();
        let (uid, gid) = (identity.0, above.unwrap_or(identity.1));
        let mut group = entry.gid;
        if (uid, gid) != (0, 0)
            && is_new(below, entry)
            && attributes.get(&entry.path).is_none()
            && !is_noted(&upper, entry)?
        {
            group = gid;
            note(&upper, entry, (uid, gid), attributes)?;
        }
        if is_folder && entry.mode & SET_GROUP_ID != 0 {
            groups.insert(&entry.path, group);
        }
    }
    Ok(())
}

/// Whether the command made the entry.
fn is_new(below: &Tree, entry: &Entry) -> bool {
    let old = below.get(&entry.path);
    !entry.path.is_empty()
        && old.is_none_or(|old| discriminant(&old.kind) != discriminant(&entry.kind))
}

fn takes_notes(entry: &Entry) -> bool {
    matches!(entry.kind, Kind::File { .. } | Kind::Directory)
}

/// Whether the command gave the entry to somebody: also to root.
fn is_noted(upper: &Rootfs, entry: &Entry) -> Result<bool, ExecuteError> {
    if !takes_notes(entry) {
        return Ok(false);
    }
    let note = upper.xattr(OsStr::from_bytes(&entry.path), Recorded::XATTR)?;
    Ok(note.is_some())
}

fn note(
    upper: &Rootfs,
    entry: &Entry,
    (uid, gid): (u32, u32),
    attributes: &mut Attributes,
) -> Result<(), ExecuteError> {
    if takes_notes(entry) {
        let recorded = Recorded {
            uid,
            gid,
            device: None,
        };
        let path = OsStr::from_bytes(&entry.path);
        let value = recorded.to_value();
        if upper.set_xattr(path, Recorded::XATTR, &value)? == Permission::Granted {
            return Ok(());
        }
    }
    // What cannot have notes is in the table.
    let row = attributes.entry(&entry.path);
    (row.uid, row.gid) = (uid, gid);
    Ok(())
}
