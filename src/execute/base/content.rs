//! The bytes of files, and how much there may be of everything.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use crate::execute::archive::{EntryProblem, Member, Part};
use crate::execute::{ExecuteError, error::shown};

use super::applying::Applying;

const BLOCK: usize = 1 << 16;

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
        let failed = |source| ExecuteError::Write {
            path: shown(&member.name),
            source,
        };
        let Some(parts) = parts else {
            return self.copy(file, member, size, content);
        };
        for part in parts {
            file.seek(SeekFrom::Start(part.offset)).map_err(failed)?;
            self.copy(file, member, part.length, content)?;
        }
        file.set_len(size).map_err(failed)
    }

    pub(super) fn copy(
        &self,
        file: &mut File,
        member: &Member,
        size: u64,
        content: &mut dyn Read,
    ) -> Result<(), ExecuteError> {
        let mut block = vec![0; BLOCK.min(usize::try_from(size).unwrap_or(BLOCK))];
        let mut left = size;
        while left > 0 {
            self.check_cancelled()?;
            let most = block.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            let length = match content.read(&mut block[..most]) {
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return Err(self.entry(&member.name, EntryProblem::Truncated));
                }
                Err(error) => return Err(self.unreadable(error)),
            };
            if length == 0 {
                return Err(self.entry(&member.name, EntryProblem::Truncated));
            }
            let written = file.write_all(&block[..length]);
            written.map_err(|source| ExecuteError::Write {
                path: shown(&member.name),
                source,
            })?;
            left -= length as u64;
        }
        Ok(())
    }
}
