//! From layers to a directory.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use tar::EntryType;

use crate::layer::Layer;
use crate::rootfs::{FileKind, Owner, Permission, Rootfs, RootfsError};

use crate::transport::blob::Blobs;
use crate::transport::failure::TransportError;
use crate::transport::plain_layer::PlainLayer;
use crate::transport::staged_folder::FILLED;
use crate::transport::watch::Watch;

use super::entry_error::EntryError;
use super::losses::Losses;
use super::members::{Member, Members};
use super::place::below;
use super::traits::Traits;

/// What begins the name of a whiteout, and the one that hides all of a directory (image-spec,
/// [layer.md], "Whiteouts").
///
/// [layer.md]: https://github.com/opencontainers/image-spec/blob/v1.1.0/layer.md#whiteouts
const WHITEOUT: &[u8] = b".wh.";
const OPAQUE: &[u8] = b".wh..wh..opq";
const SET_IDS: u32 = 0o6000;

/// A directory that layers are unpacked into, lowest first.
///
/// Entries are foreign: each is made beneath the directory's handle without following a link. What
/// directories say of themselves is set at the end, the deepest first: a layer may list them after
/// what they hold, and a directory may forbid to write into it.
pub(super) struct Extraction<'a> {
    root: &'a Rootfs,
    /// What the directory will be called, for messages.
    path: &'a Path,
    watch: &'a Watch<'a>,
    is_first: bool,
    directories: BTreeMap<PathBuf, Traits>,
    losses: Losses,
}

impl<'a> Extraction<'a> {
    /// Makes the directory [`FILLED`] in `root`.
    pub(super) fn new(
        root: &'a Rootfs,
        path: &'a Path,
        watch: &'a Watch<'a>,
    ) -> Result<Self, TransportError> {
        let mut extraction = Self {
            root,
            path,
            watch,
            is_first: true,
            directories: BTreeMap::new(),
            losses: Losses::default(),
        };
        let made = root.create_directory(FILLED, 0o700, Owner::ROOT);
        let (Permission::Granted | Permission::Denied) =
            made.map_err(|source| extraction.wrong(source))?;
        let traits = Traits::implied();
        extraction.directories.insert(FILLED.into(), traits);
        Ok(extraction)
    }

    /// Unpacks one layer over what is there.
    pub(super) fn apply(&mut self, layer: &Layer, blobs: &Blobs) -> Result<(), TransportError> {
        // Removals are of what lower layers left, wherever they stand in this one.
        if !std::mem::take(&mut self.is_first) {
            self.each(layer, blobs, Self::remove)?;
        }
        self.each(layer, blobs, Self::unpack)
    }

    /// Sets what the directories say of themselves. Tells what could not be set anywhere.
    pub(super) fn finish(mut self) -> Result<Losses, TransportError> {
        // What is below a path comes after it.
        for (path, traits) in std::mem::take(&mut self.directories).into_iter().rev() {
            self.watch.check()?;
            let described = self
                .root
                .chown(&path, traits.owner)
                .and_then(|owned| self.describe(&path, &traits, owned, true));
            described.map_err(|source| self.wrong(source))?;
        }
        Ok(self.losses)
    }

    /// Calls `act` with every entry of a layer and the path that it has below [`FILLED`].
    fn each(
        &mut self,
        layer: &Layer,
        blobs: &Blobs,
        act: fn(&mut Self, &Path, &Member, &mut dyn Read) -> Result<(), EntryError>,
    ) -> Result<(), TransportError> {
        let diff_id = layer.diff_id;
        let watch = self.watch;
        let read = |source| TransportError::ReadLayer { diff_id, source };
        let mut members = Members::new(PlainLayer::open(layer, blobs, watch)?);
        while let Some(member) = members.next().map_err(read)? {
            watch.check()?;
            let acted = match below(&member.name) {
                Some(path) => act(self, &path, &member, &mut members),
                None => Err(EntryError::Unusable("its name leads upwards")),
            };
            acted.map_err(|error| error.of(self.path, diff_id, &member.name))?;
        }
        members.into_inner().finish()
    }

    fn wrong(&self, source: RootfsError) -> TransportError {
        TransportError::Root {
            path: self.path.to_owned(),
            source,
        }
    }

    /// Carries out a whiteout.
    fn remove(&mut self, path: &Path, _: &Member, _: &mut dyn Read) -> Result<(), EntryError> {
        let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else {
            return Ok(());
        };
        let Some(hidden) = name.as_bytes().strip_prefix(WHITEOUT) else {
            return Ok(());
        };
        if !self.directories.contains_key(directory) {
            return Ok(());
        }
        if name.as_bytes() == OPAQUE {
            for (child, _) in self.root.entries(directory)? {
                self.clear(&directory.join(child))?;
            }
            return Ok(());
        }
        match hidden {
            b"" | b"." | b".." => Err(EntryError::Unusable("it removes nothing that has a name")),
            // Notes of aufs to itself.
            _ if hidden.starts_with(WHITEOUT) => Ok(()),
            _ => self.clear(&directory.join(OsStr::from_bytes(hidden))),
        }
    }

    fn unpack(
        &mut self,
        path: &Path,
        member: &Member,
        content: &mut dyn Read,
    ) -> Result<(), EntryError> {
        let (kind, traits) = (member.kind, &member.traits);
        let is_root = path == Path::new(FILLED);
        let is_whiteout = path
            .file_name()
            .is_some_and(|name| name.as_bytes().starts_with(WHITEOUT));
        if is_whiteout {
            return Ok(());
        }
        if is_root && !kind.is_dir() {
            return Err(EntryError::Unusable("the root can only be a directory"));
        }
        let (root, owner) = (self.root, traits.owner);
        if kind.is_dir() {
            if !self.directories.contains_key(path) {
                let make = || root.create_directory(path, 0o700, Owner::ROOT);
                let (Permission::Granted | Permission::Denied) = self.replacing(path, make)?;
            }
            self.directories.insert(path.to_owned(), traits.clone());
            return Ok(());
        }
        if self.directories.contains_key(path) {
            self.clear(path)?;
        }
        let owned = match kind {
            EntryType::Regular | EntryType::Continuous => {
                let made = self.replacing(path, || root.create_file(path, 0o600, owner))?;
                let (mut file, owned) = made;
                let mut buffer = vec![0; 64 << 10];
                loop {
                    if self.watch.check().is_err() {
                        return Err(EntryError::Cancelled);
                    }
                    match content.read(&mut buffer).map_err(EntryError::Read)? {
                        0 => break,
                        read => file.write_all(&buffer[..read]).map_err(EntryError::Write)?,
                    }
                }
                owned
            }
            EntryType::Link => {
                let target = below(&member.target)
                    .ok_or(EntryError::Unusable("its target leads upwards"))?;
                if target != path {
                    self.replacing(path, || root.hard_link(&target, path))?;
                }
                return Ok(());
            }
            EntryType::Symlink => {
                let target = Path::new(OsStr::from_bytes(&member.target));
                self.replacing(path, || root.symlink(path, target, owner))?
            }
            EntryType::Char | EntryType::Block | EntryType::Fifo => {
                let kind = match kind {
                    EntryType::Char => FileKind::CharacterDevice,
                    EntryType::Block => FileKind::BlockDevice,
                    _ => FileKind::Fifo,
                };
                let owned = self.replacing(path, || {
                    root.create_special(path, kind, member.device, 0o600, owner)
                })?;
                if kind != FileKind::Fifo && owned == Permission::Denied {
                    self.losses.devices += 1;
                    return Ok(());
                }
                owned
            }
            _ => return Err(EntryError::Unusable("it is of no known kind")),
        };
        self.describe(path, traits, owned, kind != EntryType::Symlink)?;
        Ok(())
    }

    /// Makes something at `path`, which takes the place of what is there.
    fn replacing<T>(
        &mut self,
        path: &Path,
        make: impl Fn() -> Result<T, RootfsError>,
    ) -> Result<T, EntryError> {
        self.ensure_above(path)?;
        match make() {
            Err(error) if exists(&error) => {
                self.clear(path)?;
                Ok(make()?)
            }
            made => Ok(made?),
        }
    }

    /// Makes the directories above `path` that no layer has listed.
    fn ensure_above(&mut self, path: &Path) -> Result<(), EntryError> {
        let above = path.ancestors().skip(1);
        let missing: Vec<&Path> = above
            .take_while(|above| {
                !above.as_os_str().is_empty() && !self.directories.contains_key(*above)
            })
            .collect();
        for directory in missing.into_iter().rev() {
            match self.root.create_directory(directory, 0o700, Owner::ROOT) {
                // Owners are set at the end, and counted there.
                Ok(Permission::Granted | Permission::Denied) => {}
                Err(error) if exists(&error) => {
                    return Err(EntryError::Unusable("what it is in is no directory"));
                }
                Err(error) => return Err(error.into()),
            }
            let traits = Traits::implied();
            self.directories.insert(directory.to_owned(), traits);
        }
        Ok(())
    }

    /// Removes what is at `path`, with all below it.
    fn clear(&mut self, path: &Path) -> Result<(), EntryError> {
        let known = self.directories.range(path.to_owned()..);
        let known = known.take_while(|(below, _)| below.starts_with(path));
        let known: Vec<PathBuf> = known.map(|(below, _)| below.clone()).collect();
        for directory in known {
            self.directories.remove(&directory);
        }
        Ok(self.root.remove(path)?)
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

fn exists(error: &RootfsError) -> bool {
    matches!(error, RootfsError::Io { source, .. } if source.kind() == io::ErrorKind::AlreadyExists)
}
