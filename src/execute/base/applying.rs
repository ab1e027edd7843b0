//! One layer after the other, written into a directory.

use std::collections::BTreeSet;
use std::io::{self, Read};

use crate::digest::Digest;
use crate::execute::ExecuteError;
use crate::execute::archive::{Limits, is_bound};
use crate::execute::editor::{Editor, Ownership};
use crate::plan::BytePath;
use crate::progress::{Event, Reporter};
use crate::rootfs::FileKind;
use crate::sandbox::Cancel;
use crate::tar::{
    Details, EntryProblem, Fault, LONGEST_LINK, Member, MemberKind, Removal, Tape, parts,
};
use crate::tree::belongs_in_image;

use super::error::{BaseError, BasePart};
use super::names::{Directory, Name, Names};

/// The largest number of a user or group; the one above means "as it is" to chown(2).
const LARGEST_ID: u64 = 0xffff_fffe;

/// The largest numbers of a device (makedev(3): 12 and 20 bits).
const LARGEST_MAJOR: u32 = 0xfff;
const LARGEST_MINOR: u32 = 0xf_ffff;

/// Whether names in front of which `.wh.` stands are removals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whiteouts {
    /// As in the layers of an image.
    Apply,
    /// As in an archive of a whole root: there is nothing to remove.
    Refuse,
}

/// Layers on their way into an empty root.
pub(super) struct Applying<'a, 'e> {
    pub(super) editor: &'a mut Editor<'e>,
    pub(super) limits: Limits,
    pub(super) whiteouts: Whiteouts,
    pub(super) cancel: &'a Cancel,
    pub(super) reporter: &'a dyn Reporter,
    names: Names,
    /// What the present layer has cleared already: nothing older can come back.
    cleared: BTreeSet<(Vec<u8>, bool)>,
    /// Number of the present layer, from 1, and what messages call it.
    layer: (u32, BasePart),
    /// The entry that is being written, for messages.
    at: Option<BytePath>,
    /// What there is so far, of all layers.
    pub(super) entries: u64,
    pub(super) name_bytes: u64,
    pub(super) bytes: u64,
}

impl<'a, 'e> Applying<'a, 'e> {
    pub(super) fn new(
        editor: &'a mut Editor<'e>,
        whiteouts: Whiteouts,
        cancel: &'a Cancel,
        reporter: &'a dyn Reporter,
    ) -> Self {
        Self {
            editor,
            limits: Limits::default(),
            whiteouts,
            cancel,
            reporter,
            names: Names::default(),
            cleared: BTreeSet::new(),
            layer: (0, BasePart::Layer(Digest::of(""))),
            at: None,
            entries: 0,
            name_bytes: 0,
            bytes: 0,
        }
    }

    /// Applies the next layer, an uncompressed tar, and reads it to its end.
    pub(super) fn layer(
        &mut self,
        part: BasePart,
        stream: &mut dyn Read,
    ) -> Result<(), ExecuteError> {
        self.layer = (self.layer.0 + 1, part);
        self.cleared.clear();
        let mut tape = Tape::new(&mut *stream, self.limits.entries);
        loop {
            match tape.next() {
                Ok(Some(member)) => self.member(&member, &mut tape)?,
                Ok(None) => break,
                Err(fault) => return Err(self.fault(fault)),
            }
        }
        // What follows the last member belongs to the digest too.
        match io::copy(stream, &mut io::sink()) {
            Ok(_) => Ok(()),
            Err(error) => Err(self.unreadable(error)),
        }
    }

    /// Sets the times of all directories, in which nothing more is written.
    pub(super) fn finish(self) -> Result<(), ExecuteError> {
        for (path, name) in self.names.iter() {
            if let Some(directory) = &name.directory {
                self.editor.set_time(directory.mtime);
                self.editor.stamp(path)?;
            }
        }
        Ok(())
    }

    fn member(&mut self, member: &Member, content: &mut dyn Read) -> Result<(), ExecuteError> {
        self.apply(member, content).map_err(|error| match error {
            ExecuteError::Base(_) | ExecuteError::Exit { .. } => error,
            other => BaseError::Write {
                part: self.layer.1.clone(),
                entry: member.name.clone().into(),
                source: Box::new(other),
            }
            .into(),
        })
    }

    fn apply(&mut self, member: &Member, content: &mut dyn Read) -> Result<(), ExecuteError> {
        self.check_cancelled()?;
        self.at = Some(member.name.clone().into());
        let at = |problem| self.entry(&member.name, problem);
        let parts = parts(&member.name).map_err(at)?;
        self.count(member.name.len())?;
        if parts.is_empty() {
            return self.root(member);
        }
        let is_removal = |part: &&[u8]| part.starts_with(b".wh.");
        if self.whiteouts == Whiteouts::Refuse && parts.iter().any(is_removal) {
            return Err(self.entry(&member.name, EntryProblem::Whiteout));
        }
        let removal = Removal::of(&parts);
        match removal.map_err(|problem| self.entry(&member.name, problem))? {
            Removal::None => {}
            Removal::Metadata => return Ok(()),
            Removal::Opaque { folder } => {
                let folder = BytePath::from(folder.join(&b'/'));
                let path = self.editor.follow(&folder);
                let path = path.map_err(|_| self.entry(&member.name, EntryProblem::Loop))?;
                return self.remove(path, false);
            }
            Removal::Name { folder, name } => {
                let path = self.locate(member, &[folder, &[name]].concat())?;
                return self.remove(path, true);
            }
        }
        let path = self.locate(member, &parts)?;
        self.parents(member, &path)?;
        let wanted = self.ownership(member)?;
        self.write(member, &path, wanted, content)?;
        Ok(())
    }

    /// The root itself, of which only owner, mode and the like can be said.
    fn root(&mut self, member: &Member) -> Result<(), ExecuteError> {
        if member.kind != MemberKind::Directory {
            return Err(self.entry(&member.name, EntryProblem::Top));
        }
        let wanted = self.ownership(member)?;
        self.editor.change(b"", wanted)?;
        self.directory(member, b"")
    }

    /// The place of a name, all links on the way followed in the root.
    fn locate(&self, member: &Member, parts: &[&[u8]]) -> Result<Vec<u8>, ExecuteError> {
        let path = BytePath::from(parts.join(&b'/'));
        self.editor
            .locate(&path)
            .map_err(|_| self.entry(&member.name, EntryProblem::Loop))
    }

    /// Removes what earlier layers have below `path`, and with `itself` there.
    fn remove(&mut self, path: Vec<u8>, itself: bool) -> Result<(), ExecuteError> {
        if !self.cleared.insert((path.clone(), itself)) {
            return Ok(());
        }
        for path in self.names.older(&path, itself, self.layer.0) {
            self.editor.remove(&path)?;
            self.names.remove(&path);
        }
        Ok(())
    }

    /// Makes the folders above `path` that no layer has told of, and marks them as used by this
    /// one.
    fn parents(&mut self, member: &Member, path: &[u8]) -> Result<(), ExecuteError> {
        let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
        for end in slashes.map(|(end, _)| end) {
            let parent = &path[..end];
            match self.names.get_mut(parent) {
                Some(name) if name.directory.is_some() => name.layer = self.layer.0,
                Some(_) => return Err(self.entry(&member.name, EntryProblem::NotAFolder)),
                None => {
                    self.count(parent.len())?;
                    self.editor.directory(parent, Ownership::FOLDER)?;
                    let directory = Some(Box::default());
                    let layer = self.layer.0;
                    self.names.insert(parent, Name { layer, directory });
                }
            }
        }
        Ok(())
    }

    fn write(
        &mut self,
        member: &Member,
        path: &[u8],
        wanted: Ownership,
        content: &mut dyn Read,
    ) -> Result<(), ExecuteError> {
        let was_directory = self.names.get(path).map(|name| name.directory.is_some());
        if let MemberKind::Directory = member.kind {
            match was_directory {
                Some(true) => self.editor.change(path, wanted)?,
                Some(false) => {
                    self.clear(path)?;
                    self.editor.directory(path, wanted)?;
                }
                None => self.editor.directory(path, wanted)?,
            }
            return self.directory(member, path);
        }
        if was_directory == Some(true) && !matches!(member.kind, MemberKind::HardLink { .. }) {
            self.clear(path)?;
        }
        self.editor.set_time(member.details.mtime.unwrap_or(0));
        match &member.kind {
            MemberKind::File { size, parts } => {
                self.room(*size)?;
                let mut file = self.editor.file(path, wanted)?;
                self.fill(&mut file, member, *size, parts.as_deref(), content)?;
                drop(file);
                self.xattrs(&member.details, path)?;
                self.editor.seal(path, wanted)?;
            }
            MemberKind::Symlink { target } => {
                if target.is_empty() || target.len() > LONGEST_LINK || target.contains(&0) {
                    return Err(self.entry(&member.name, EntryProblem::LinkText));
                }
                self.editor.symlink(path, target, wanted)?;
                self.xattrs(&member.details, path)?;
            }
            MemberKind::HardLink { target } => self.hard_link(member, target, path)?,
            MemberKind::Device { number: None, .. } => {
                let problem = EntryProblem::Header("no device number");
                return Err(self.entry(&member.name, problem));
            }
            MemberKind::Device {
                is_block: false,
                number: Some((0, 0)),
            } => {
                // Overlayfs takes it for a removal, in every build and every container.
                let name = BytePath::from(path.to_vec());
                let message = format!("device 0:0 `{name}` of the base is left out");
                self.reporter.report(&Event::Warning { message: &message });
                self.clear(path)?;
                return Ok(());
            }
            MemberKind::Device {
                number: Some((major, minor)),
                ..
            } if *major > LARGEST_MAJOR || *minor > LARGEST_MINOR => {
                let problem = EntryProblem::Header("a device number that Linux has not");
                return Err(self.entry(&member.name, problem));
            }
            MemberKind::Device {
                is_block,
                number: Some(number),
            } => {
                let kind = match is_block {
                    true => FileKind::BlockDevice,
                    false => FileKind::CharacterDevice,
                };
                self.editor.make_room(path)?;
                (self.editor).special(path, kind, *number, wanted)?;
                self.xattrs(&member.details, path)?;
            }
            MemberKind::Fifo => {
                self.editor.make_room(path)?;
                (self.editor).special(path, FileKind::Fifo, (0, 0), wanted)?;
            }
            MemberKind::Directory => {}
        }
        let layer = self.layer.0;
        let directory = None;
        self.names.insert(path, Name { layer, directory });
        Ok(())
    }

    /// Notes a directory that was made or changed, with exactly the attributes of its entry.
    fn directory(&mut self, member: &Member, path: &[u8]) -> Result<(), ExecuteError> {
        let mut directory = Directory {
            mtime: member.details.mtime.unwrap_or(0),
            xattrs: Vec::new(),
        };
        let before = self
            .names
            .get_mut(path)
            .and_then(|name| name.directory.take());
        for name in before.into_iter().flat_map(|before| before.xattrs) {
            self.editor.remove_xattr(path, &name)?;
        }
        directory.xattrs = self.xattrs(&member.details, path)?;
        let layer = self.layer.0;
        let directory = Some(Box::new(directory));
        self.names.insert(path, Name { layer, directory });
        Ok(())
    }

    /// Removes what is at `path` with all below, whatever layer brought it.
    fn clear(&mut self, path: &[u8]) -> Result<(), ExecuteError> {
        for path in self.names.older(path, true, u32::MAX) {
            self.editor.remove(&path)?;
            self.names.remove(&path);
        }
        Ok(())
    }

    /// The link names its file as the layer does; the file may be of any layer.
    fn hard_link(
        &mut self,
        member: &Member,
        target: &[u8],
        path: &[u8],
    ) -> Result<(), ExecuteError> {
        let missing = || {
            let target = BytePath::from(target.to_vec()).to_string();
            self.entry(&member.name, EntryProblem::HardLink { target })
        };
        let found = parts(target).map_err(|_| missing())?;
        let existing = self.locate(member, &found)?;
        if self
            .names
            .get(&existing)
            .is_none_or(|name| name.directory.is_some())
        {
            return Err(missing());
        }
        let inside = existing.strip_prefix(path);
        if inside.is_some_and(|rest| rest.first() == Some(&b'/')) {
            // It would be removed before it could be linked.
            return Err(missing());
        }
        if existing != path {
            self.clear(path)?;
        }
        self.editor.hard_link(&existing, path)
    }

    /// Sets the attributes that belong in an image, and gives their names.
    fn xattrs(&mut self, details: &Details, path: &[u8]) -> Result<Vec<String>, ExecuteError> {
        let mut names = Vec::new();
        for (name, value) in &details.xattrs {
            // Linux takes no other names; labels of the machine where the layer was made, and
            // marks of overlays, mean nothing here.
            let Ok(text) = std::str::from_utf8(name) else {
                continue;
            };
            if is_of_a_namespace(name, value) {
                let path = BytePath::from(path.to_vec());
                let message = format!(
                    "capabilities of `{path}` in the base are left out: they are for one user namespace"
                );
                self.reporter.report(&Event::Warning { message: &message });
                continue;
            }
            if belongs_in_image(name, false) {
                self.editor.xattr(path, text, value)?;
                names.push(text.to_owned());
            }
        }
        Ok(names)
    }

    fn ownership(&self, member: &Member) -> Result<Ownership, ExecuteError> {
        let id = |id: Option<u64>| {
            id.filter(|id| *id <= LARGEST_ID)
                .and_then(|id| u32::try_from(id).ok())
                .ok_or_else(|| self.entry(&member.name, EntryProblem::Owner))
        };
        let usual = match member.kind {
            MemberKind::Directory => 0o755,
            MemberKind::Symlink { .. } => 0o777,
            _ => 0o644,
        };
        Ok(Ownership {
            uid: id(member.details.uid)?,
            gid: id(member.details.gid)?,
            mode: match member.kind {
                MemberKind::Symlink { .. } => usual,
                _ => member.mode.unwrap_or(usual),
            },
        })
    }

    fn fault(&self, fault: Fault) -> ExecuteError {
        match fault {
            Fault::Read(error) => self.unreadable(error),
            Fault::NoTar => BaseError::Format {
                part: self.layer.1.clone(),
            }
            .into(),
            Fault::TooMany => self.too_many("entries", self.limits.entries),
            Fault::Entry(name, problem) => self.entry(&name, problem),
        }
    }

    pub(super) fn unreadable(&self, source: io::Error) -> ExecuteError {
        match self.check_cancelled() {
            Ok(()) if is_bound(&source) => self.too_many("bytes", self.limits.bytes),
            Ok(()) => {
                let part = self.layer.1.clone();
                BaseError::Read { part, source }.into()
            }
            Err(cancelled) => cancelled,
        }
    }

    pub(super) fn entry(&self, name: &[u8], problem: EntryProblem) -> ExecuteError {
        BaseError::Entry {
            part: self.layer.1.clone(),
            entry: name.to_vec().into(),
            problem,
        }
        .into()
    }

    pub(super) fn too_many(&self, what: &'static str, most: u64) -> ExecuteError {
        let part = self.layer.1.clone();
        let entry = self.at.clone();
        BaseError::Limit {
            part,
            entry,
            what,
            most,
        }
        .into()
    }

    pub(super) fn check_cancelled(&self) -> Result<(), ExecuteError> {
        match self.cancel.is_cancelled() {
            true => Err(ExecuteError::CANCELLED),
            false => Ok(()),
        }
    }
}

/// Whether capabilities are for programs below one user of the host alone (capabilities(7),
/// "Namespaced file capabilities"): in an image they would be for everybody.
fn is_of_a_namespace(name: &[u8], value: &[u8]) -> bool {
    let is_revision_3 = value.len() == 24 && value[3] == 3;
    name == b"security.capability" && is_revision_3 && value[20..].iter().any(|byte| *byte != 0)
}
