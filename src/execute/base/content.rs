//! The bytes of files, and how much there may be of everything.

use std::fs::File;
use std::io::Read;

use crate::execute::{ExecuteError, error::shown};
use crate::tar::{EntryProblem, Lost, Member, Part, fill};

use super::applying::Applying;

impl Applying<'_, '_> {
    /// Counts an entry before it is made.
    pub(super) fn count(&mut self, length: usize) -> Result<(), ExecuteError> {
        self.entries += 1;
        self.name_bytes = self.name_bytes.saturating_add(length as u64);
        let limits = &self.limits;
        for (what, found, most) in [
            ("entries", self.entries, limits.entries),
            ("bytes of names", self.name_bytes, limits.names),
        ] {
            if found > most {
                return Err(self.too_many(what, most));
            }
        }
        Ok(())
    }

    /// Counts bytes before they are written.
    pub(super) fn room(&mut self, size: u64) -> Result<(), ExecuteError> {
        self.bytes = self.bytes.saturating_add(size);
        if self.bytes > self.limits.bytes {
            return Err(self.too_many("bytes", self.limits.bytes));
        }
        Ok(())
    }

    pub(super) fn fill(
        &self,
        file: &mut File,
        member: &Member,
        size: u64,
        parts: Option<&[Part]>,
        content: &mut dyn Read,
    ) -> Result<(), ExecuteError> {
        let is_cancelled = || self.cancel.is_cancelled();
        fill(file, size, parts, content, &is_cancelled).map_err(|lost| match lost {
            Lost::Cancelled => ExecuteError::CANCELLED,
            Lost::Truncated => self.entry(&member.name, EntryProblem::Truncated),
            Lost::Read(error) => self.unreadable(error),
            Lost::Write(source) => ExecuteError::Write {
                path: shown(&member.name),
                source,
            },
        })
    }
}
