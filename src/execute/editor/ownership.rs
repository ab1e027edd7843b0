//! Whose an entry is, and how that is kept where the disk cannot say it.

use crate::execute::ExecuteError;
use crate::rootfs::{FileKind, Owner, Permission};
use crate::tree::{Attributes, Entry, Recorded};

use super::Editor;

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
    /// Notes what an entry should be, which the disk took or did not take.
    pub(super) fn note(
        &mut self,
        path: &[u8],
        wanted: Ownership,
        permission: Permission,
    ) -> Result<(), ExecuteError> {
        // Also while the disk takes everything: the first refusal may come late, and an entry
        // without a row would then belong to 0:0.
        let row = self.attributes.entry(path);
        (row.uid, row.gid, row.mode) = (wanted.uid, wanted.gid, Some(wanted.mode));
        let stands_for_a_device = row.device.is_some();
        if permission == Permission::Denied {
            self.incomplete = true;
            self.restricted |= !self.records;
        }
        if permission == Permission::Denied || stands_for_a_device {
            self.record(path)?;
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
