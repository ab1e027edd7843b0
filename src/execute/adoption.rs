//! Whose the files are that a command made as another user than root, where no other user is.

use std::os::unix::ffi::OsStrExt;

use crate::rootfs::{Permission, Rootfs};
use crate::store::Draft;
use crate::tree::{Attributes, Kind, Marks, Recorded, Tree, Upper, WalkOptions, walk};

use super::ExecuteError;

/// Gives everything that is new in the change set to `identity`, which made it: what was there
/// before belongs to whom it belonged.
pub(super) fn adopt(
    below: &Tree,
    draft: &Draft,
    (uid, gid): (u32, u32),
    attributes: &mut Attributes,
) -> Result<(), ExecuteError> {
    let options = WalkOptions {
        marks: Marks::User,
        ..WalkOptions::default()
    };
    let changes = walk(&Upper::open(draft.upper())?, &options)?;
    let upper = Rootfs::open(draft.upper())?;
    for entry in changes.entries() {
        let is_old = (below.get(&entry.path)).is_some_and(|old| {
            std::mem::discriminant(&old.kind) == std::mem::discriminant(&entry.kind)
        });
        if is_old || entry.path.is_empty() || (entry.uid, entry.gid) != (0, 0) {
            continue;
        }
        if matches!(entry.kind, Kind::File { .. } | Kind::Directory) {
            let recorded = Recorded {
                uid,
                gid,
                device: None,
            };
            let path = std::ffi::OsStr::from_bytes(&entry.path);
            // Where even a note is refused there is the table.
            if upper.set_xattr(path, Recorded::XATTR, &recorded.to_value())? == Permission::Granted
            {
                continue;
            }
        }
        let row = attributes.entry(&entry.path);
        (row.uid, row.gid) = (uid, gid);
    }
    Ok(())
}
