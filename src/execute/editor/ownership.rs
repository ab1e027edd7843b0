//! Owner and mode of what is edited, on disk or in the table beside it.

use crate::execute::ExecuteError;
use crate::rootfs::{Owner, Permission};
use crate::tree::{Entry, Marks, Upper, WalkOptions, walk};

use super::{Editor, Present};

/// Owner and permission bits of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::execute) struct Ownership {
    pub(in crate::execute) uid: u32,
    pub(in crate::execute) gid: u32,
    pub(in crate::execute) mode: u32,
}

impl Ownership {
    /// What a folder has that nobody asked for.
    pub(in crate::execute) const FOLDER: Self = Self {
        uid: 0,
        gid: 0,
        mode: 0o755,
    };

    pub(in crate::execute) fn of(entry: &Entry) -> Self {
        Self {
            uid: entry.uid,
            gid: entry.gid,
            mode: entry.mode,
        }
    }

    pub(super) fn owner(self) -> Owner {
        Owner {
            uid: self.uid,
            gid: self.gid,
        }
    }
}

impl Editor<'_> {
    /// Owner and mode of what is at `path` now.
    pub(in crate::execute) fn ownership(
        &self,
        path: &[u8],
    ) -> Result<Option<Ownership>, ExecuteError> {
        match self.present(path)? {
            Present::Nothing => return Ok(None),
            Present::Lower(entry) => return Ok(Some(Ownership::of(entry))),
            Present::Upper(_) => {}
        }
        let (folder, name) = self.place(path);
        let Some(found) = folder.link_metadata(name)? else {
            return Ok(None);
        };
        let (uid, gid, mode) = match self.attributes.get(path) {
            Some(row) => (row.uid, row.gid, row.mode.unwrap_or(found.mode)),
            None if self.unprivileged => (0, 0, found.mode),
            None => (found.uid, found.gid, found.mode),
        };
        Ok(Some(Ownership { uid, gid, mode }))
    }

    /// Notes what is at `path`, which has the mode `on_disk`, if the disk cannot say it.
    pub(super) fn note(
        &mut self,
        path: &[u8],
        wanted: Ownership,
        on_disk: u32,
        permission: Permission,
    ) -> Result<(), ExecuteError> {
        if permission == Permission::Denied {
            self.refused()?;
        }
        // Most of an image needs no row.
        let is_plain = (wanted.uid, wanted.gid, wanted.mode) == (0, 0, on_disk);
        if self.unprivileged && !(is_plain && self.attributes.get(path).is_none()) {
            let row = self.attributes.entry(path);
            (row.uid, row.gid, row.mode) = (wanted.uid, wanted.gid, Some(wanted.mode));
        }
        Ok(())
    }

    /// The disk has refused something. From now on the table is kept, and it begins with all that
    /// the disk has taken so far: what has no row in it belongs to 0:0.
    pub(super) fn refused(&mut self) -> Result<(), ExecuteError> {
        if self.unprivileged {
            return Ok(());
        }
        self.unprivileged = true;
        let upper = Upper::open(self.upper.path().to_owned())?;
        let options = WalkOptions {
            marks: Marks::None,
            ..WalkOptions::default()
        };
        for entry in walk(&upper, &options)?.entries() {
            let row = self.attributes.entry(&entry.path);
            (row.uid, row.gid, row.mode) = (entry.uid, entry.gid, Some(entry.mode));
        }
        Ok(())
    }
}
