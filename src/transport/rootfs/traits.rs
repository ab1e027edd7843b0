//! What an entry of a layer says besides its content.

use crate::rootfs::Owner;
use crate::tar::{EntryProblem, Member, MemberKind};

/// Owner, mode, time and extended attributes.
#[derive(Debug, Clone)]
pub(super) struct Traits {
    pub(super) mode: u32,
    pub(super) owner: Owner,
    /// Seconds since 1970, and nanoseconds.
    pub(super) modified: (i64, u32),
    /// Names and values.
    pub(super) xattrs: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Traits {
    /// Those of a directory that no layer lists.
    pub(super) fn implied() -> Self {
        Self {
            mode: 0o755,
            owner: Owner::ROOT,
            modified: (0, 0),
            xattrs: Vec::new(),
        }
    }

    /// Those of `member`.
    pub(super) fn of(member: &Member) -> Result<Self, EntryProblem> {
        let id = |id: Option<u64>| {
            // The largest means "as it is" to chown(2).
            id.and_then(|id| u32::try_from(id).ok())
                .filter(|id| *id < u32::MAX)
                .ok_or(EntryProblem::Owner)
        };
        let details = &member.details;
        let usual = match member.kind {
            MemberKind::Directory => 0o755,
            MemberKind::Symlink { .. } => 0o777,
            _ => 0o644,
        };
        Ok(Self {
            mode: member.mode.unwrap_or(usual),
            owner: Owner {
                uid: id(details.uid)?,
                gid: id(details.gid)?,
            },
            modified: (details.mtime.unwrap_or(0), details.nanoseconds),
            xattrs: details.xattrs.clone(),
        })
    }
}
