//! From the root that layers make to a directory.

use std::ffi::OsStr;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::rootfs::{FileKind, Owner, Permission, Rootfs, RootfsError};
use crate::tar::{Lost, Member, MemberKind, fill};

use crate::transport::failure::TransportError;
use crate::transport::staged_folder::FILLED;
use crate::transport::watch::Watch;

use super::entry_error::EntryError;
use super::losses::Losses;
use super::merge::Merged;
use super::traits::Traits;

const SET_IDS: u32 = 0o6000;

/// A directory that a root is written into.
///
/// Entries are foreign: each is made beneath the directory's handle without following a link. What
/// directories say of themselves is set at the end, the deepest first: what is written into them
/// changes their times, and a directory may forbid to write into it.
pub(super) struct Extraction<'a> {
    root: &'a Rootfs,
    /// What the directory will be called, for messages.
    path: &'a Path,
    watch: &'a Watch<'a>,
    losses: Losses,
}

impl<'a> Extraction<'a> {
    /// Writes into `root`, as [`FILLED`].
    pub(super) fn new(root: &'a Rootfs, path: &'a Path, watch: &'a Watch<'a>) -> Self {
        Self {
            root,
            path,
            watch,
            losses: Losses::default(),
        }
    }

    /// Writes everything. Tells what could not be set anywhere.
    pub(super) fn run(mut self, merged: &Merged<'_>) -> Result<Losses, TransportError> {
        // What is below a path comes after it.
        for path in merged.directories.keys() {
            self.watch.check()?;
            let made = (self.root).create_directory(place(path), 0o700, Owner::ROOT);
            // Owners are set at the end, and counted there.
            let (Permission::Granted | Permission::Denied) =
                made.map_err(|source| self.wrong(source))?;
        }
        merged.each(|member, names, content| self.write(member, names, content))?;
        for (path, traits) in merged.directories.iter().rev() {
            self.watch.check()?;
            let path = place(path);
            let described = (self.root.chown(&path, traits.owner))
                .and_then(|owned| self.describe(&path, traits, owned, true));
            described.map_err(|source| self.wrong(source))?;
        }
        Ok(self.losses)
    }

    fn wrong(&self, source: RootfsError) -> TransportError {
        TransportError::Root {
            path: self.path.to_owned(),
            source,
        }
    }

    /// Makes an entry under the first of its names, and links to it from the others.
    fn write(
        &mut self,
        member: &Member,
        names: &[Vec<u8>],
        content: &mut dyn Read,
    ) -> Result<(), EntryError> {
        let Some((first, others)) = names.split_first() else {
            return Ok(());
        };
        let traits = &Traits::of(member)?;
        let path = &place(first);
        let (root, owner) = (self.root, traits.owner);
        let mut has_mode = true;
        let owned = match &member.kind {
            MemberKind::File { size, parts } => {
                let (mut file, owned) = root.create_file(path, 0o600, owner)?;
                let is_cancelled = || self.watch.check().is_err();
                fill(&mut file, *size, parts.as_deref(), content, &is_cancelled)?;
                owned
            }
            MemberKind::Symlink { target } => {
                has_mode = false;
                root.symlink(path, Path::new(OsStr::from_bytes(target)), owner)?
            }
            MemberKind::Device { is_block, number } => {
                let kind = match is_block {
                    true => FileKind::BlockDevice,
                    false => FileKind::CharacterDevice,
                };
                let number = number.unwrap_or_default();
                let owned = root.create_special(path, kind, number, 0o600, owner)?;
                if owned == Permission::Denied {
                    self.losses.devices += names.len() as u64;
                    return Ok(());
                }
                owned
            }
            MemberKind::Fifo => root.create_special(path, FileKind::Fifo, (0, 0), 0o600, owner)?,
            // The one is made before, the other is a name of something else.
            MemberKind::Directory | MemberKind::HardLink { .. } => return Ok(()),
        };
        self.describe(path, traits, owned, has_mode)?;
        for other in others {
            root.hard_link(path, place(other))?;
        }
        Ok(())
    }

    /// Sets everything but the owner, who comes first because the kernel then takes set-user-id
    /// and capabilities away. Attributes before the mode, which may forbid to write them.
    fn describe(
        &mut self,
        path: &Path,
        traits: &Traits,
        owned: Permission,
        has_mode: bool,
    ) -> Result<(), RootfsError> {
        for (name, value) in &traits.xattrs {
            match self.root.set_xattr(path, OsStr::from_bytes(name), value) {
                Ok(Permission::Granted) => {}
                Ok(Permission::Denied) => self.losses.attributes += 1,
                Err(RootfsError::Io { source, .. })
                    if source.kind() == io::ErrorKind::Unsupported =>
                {
                    self.losses.attributes += 1;
                }
                Err(error) => return Err(error),
            }
        }
        let mut mode = traits.mode;
        if owned == Permission::Denied {
            self.losses.owners += 1;
            // They would lend the rights of this user instead.
            if has_mode && mode & SET_IDS != 0 {
                mode &= !SET_IDS;
                self.losses.set_ids += 1;
            }
        }
        if has_mode {
            self.root.chmod(path, mode)?;
        }
        let (seconds, nanoseconds) = traits.modified;
        self.root.set_times(path, seconds, nanoseconds)
    }
}

/// The path below [`FILLED`].
fn place(path: &[u8]) -> PathBuf {
    match path {
        b"" => FILLED.into(),
        path => Path::new(FILLED).join(OsStr::from_bytes(path)),
    }
}

impl From<Lost> for EntryError {
    fn from(lost: Lost) -> Self {
        match lost {
            Lost::Cancelled => Self::Cancelled,
            Lost::Truncated => Self::Read(io::ErrorKind::UnexpectedEof.into()),
            Lost::Read(source) => Self::Read(source),
            Lost::Write(source) => Self::Write(source),
        }
    }
}
