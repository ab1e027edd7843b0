//! Members of an archive, written into a root.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};

use crate::plan::{BytePath, Mode};
use crate::progress::{Event, Reporter};
use crate::sandbox::{Cancel, Exit};

use super::compression::Format;
use super::member::{Member, MemberKind, Part, relative};
use super::tape::{Fault, Tape};
use super::{ArchiveError, EntryProblem, zipped};
use crate::execute::ExecuteError;
use crate::execute::editor::{Editor, Ownership, Present};
use crate::execute::error::shown;

/// Bytes between two looks at the wish to stop.
const BLOCK: usize = 1 << 16;

/// How much an archive may hold.
#[derive(Debug, Clone, Copy)]
pub(in crate::execute) struct Limits {
    pub(in crate::execute) entries: u64,
    /// Of all files together, and of the stream that an archive is when it is uncompressed.
    pub(in crate::execute) bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            entries: 2_000_000,
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
        let mut unpacking = Unpacking {
            extraction: self,
            editor,
            others: BTreeSet::new(),
            made: BTreeSet::new(),
            folders: BTreeSet::new(),
            bytes: 0,
            devices: Vec::new(),
        };
        unpacking.folder(b"")?;
        match format {
            Format::Zip => zipped::unpack(file, &mut unpacking)?,
            _ => {
                let stream = format.read(BufReader::new(file)).map_err(failed)?;
                let stream = Bounded {
                    inner: stream,
                    left: self.limits.bytes,
                };
                self.tar(Tape::new(stream, self.limits.entries), &mut unpacking)?;
            }
        }
        self.warn(&unpacking.devices);
        Ok(())
    }

    fn tar(
        &self,
        mut tape: Tape<impl Read>,
        unpacking: &mut Unpacking<'_, '_>,
    ) -> Result<(), ExecuteError> {
        loop {
            let next = tape.next().map_err(|fault| match fault {
                Fault::Read(error) if is_bound(&error) => self.too_many_bytes(),
                fault => fault.of(self.url, self.limits.entries),
            });
            match next? {
                Some(member) => unpacking.member(&member, &mut tape)?,
                None => return Ok(()),
            }
        }
    }

    pub(super) fn too_many_bytes(&self) -> ArchiveError {
        ArchiveError::Limit {
            url: self.url.to_owned(),
            what: "bytes",
            most: self.limits.bytes,
        }
    }

    pub(super) fn entry(&self, name: &[u8], problem: EntryProblem) -> ArchiveError {
        ArchiveError::Entry {
            url: self.url.to_owned(),
            entry: name.to_vec().into(),
            problem,
        }
    }

    fn warn(&self, devices: &[Vec<u8>]) {
        let Some(first) = devices.first() else {
            return;
        };
        let (step, first) = (self.step, BytePath::from(first.clone()));
        let message = match devices.len() {
            1 => format!("step {step}: device `{first}` of the archive is left out"),
            all => format!(
                "step {step}: {all} devices of the archive are left out, the first is `{first}`"
            ),
        };
        self.reporter.report(&Event::Warning { message: &message });
    }
}

/// An archive while it is unpacked.
pub(super) struct Unpacking<'a, 'e> {
    pub(super) extraction: &'a Extraction<'a>,
    editor: &'a mut Editor<'e>,
    /// Names that the archive gave to something else than folders.
    others: BTreeSet<Vec<u8>>,
    /// Paths in the root of the folders that this step made.
    made: BTreeSet<Vec<u8>>,
    /// Names below which something was written, so that the folder is there.
    folders: BTreeSet<Vec<u8>>,
    /// Of all files so far.
    bytes: u64,
    /// Names of what is left out.
    devices: Vec<Vec<u8>>,
}

impl Unpacking<'_, '_> {
    /// Writes one member, whose bytes come from `content`.
    pub(super) fn member(
        &mut self,
        member: &Member,
        content: &mut dyn Read,
    ) -> Result<(), ExecuteError> {
        self.check_cancelled()?;
        let at = |problem| self.extraction.entry(&member.name, problem);
        let Some(name) = relative(&member.name, self.extraction.strip).map_err(at)? else {
            return Ok(());
        };
        if let Some(above) = ends(&name).find(|end| self.others.contains(&name[..*end])) {
            let above = BytePath::from(name[..above].to_vec()).to_string();
            return Err(at(EntryProblem::Below { above }).into());
        }
        if name.is_empty() && member.kind != MemberKind::Directory {
            return Err(at(EntryProblem::Top).into());
        }
        let written = self.write(member, &name, content);
        written.map_err(|error| match error {
            ExecuteError::IsADirectory { .. } => self
                .extraction
                .entry(&member.name, EntryProblem::Folder)
                .into(),
            ExecuteError::NotADirectory { .. } => {
                let problem = EntryProblem::NotAFolder;
                self.extraction.entry(&member.name, problem).into()
            }
            other => other,
        })
    }

    fn write(
        &mut self,
        member: &Member,
        name: &[u8],
        content: &mut dyn Read,
    ) -> Result<(), ExecuteError> {
        if matches!(member.kind, MemberKind::Device) {
            self.devices.push(name.to_vec());
            return Ok(());
        }
        for end in ends(name) {
            self.folder(&name[..end])?;
        }
        let to = self.extraction.to.join(&name.to_vec().into());
        let wanted = |mode| self.extraction.ownership(mode);
        if matches!(member.kind, MemberKind::Directory) {
            self.folder(name)?;
            let path = self.editor.follow(&to)?;
            // A folder that was there before keeps what it has.
            if self.made.contains(&path) {
                let wanted = wanted(member.mode.unwrap_or(0o755));
                self.editor.change(&path, wanted)?;
            }
            return Ok(());
        }
        let path = self.editor.locate(&to)?;
        match &member.kind {
            MemberKind::File { size, parts } => {
                let mode = member.mode.unwrap_or(0o644);
                let mode = (self.extraction.mode).map_or(mode, |wanted| wanted.apply(mode, false));
                let wanted = wanted(mode);
                self.room(*size)?;
                let mut file = self.editor.file(&path, wanted)?;
                self.fill(&mut file, member, *size, parts.as_deref(), content)?;
                drop(file);
                self.editor.seal(&path, wanted)?;
            }
            MemberKind::Symlink { target } => {
                self.editor.symlink(&path, target, wanted(0o777))?;
            }
            MemberKind::HardLink { target } => {
                self.hard_link(member, target, name, &path)?;
            }
            MemberKind::Fifo => {
                self.editor.make_room(&path)?;
                let kind = crate::rootfs::FileKind::Fifo;
                let mode = member.mode.unwrap_or(0o644);
                self.editor.special(&path, kind, (0, 0), wanted(mode))?;
            }
            MemberKind::Directory | MemberKind::Device => {}
        }
        self.others.insert(name.to_vec());
        Ok(())
    }

    /// Makes sure that there is a folder of this name.
    fn folder(&mut self, name: &[u8]) -> Result<(), ExecuteError> {
        if self.folders.contains(name) {
            return Ok(());
        }
        let path = self.extraction.to.join(&name.to_vec().into());
        let path = self.editor.follow(&path)?;
        let is_new = matches!(self.editor.present(&path)?, Present::Nothing);
        let wanted = self.extraction.ownership(0o755);
        self.editor.directory(&path, wanted)?;
        if is_new {
            self.made.insert(path);
        }
        self.folders.insert(name.to_vec());
        Ok(())
    }

    /// The link names its file as the archive does, with all parts in front.
    fn hard_link(
        &mut self,
        member: &Member,
        target: &[u8],
        name: &[u8],
        path: &[u8],
    ) -> Result<(), ExecuteError> {
        let missing = || {
            let target = BytePath::from(target.to_vec()).to_string();
            let problem = EntryProblem::HardLink { target };
            self.extraction.entry(&member.name, problem)
        };
        let found = relative(target, self.extraction.strip);
        let existing = found.ok().flatten().ok_or_else(missing)?;
        if !self.others.contains(&existing) {
            return Err(missing().into());
        }
        if existing == name {
            return Ok(());
        }
        let existing = self.extraction.to.join(&existing.into());
        let existing = self.editor.locate(&existing)?;
        self.editor.hard_link(&existing, path)
    }

    /// Counts bytes before they are written.
    fn room(&mut self, size: u64) -> Result<(), ExecuteError> {
        self.bytes = self.bytes.saturating_add(size);
        if self.bytes > self.extraction.limits.bytes {
            return Err(self.extraction.too_many_bytes().into());
        }
        Ok(())
    }

    fn fill(
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
        match parts {
            None => self.copy(file, member, size, content)?,
            Some(parts) => {
                for part in parts {
                    file.seek(SeekFrom::Start(part.offset)).map_err(failed)?;
                    self.copy(file, member, part.length, content)?;
                }
                file.set_len(size).map_err(failed)?;
            }
        }
        // Only at its end a zip's checksum is looked at.
        match content.read(&mut [0]) {
            Ok(0) => Ok(()),
            Ok(_) => {
                let problem = EntryProblem::Header("fewer bytes than there are");
                Err(self.extraction.entry(&member.name, problem).into())
            }
            Err(source) => {
                let url = self.extraction.url.to_owned();
                Err(ArchiveError::Read { url, source }.into())
            }
        }
    }

    fn copy(
        &self,
        file: &mut File,
        member: &Member,
        size: u64,
        content: &mut dyn Read,
    ) -> Result<(), ExecuteError> {
        let mut block = vec![0; BLOCK];
        let mut left = size;
        while left > 0 {
            self.check_cancelled()?;
            let most = block.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            let length = match content.read(&mut block[..most]) {
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => 0,
                Err(error) if is_bound(&error) => {
                    return Err(self.extraction.too_many_bytes().into());
                }
                Err(source) => {
                    let url = self.extraction.url.to_owned();
                    return Err(ArchiveError::Read { url, source }.into());
                }
            };
            if length == 0 {
                let problem = EntryProblem::Truncated;
                return Err(self.extraction.entry(&member.name, problem).into());
            }
            (file.write_all(&block[..length])).map_err(|source| ExecuteError::Write {
                path: shown(&member.name),
                source,
            })?;
            left -= length as u64;
        }
        Ok(())
    }

    fn check_cancelled(&self) -> Result<(), ExecuteError> {
        match self.extraction.cancel.is_cancelled() {
            true => Err(ExecuteError::Exit {
                exit: Exit::Cancelled,
                last_lines: Vec::new(),
            }),
            false => Ok(()),
        }
    }
}

impl Extraction<'_> {
    fn ownership(&self, mode: u32) -> Ownership {
        let (uid, gid) = self.owner;
        Ownership { uid, gid, mode }
    }
}

/// Where the folders above a name end in it, outermost first.
fn ends(name: &[u8]) -> impl Iterator<Item = usize> + use<'_> {
    let slashes = name.iter().enumerate().filter(|(_, byte)| **byte == b'/');
    slashes.map(|(end, _)| end)
}

/// A stream that fails after so many bytes.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
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
fn is_bound(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::FileTooLarge && error.raw_os_error().is_none()
}
