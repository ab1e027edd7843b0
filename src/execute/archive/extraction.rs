//! How an archive is unpacked: what it is, where it goes, and how much it may hold.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use crate::plan::{BytePath, Mode};
use crate::progress::Reporter;
use crate::sandbox::Cancel;
use crate::tar::{EntryProblem, Fault, Format, Tape};

use super::unpacking::Unpacking;
use super::{ArchiveError, zipped};
use crate::execute::ExecuteError;
use crate::execute::editor::{Editor, Ownership};

/// How much an archive may hold.
#[derive(Debug, Clone, Copy)]
pub(in crate::execute) struct Limits {
    /// Folders that are only part of a name count as well.
    pub(in crate::execute) entries: u64,
    /// Of the paths of all entries together: a name may have a thousand folders in it.
    pub(in crate::execute) names: u64,
    /// Of all files together, and of the stream that an archive is when it is uncompressed.
    pub(in crate::execute) bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            entries: 2_000_000,
            names: 256 << 20,
            bytes: 64 << 30,
        }
    }
}

/// How an archive is to be unpacked.
pub(in crate::execute) struct Extraction<'a> {
    /// Where it came from, for messages.
    pub(in crate::execute) url: &'a str,
    /// Absolute path of a folder in the root.
    pub(in crate::execute) to: &'a BytePath,
    /// Parts to leave out at the beginning of each name.
    pub(in crate::execute) strip: u32,
    pub(in crate::execute) owner: (u32, u32),
    /// For files, instead of the archive's.
    pub(in crate::execute) mode: Option<&'a Mode>,
    pub(in crate::execute) limits: Limits,
    pub(in crate::execute) cancel: &'a Cancel,
    pub(in crate::execute) reporter: &'a dyn Reporter,
    /// Number of the step, for events.
    pub(in crate::execute) step: usize,
}

impl Extraction<'_> {
    /// Unpacks `file`.
    pub(in crate::execute) fn run(
        &self,
        mut file: File,
        editor: &mut Editor,
    ) -> Result<(), ExecuteError> {
        let failed = |source| ArchiveError::Read {
            url: self.url.to_owned(),
            source,
        };
        let mut start = Vec::new();
        ((&mut file).take(6).read_to_end(&mut start)).map_err(failed)?;
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        let format = Format::of(&start);
        let mut unpacking = Unpacking::new(self, editor)?;
        match format {
            Format::Zip => zipped::unpack(file, &mut unpacking)?,
            _ => {
                let stream = format.read(BufReader::new(file)).map_err(failed)?;
                let stream = Bounded {
                    inner: stream,
                    left: self.limits.bytes,
                    cancel: self.cancel,
                };
                self.tar(Tape::new(stream, self.limits.entries), &mut unpacking)?;
            }
        }
        unpacking.finish();
        Ok(())
    }

    fn tar(
        &self,
        mut tape: Tape<impl Read>,
        unpacking: &mut Unpacking<'_, '_>,
    ) -> Result<(), ExecuteError> {
        loop {
            match tape.next().map_err(|fault| self.fault(fault))? {
                Some(member) => unpacking.member(&member, &mut tape)?,
                None => return Ok(()),
            }
        }
    }

    fn fault(&self, fault: Fault) -> ExecuteError {
        match fault {
            Fault::Read(error) => self.failed(error),
            Fault::NoTar => ArchiveError::Format {
                url: self.url.to_owned(),
            }
            .into(),
            Fault::TooMany => self.too_many("entries", self.limits.entries).into(),
            Fault::Entry(name, problem) => self.entry(&name, problem).into(),
        }
    }

    pub(super) fn too_many(&self, what: &'static str, most: u64) -> ArchiveError {
        ArchiveError::Limit {
            url: self.url.to_owned(),
            what,
            most,
        }
    }

    /// Why the stream that an archive is could not be read further.
    pub(super) fn failed(&self, error: io::Error) -> ExecuteError {
        if self.cancel.is_cancelled() {
            return ExecuteError::CANCELLED;
        }
        if is_bound(&error) {
            return self.too_many("bytes", self.limits.bytes).into();
        }
        let url = self.url.to_owned();
        ArchiveError::Read { url, source: error }.into()
    }

    pub(super) fn entry(&self, name: &[u8], problem: EntryProblem) -> ArchiveError {
        ArchiveError::Entry {
            url: self.url.to_owned(),
            entry: name.to_vec().into(),
            problem,
        }
    }

    pub(super) fn unreadable(&self, name: &[u8], source: io::Error) -> ArchiveError {
        ArchiveError::Content {
            url: self.url.to_owned(),
            entry: name.to_vec().into(),
            source,
        }
    }

    /// What the step gives everything, with a mode of its own.
    pub(super) fn ownership(&self, mode: u32) -> Ownership {
        let (uid, gid) = self.owner;
        Ownership { uid, gid, mode }
    }
}

/// A stream that fails after so many bytes, and when nobody wants it any more: what is passed over
/// may be long as well.
pub(in crate::execute) struct Bounded<'a, R> {
    pub(in crate::execute) inner: R,
    pub(in crate::execute) left: u64,
    pub(in crate::execute) cancel: &'a Cancel,
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.cancel.is_cancelled() {
            return Err(io::Error::other("interrupted"));
        }
        if self.left == 0 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let most = buffer
            .len()
            .min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let length = self.inner.read(&mut buffer[..most])?;
        self.left -= length as u64;
        Ok(length)
    }
}

/// Whether an error is that of [`Bounded`].
pub(in crate::execute) fn is_bound(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::FileTooLarge && error.raw_os_error().is_none()
}
