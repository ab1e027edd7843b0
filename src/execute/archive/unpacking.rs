//! Members of an archive, written into a root.

use std::fs::File;
use std::io::{self, Read};

use crate::plan::BytePath;
use crate::progress::Event;
use crate::rootfs::FileKind;
use crate::tar::{EntryProblem, LONGEST_LINK, Lost, Member, MemberKind, Part, fill, relative};

use super::ArchiveError;
use super::extraction::{Extraction, is_bound};
use crate::execute::ExecuteError;
use crate::execute::editor::{Editor, Present};
use crate::execute::error::shown;

/// An archive while it is unpacked.
pub(super) struct Unpacking<'a, 'e> {
    pub(super) extraction: &'a Extraction<'a>,
    editor: &'a mut Editor<'e>,
    /// The folder that is unpacked into, free of links.
    top: Vec<u8>,
    entries: u64,
    /// Bytes of the paths of all entries so far.
    names: u64,
    /// Of all files so far.
    bytes: u64,
    /// How many are left out.
    devices: u64,
    first_device: Option<BytePath>,
}

impl<'a, 'e> Unpacking<'a, 'e> {
    /// Begins with the folder that is unpacked into.
    pub(super) fn new(
        extraction: &'a Extraction<'a>,
        editor: &'a mut Editor<'e>,
    ) -> Result<Self, ExecuteError> {
        let top = editor.follow(extraction.to)?;
        editor.directory(&top, extraction.ownership(0o755))?;
        Ok(Self {
            extraction,
            editor,
            top,
            entries: 0,
            names: 0,
            bytes: 0,
            devices: 0,
            first_device: None,
        })
    }

    /// Tells what was left out.
    pub(super) fn finish(self) {
        let Some(first) = self.first_device else {
            return;
        };
        let step = self.extraction.step;
        let message = match self.devices {
            1 => format!("step {step}: device `{first}` of the archive is left out"),
            all => format!(
                "step {step}: {all} devices of the archive are left out, the first is `{first}`"
            ),
        };
        let reporter = self.extraction.reporter;
        reporter.report(&Event::Warning { message: &message });
    }

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
        if name.is_empty() && member.kind != MemberKind::Directory {
            return Err(at(EntryProblem::Top).into());
        }
        self.count(&name)?;
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
        let wanted = |mode| self.extraction.ownership(mode);
        let slash = name.iter().rposition(|byte| *byte == b'/');
        let (above, last) = name.split_at(slash.unwrap_or(0));
        let path = match member.kind {
            MemberKind::Device { .. } => {
                self.devices += 1;
                (self.first_device).get_or_insert_with(|| name.to_vec().into());
                return Ok(());
            }
            MemberKind::Directory if name.is_empty() => self.top.clone(),
            _ => {
                let folder = self.folder(member, above)?;
                let last = last.strip_prefix(b"/").unwrap_or(last);
                let path = BytePath::from(folder).join(&last.to_vec().into());
                path.as_bytes().to_vec()
            }
        };
        if matches!(member.kind, MemberKind::Directory) {
            // Of two entries of one name the later one wins.
            if self.editor.made_link(&path) {
                self.editor.remove(&path)?;
            }
            let path = self.folder(member, name)?;
            // A folder that was there before keeps what it has.
            if self
                .editor
                .tree()
                .get(&path)
                .is_none_or(|entry| !entry.is_directory())
            {
                let wanted = wanted(member.mode.unwrap_or(0o755));
                self.editor.change(&path, wanted)?;
            }
            return Ok(());
        }
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
                if target.is_empty() || target.len() > LONGEST_LINK || target.contains(&0) {
                    return Err(
                        (self.extraction.entry(&member.name, EntryProblem::LinkText)).into(),
                    );
                }
                self.editor.symlink(&path, target, wanted(0o777))?;
            }
            MemberKind::HardLink { target } => {
                self.hard_link(member, target, &path)?;
            }
            MemberKind::Fifo => {
                self.editor.make_room(&path)?;
                let kind = FileKind::Fifo;
                let mode = member.mode.unwrap_or(0o644);
                self.editor.special(&path, kind, (0, 0), wanted(mode))?;
            }
            MemberKind::Directory | MemberKind::Device { .. } => {}
        }
        Ok(())
    }

    /// Makes sure that there is a folder of this name, and gives its path in the root.
    fn folder(&mut self, member: &Member, name: &[u8]) -> Result<Vec<u8>, ExecuteError> {
        let to = self.extraction.to.join(&name.to_vec().into());
        let path = self.editor.follow(&to)?;
        self.check_place(member, name, &path)?;
        if let Present::Upper(FileKind::Directory) = self.editor.present(&path)? {
            return Ok(path);
        }
        let mut path = self.top.clone();
        let mut above = 0;
        for end in ends(name) {
            path = self.editor.enter(&path, &name[above..end])?;
            above = end + 1;
            self.check_cancelled()?;
            self.check_place(member, &name[..end], &path)?;
            if let Present::Nothing = self.editor.present(&path)? {
                self.count(&path)?;
            }
            let wanted = self.extraction.ownership(0o755);
            self.editor.directory(&path, wanted)?;
        }
        Ok(path)
    }

    /// Links of the root may lead anywhere in it; those that the archive brings may not lead out of
    /// the folder that it is unpacked into.
    fn check_place(&self, member: &Member, name: &[u8], path: &[u8]) -> Result<(), ExecuteError> {
        let below = path.strip_prefix(&*self.top);
        if below.is_some_and(|rest| self.top.is_empty() || rest.is_empty() || rest[0] == b'/') {
            return Ok(());
        }
        let to = self.extraction.to.join(&name.to_vec().into());
        match self.editor.tree().resolve(to.as_bytes()) {
            Ok(before) if before.path == path => Ok(()),
            _ => Err((self.extraction.entry(&member.name, EntryProblem::Leaves)).into()),
        }
    }

    /// The link names its file as the archive does, with all parts in front.
    fn hard_link(
        &mut self,
        member: &Member,
        target: &[u8],
        path: &[u8],
    ) -> Result<(), ExecuteError> {
        let missing = || {
            let target = BytePath::from(target.to_vec()).to_string();
            let problem = EntryProblem::HardLink { target };
            self.extraction.entry(&member.name, problem)
        };
        let found = relative(target, self.extraction.strip);
        let existing = found.ok().flatten().ok_or_else(missing)?;
        let existing = self.extraction.to.join(&existing.into());
        let existing = self.editor.locate(&existing)?;
        // What is in the upper directory and no folder was written by this step.
        match self.editor.present(&existing)? {
            Present::Upper(kind) if kind != FileKind::Directory => {
                self.editor.hard_link(&existing, path)
            }
            _ => Err(missing().into()),
        }
    }

    /// Counts an entry before it is made.
    fn count(&mut self, path: &[u8]) -> Result<(), ArchiveError> {
        let limits = &self.extraction.limits;
        self.entries += 1;
        self.names = self.names.saturating_add(path.len() as u64);
        if self.entries > limits.entries {
            return Err(self.extraction.too_many("entries", limits.entries));
        }
        if self.names > limits.names {
            return Err(self.extraction.too_many("bytes of names", limits.names));
        }
        Ok(())
    }

    /// Counts bytes before they are written.
    fn room(&mut self, size: u64) -> Result<(), ExecuteError> {
        self.bytes = self.bytes.saturating_add(size);
        if self.bytes > self.extraction.limits.bytes {
            let most = self.extraction.limits.bytes;
            return Err(self.extraction.too_many("bytes", most).into());
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
        let is_cancelled = || self.extraction.cancel.is_cancelled();
        fill(file, size, parts, content, &is_cancelled).map_err(|lost| match lost {
            Lost::Cancelled => ExecuteError::CANCELLED,
            Lost::Truncated => (self.extraction)
                .entry(&member.name, EntryProblem::Truncated)
                .into(),
            Lost::Read(error) if is_bound(&error) => self.extraction.failed(error),
            Lost::Read(source) => self.unreadable(member, source),
            Lost::Write(source) => ExecuteError::Write {
                path: shown(&member.name),
                source,
            },
        })?;
        // Only at its end a zip's checksum is looked at.
        match content.read(&mut [0]) {
            Ok(0) => Ok(()),
            Ok(_) => {
                let problem = EntryProblem::Header("fewer bytes than there are");
                Err(self.extraction.entry(&member.name, problem).into())
            }
            Err(source) => Err(self.unreadable(member, source)),
        }
    }

    fn unreadable(&self, member: &Member, source: io::Error) -> ExecuteError {
        match self.check_cancelled() {
            Ok(()) => (self.extraction.unreadable(&member.name, source)).into(),
            Err(cancelled) => cancelled,
        }
    }

    fn check_cancelled(&self) -> Result<(), ExecuteError> {
        match self.extraction.cancel.is_cancelled() {
            true => Err(ExecuteError::CANCELLED),
            false => Ok(()),
        }
    }
}

/// Where the parts of a name end in it, outermost first.
fn ends(name: &[u8]) -> impl Iterator<Item = usize> + use<'_> {
    let slashes = name.iter().enumerate().filter(|(_, byte)| **byte == b'/');
    let last = Some(name.len()).filter(|end| *end > 0);
    slashes.map(|(end, _)| end).chain(last)
}
