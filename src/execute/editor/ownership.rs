//! Whose an entry is, and how that is kept where the disk cannot say it.

use crate::execute::ExecuteError;
use crate::rootfs::{FileKind, Owner, Permission};
use crate::tree::{Attributes, Entry, Marks, Recorded, Upper, WalkOptions, walk};

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
            None if self.incomplete && !self.records => (0, 0, found.mode),
            None => (found.uid, found.gid, found.mode),
        };
        Ok(Some(Ownership { uid, gid, mode }))
    }

    /// Notes what an entry should be, which has the mode `on_disk`, if the disk cannot say it.
    pub(super) fn note(
        &mut self,
        path: &[u8],
        wanted: Ownership,
        on_disk: u32,
        permission: Permission,
    ) -> Result<(), ExecuteError> {
        if permission == Permission::Denied {
            self.refused()?;
            self.restricted |= !self.records;
        }
        let is_said = match self.records {
            true => permission == Permission::Granted,
            // Most of an image needs no row.
            false => !self.incomplete || (wanted.uid, wanted.gid, wanted.mode) == (0, 0, on_disk),
        };
        if is_said && self.attributes.get(path).is_none() {
            return Ok(());
        }
        let row = self.attributes.entry(path);
        (row.uid, row.gid, row.mode) = (wanted.uid, wanted.gid, Some(wanted.mode));
        if permission == Permission::Denied || row.device.is_some() {
            self.record(path)?;
        }
        Ok(())
    }

    /// The disk has refused something. From now on the table is kept, and it begins with all that
    /// the disk has taken so far, unless what has no row in it is what the disk says.
    pub(super) fn refused(&mut self) -> Result<(), ExecuteError> {
        if self.incomplete {
            return Ok(());
        }
        self.incomplete = true;
        if self.records {
            return Ok(());
        }
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

    /// Notes at an entry whose it is, as far as it can have notes.
    fn record(&self, path: &[u8]) -> Result<(), ExecuteError> {
        let Some(row) = self.attributes.get(path).filter(|_| self.records) else {
            return Ok(());
        };
        let (folder, name) = self.place(path);
        let takes_notes = |kind| matches!(kind, FileKind::File | FileKind::Directory);
        let found = folder.link_metadata(name)?;
        if found.is_none_or(|found| !takes_notes(found.kind)) {
            return Ok(());
        }
        let recorded = Recorded {
            uid: row.uid,
            gid: row.gid,
            device: row.device,
        };
        // If even that is refused, there is still the row.
        let _ = folder.set_xattr(name, Recorded::XATTR, &recorded.to_value())?;
        Ok(())
    }

    /// Takes over what a command did to the change set meanwhile: its notes are at the entries, and
    /// `more` is what entries cannot have.
    pub(in crate::execute) fn learn(&mut self, more: &Attributes) {
        // The command may have changed the root directory too.
        if self.records {
            self.attributes.remove(b"");
        }
        for (path, row) in more.iter() {
            self.incomplete = true;
            self.attributes.insert(path, row.clone());
        }
    }

    /// What was noted at an entry holds no longer: the disk says it now.
    pub(super) fn strike(&self, path: &[u8]) -> Result<(), ExecuteError> {
        if self.records {
            let (folder, name) = self.place(path);
            folder.remove_xattr(name, Recorded::XATTR)?;
        }
        Ok(())
    }

    /// What nobody may read has to stay readable, and a folder usable, for its maker.
    pub(super) fn disk_mode(&self, mode: u32, directory: bool) -> u32 {
        match (self.restricted, directory) {
            (false, _) => mode,
            (true, true) => mode | 0o700,
            (true, false) => mode | 0o600,
        }
    }
}
