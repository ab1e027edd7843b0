//! Writing a change set by hand, for steps that need no process.
//!
//! An [`Editor`] sees the root as it stands (a [`Tree`]) and writes what changes into an empty
//! upper directory, in the form that overlayfs would leave: a folder on the way is copied up with
//! its owner and mode, what goes away becomes a whiteout. It mounts nothing and needs no
//! privilege: owners that the disk cannot take are noted in a table beside it.

mod attributes;
mod ownership;

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};

use crate::plan::BytePath;
use crate::rootfs::{FileKind, Metadata, Permission, Rootfs};
use crate::sandbox::Isolation;
use crate::tree::{Attributes, Device, Entry, Kind, LaterLinks, Tree};

pub(super) use self::attributes::CAPABILITY;
pub(super) use self::ownership::Ownership;
use super::ExecuteError;
use super::error::shown;

/// A change set being written.
pub(super) struct Editor<'a> {
    tree: &'a Tree,
    upper: Rootfs,
    /// The folder that holds the upper directory, and its name there: the upper directory is itself
    /// the new root directory, which is edited from above.
    above: Option<(Rootfs, OsString)>,
    /// Links that this step made, and those of the tree that it replaced.
    links: LaterLinks,
    /// What everything written should be; empty while the disk takes all of it.
    attributes: Attributes,
    /// The disk did not take every owner, attribute or device.
    incomplete: bool,
    /// What nobody may read, this process may not read either.
    restricted: bool,
    /// Owners that the disk does not take are noted at the entries too: overlays keep notes when
    /// they copy an entry up.
    records: bool,
    /// Time of everything written.
    time: i64,
}

/// What is at a path now.
pub(super) enum Present<'a> {
    /// Nothing, or a whiteout.
    Nothing,
    /// Something that this step made or copied up.
    Upper(FileKind),
    /// Something of an earlier step.
    Lower(&'a Entry),
}

impl Present<'_> {
    pub(super) fn is_directory(&self) -> bool {
        match self {
            Self::Nothing => false,
            Self::Upper(kind) => *kind == FileKind::Directory,
            Self::Lower(entry) => entry.is_directory(),
        }
    }
}

impl<'a> Editor<'a> {
    /// Begins in the empty directory `upper`.
    pub(super) fn new(
        tree: &'a Tree,
        upper: &Path,
        source_date_epoch: u64,
    ) -> Result<Self, ExecuteError> {
        let above = match (upper.parent(), upper.file_name()) {
            (Some(above), Some(name)) => Some((Rootfs::open(above)?, name.to_owned())),
            _ => None,
        };
        let mut editor = Self {
            tree,
            upper: Rootfs::open(upper)?,
            above,
            links: LaterLinks::default(),
            attributes: Attributes::new(),
            incomplete: !Rootfs::is_privileged(),
            restricted: !Rootfs::is_privileged(),
            records: Isolation::current().is_some_and(Isolation::is_namespace),
            time: i64::try_from(source_date_epoch).unwrap_or(i64::MAX),
        };
        if let Some(root) = tree.get(b"") {
            editor.change(b"", Ownership::of(root))?;
        }
        Ok(editor)
    }

    /// Ends the step; the table is none if the disk took everything.
    pub(super) fn finish(self) -> Option<Attributes> {
        self.incomplete.then_some(self.attributes)
    }

    /// From now on everything written gets this time, in seconds since 1970.
    pub(super) fn set_time(&mut self, seconds: i64) {
        self.time = seconds;
    }

    /// Gives what is at `path` the present time of everything written.
    pub(super) fn stamp(&self, path: &[u8]) -> Result<(), ExecuteError> {
        let (folder, name) = self.place(path);
        Ok(folder.set_times(name, self.time, 0)?)
    }

    /// The folder that everything is written in.
    pub(super) fn folder(&self) -> PathBuf {
        self.upper.path().to_owned()
    }

    /// The root as it stood before this step.
    pub(super) fn tree(&self) -> &'a Tree {
        self.tree
    }

    /// The path in the root that `path` names; a link in the last place is not followed.
    pub(super) fn locate(&self, path: &BytePath) -> Result<Vec<u8>, ExecuteError> {
        let found = self.tree.resolve_parent_with(path.as_bytes(), &self.links);
        Ok(found?.path)
    }

    /// The path in the root that `path` leads to.
    pub(super) fn follow(&self, path: &BytePath) -> Result<Vec<u8>, ExecuteError> {
        let found = self.tree.resolve_with(path.as_bytes(), &self.links);
        Ok(found?.path)
    }

    /// What `name` in `folder` leads to, where `folder` is a path without links.
    pub(super) fn enter(&self, folder: &[u8], name: &[u8]) -> Result<Vec<u8>, ExecuteError> {
        let path = BytePath::from(folder.to_vec()).join(&name.to_vec().into());
        match self.tree.link_with(path.as_bytes(), &self.links) {
            Some(_) => self.follow(&path),
            None => Ok(path.as_bytes().to_vec()),
        }
    }

    /// Whether this step made a link at `path`.
    pub(super) fn made_link(&self, path: &[u8]) -> bool {
        self.links.get(path).is_some()
    }

    /// What is at `path` now.
    pub(super) fn present(&self, path: &[u8]) -> Result<Present<'a>, ExecuteError> {
        if path.is_empty() {
            return Ok(Present::Upper(FileKind::Directory));
        }
        let found = self.upper.link_metadata(disk(path))?;
        if found.is_none() && self.is_hidden(path)? {
            return Ok(Present::Nothing);
        }
        Ok(match (found, self.tree.get(path)) {
            (Some(found), _) if is_whiteout(&found) => Present::Nothing,
            (Some(found), _) => Present::Upper(found.kind),
            (None, Some(entry)) => Present::Lower(entry),
            (None, None) => Present::Nothing,
        })
    }

    /// Whether a folder above `path` was removed by this step.
    fn is_hidden(&self, path: &[u8]) -> Result<bool, ExecuteError> {
        for parent in folders(path) {
            if let Some(found) = self.upper.link_metadata(disk(parent))? {
                return Ok(found.kind != FileKind::Directory);
            }
        }
        Ok(false)
    }

    /// Makes a file with nothing in it; [`Editor::seal`] must follow the last write.
    pub(super) fn file(&mut self, path: &[u8], wanted: Ownership) -> Result<File, ExecuteError> {
        self.make_room(path)?;
        let mode = self.disk_mode(wanted.mode, false);
        let (file, permission) = self.upper.create_file(disk(path), mode, wanted.owner())?;
        self.note(path, wanted, mode, permission)?;
        Ok(file)
    }

    /// Gives a written file its final mode (writing drops set-user-id) and time.
    pub(super) fn seal(&self, path: &[u8], wanted: Ownership) -> Result<(), ExecuteError> {
        self.upper
            .chmod(disk(path), self.disk_mode(wanted.mode, false))?;
        Ok(self.upper.set_times(disk(path), self.time, 0)?)
    }

    /// Makes a symbolic link.
    pub(super) fn symlink(
        &mut self,
        path: &[u8],
        target: &[u8],
        wanted: Ownership,
    ) -> Result<(), ExecuteError> {
        self.make_room(path)?;
        let permission = self
            .upper
            .symlink(disk(path), disk(target), wanted.owner())?;
        self.links.made(path, target);
        self.note(path, wanted, wanted.mode, permission)?;
        Ok(self.upper.set_times(disk(path), self.time, 0)?)
    }

    /// Gives the file at `existing` a second name.
    pub(super) fn hard_link(&mut self, existing: &[u8], path: &[u8]) -> Result<(), ExecuteError> {
        if existing == path {
            return Ok(());
        }
        self.copy_up(existing)?;
        self.make_room(path)?;
        self.upper.hard_link(disk(existing), disk(path))?;
        if let Some(target) = self.tree.link_with(existing, &self.links) {
            let target = target.to_vec();
            self.links.made(path, &target);
        }
        if let Some(row) = self.attributes.get(existing).cloned() {
            self.attributes.insert(path, row);
        }
        Ok(())
    }

    /// Makes a folder with all its parents. One that is there keeps its owner and mode.
    pub(super) fn directory(&mut self, path: &[u8], wanted: Ownership) -> Result<(), ExecuteError> {
        match self.present(path)? {
            present if present.is_directory() => self.copy_up(path),
            Present::Nothing => {
                self.parents(path)?;
                self.upper.remove(disk(path))?;
                self.new_directory(path, wanted)
            }
            _ => Err(ExecuteError::NotADirectory { path: shown(path) }),
        }
    }

    /// Sets owner and mode of what is at `path`.
    pub(super) fn change(&mut self, path: &[u8], wanted: Ownership) -> Result<(), ExecuteError> {
        self.copy_up(path)?;
        let Some(found) = self.upper.link_metadata(disk(path))? else {
            return Ok(());
        };
        // The kernel takes capabilities away with the owner; only the recipe may.
        let kept = match found.kind {
            FileKind::File => self.upper.xattr(disk(path), CAPABILITY)?,
            _ => None,
        };
        let permission = {
            let (folder, name) = self.place(path);
            folder.chown(name, wanted.owner())?
        };
        if permission == Permission::Granted && found.kind != FileKind::Symlink {
            self.strike(path)?;
        }
        let mode = self.disk_mode(wanted.mode, found.kind == FileKind::Directory);
        self.note(path, wanted, mode, permission)?;
        if found.kind != FileKind::Symlink {
            let (folder, name) = self.place(path);
            folder.chmod(name, mode)?;
        }
        match kept {
            Some(kept) => self.xattr(path, CAPABILITY, &kept),
            None => Ok(()),
        }
    }

    /// Removes what is at `path`, with everything below.
    pub(super) fn remove(&mut self, path: &[u8]) -> Result<(), ExecuteError> {
        // What is gone with a folder above must not bring that folder back.
        if matches!(self.present(path)?, Present::Nothing) {
            return Ok(());
        }
        self.parents(path)?;
        self.forget(path);
        self.upper.remove(disk(path))?;
        if self.tree.get(path).is_some() {
            self.upper.whiteout(disk(path))?;
        }
        Ok(())
    }

    /// Brings an entry of an earlier step into the upper directory, as overlayfs does before a
    /// change.
    fn copy_up(&mut self, path: &[u8]) -> Result<(), ExecuteError> {
        let Present::Lower(entry) = self.present(path)? else {
            return Ok(());
        };
        self.parents(path)?;
        let wanted = Ownership::of(entry);
        match &entry.kind {
            Kind::Directory => self.new_directory(path, wanted)?,
            Kind::Symlink { target } => self.symlink(path, target, wanted)?,
            Kind::File { .. } => {
                let mut to = self.file(path, wanted)?;
                if let Some(mut from) = entry.open()? {
                    std::io::copy(&mut from, &mut to).map_err(|source| ExecuteError::Write {
                        path: shown(path),
                        source,
                    })?;
                }
                self.seal(path, wanted)?;
            }
            Kind::CharDevice { major, minor } => {
                self.special(path, FileKind::CharacterDevice, (*major, *minor), wanted)?;
            }
            Kind::BlockDevice { major, minor } => {
                self.special(path, FileKind::BlockDevice, (*major, *minor), wanted)?;
            }
            Kind::Fifo => self.special(path, FileKind::Fifo, (0, 0), wanted)?,
            // Only in trees of layers, which nobody edits.
            Kind::Whiteout => {}
        }
        self.xattrs(path, entry)
    }

    /// A folder, and the name in it by which `path` is edited.
    fn place<'p>(&'p self, path: &'p [u8]) -> (&'p Rootfs, &'p Path) {
        match &self.above {
            Some((above, name)) if path.is_empty() => (above, Path::new(name)),
            _ => (&self.upper, disk(path)),
        }
    }

    /// Makes a device or pipe.
    pub(super) fn special(
        &mut self,
        path: &[u8],
        kind: FileKind,
        device: (u32, u32),
        wanted: Ownership,
    ) -> Result<(), ExecuteError> {
        let permission =
            self.upper
                .create_special(disk(path), kind, device, wanted.mode, wanted.owner())?;
        if permission == Permission::Denied && self.upper.link_metadata(disk(path))?.is_none() {
            // Only root makes devices: a file stands for it, and the table says what it is.
            self.refused()?;
            let mode = self.disk_mode(0, false);
            let (_, permission) = self.upper.create_file(disk(path), mode, wanted.owner())?;
            self.attributes.entry(path).device = match kind {
                FileKind::CharacterDevice => Some(Device::Char(device.0, device.1)),
                FileKind::BlockDevice => Some(Device::Block(device.0, device.1)),
                _ => None,
            };
            self.note(path, wanted, mode, permission)?;
        } else {
            self.note(path, wanted, wanted.mode, permission)?;
        }
        Ok(self.upper.set_times(disk(path), self.time, 0)?)
    }

    /// Makes sure that something new can be made at `path`: its folders are there, it is not.
    pub(super) fn make_room(&mut self, path: &[u8]) -> Result<(), ExecuteError> {
        if self.present(path)?.is_directory() {
            return Err(ExecuteError::IsADirectory { path: shown(path) });
        }
        self.parents(path)?;
        self.forget(path);
        Ok(self.upper.remove(disk(path))?)
    }

    /// Makes sure that every folder above `path` is in the upper directory.
    fn parents(&mut self, path: &[u8]) -> Result<(), ExecuteError> {
        let mut missing = Vec::new();
        for parent in folders(path) {
            match self.present(parent)? {
                Present::Upper(FileKind::Directory) => break,
                Present::Nothing => missing.push(parent),
                Present::Lower(entry) if entry.is_directory() => missing.push(parent),
                _ => {
                    return Err(ExecuteError::NotADirectory {
                        path: shown(parent),
                    });
                }
            }
        }
        for parent in missing.into_iter().rev() {
            if let Present::Lower(_) = self.present(parent)? {
                self.copy_up(parent)?;
            } else {
                self.upper.remove(disk(parent))?;
                self.new_directory(parent, Ownership::FOLDER)?;
            }
        }
        Ok(())
    }

    /// What was known of `path` no longer holds.
    fn forget(&mut self, path: &[u8]) {
        self.attributes.remove(path);
        if self.tree.link_with(path, &self.links).is_some() {
            self.links.gone(path);
        }
    }

    fn new_directory(&mut self, path: &[u8], wanted: Ownership) -> Result<(), ExecuteError> {
        let mode = self.disk_mode(wanted.mode, true);
        let permission = self
            .upper
            .create_directory(disk(path), mode, wanted.owner())?;
        self.note(path, wanted, mode, permission)
    }
}

/// The folders above `path`, innermost first: most often only the first one has to be looked at.
fn folders(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let slashes = path.iter().enumerate().rev();
    let slashes = slashes.filter(|(_, byte)| **byte == b'/');
    slashes.map(|(end, _)| &path[..end])
}

/// Overlayfs marks with a device 0:0 what is gone.
fn is_whiteout(found: &Metadata) -> bool {
    found.kind == FileKind::CharacterDevice && found.device_number == (0, 0)
}

/// Bytes as a path of the host.
fn disk(path: &[u8]) -> &Path {
    use std::os::unix::ffi::OsStrExt;
    Path::new(std::ffi::OsStr::from_bytes(path))
}
