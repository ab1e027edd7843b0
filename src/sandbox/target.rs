//! Where something is mounted: found inside the root, made if it is missing, removed afterwards.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{
    AtFlags, FileType, Mode, OFlags, Stat, fstat, mkdirat, openat, readlinkat, statat, unlinkat,
};
use rustix::io::Errno;
use rustix::mount::{UnmountFlags, unmount};

use super::error::{SandboxError, Tried};

/// As many links as the kernel itself follows in one path (path_resolution(7)).
const LINKS: usize = 40;

/// What a mount needs to find at its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Directory,
    File,
}

/// What a link on the way to a target means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Links {
    /// It leads to another place inside the root.
    Follow,
    /// The root is refused: `/proc` and its like must be where every program looks for them, and
    /// a mount must not land on the target of a link that the root's author chose.
    Refuse,
}

/// What was made in the root, to be undone.
#[derive(Default)]
pub(super) struct Undo {
    stubs: Vec<Stub>,
}

/// A mount point that was not there.
struct Stub {
    parent: OwnedFd,
    name: OsString,
    path: PathBuf,
    kind: Kind,
    /// Device and inode, to recognise it.
    identity: (u64, u64),
}

impl Undo {
    /// Unmounts what covers the stubs and removes them, as far as they are still what they were:
    /// the command may have put something of its own in their place, which stays.
    ///
    /// To be called when no process of the command is left.
    pub(super) fn undo(self) -> Result<(), SandboxError> {
        self.stubs.into_iter().rev().try_for_each(Stub::remove)
    }
}

impl Stub {
    fn remove(self) -> Result<(), SandboxError> {
        let operation = || format!("remove the mount point `{}`", self.path.display());
        // By the working directory, so that no path is looked up in the root. What is mounted
        // here is as good as gone: the namespace ends with this process.
        rustix::process::fchdir(&self.parent).tried(operation)?;
        let flags = UnmountFlags::DETACH | UnmountFlags::NOFOLLOW;
        while unmount(self.name.as_os_str(), flags).is_ok() {}
        let Ok(stat) = statat(&self.parent, &self.name, AtFlags::SYMLINK_NOFOLLOW) else {
            return Ok(());
        };
        if identity(&stat) != self.identity {
            return Ok(());
        }
        let flags = match self.kind {
            Kind::Directory => AtFlags::REMOVEDIR,
            Kind::File if stat.st_size > 0 => return Ok(()),
            Kind::File => AtFlags::empty(),
        };
        match unlinkat(&self.parent, &self.name, flags) {
            // The command put something into the directory, or the directory is in a mount that has
            // become read-only, which is one that nobody keeps.
            Ok(()) | Err(Errno::NOENT | Errno::NOTEMPTY | Errno::EXIST | Errno::ROFS) => Ok(()),
            Err(errno) => Err(errno).tried(operation),
        }
    }
}

fn identity(stat: &Stat) -> (u64, u64) {
    (stat.st_dev, stat.st_ino)
}

/// A walk through a root, component by component: every step is one plain name in a directory
/// that is held open, so there is no path that could be resolved differently a second time.
struct Walk<'a> {
    target: &'a Path,
    kind: Kind,
    links: Links,
    /// From the root to where the walk is; never empty.
    directories: Vec<OwnedFd>,
    /// Their names, without the root's.
    names: Vec<OsString>,
    pending: VecDeque<OsString>,
    followed: usize,
}

/// How far a walk came with one step.
enum Step {
    On,
    Arrived(OwnedFd),
    Missing(OsString),
}

/// Finds `target` inside `root`, or makes it.
pub(super) fn find(
    root: BorrowedFd<'_>,
    target: &Path,
    kind: Kind,
    links: Links,
    undo: &mut Undo,
) -> Result<OwnedFd, SandboxError> {
    let mut walk = Walk::new(root, target, kind, links)?;
    loop {
        match walk.step()? {
            Step::On => {}
            Step::Arrived(found) => return Ok(found),
            Step::Missing(name) => {
                walk.make(&name, undo)?;
                walk.pending.push_front(name);
            }
        }
    }
}

/// Where something would have to be made for `target` to be found: components from the root,
/// after all links. Nothing when it is there, or leads upwards through what is missing.
pub(super) fn missing(
    root: BorrowedFd<'_>,
    target: &Path,
    kind: Kind,
    links: Links,
) -> Result<Option<Vec<OsString>>, SandboxError> {
    let mut walk = Walk::new(root, target, kind, links)?;
    loop {
        match walk.step()? {
            Step::On => {}
            Step::Arrived(_) => return Ok(None),
            Step::Missing(name) => {
                let mut path = walk.names;
                path.push(name);
                path.extend(walk.pending);
                let upwards = path.iter().any(|name| name == "..");
                return Ok((!upwards).then_some(path));
            }
        }
    }
}

impl<'a> Walk<'a> {
    fn new(
        root: BorrowedFd<'_>,
        target: &'a Path,
        kind: Kind,
        links: Links,
    ) -> Result<Walk<'a>, SandboxError> {
        let root = root
            .try_clone_to_owned()
            .tried(|| "copy a descriptor".to_owned())?;
        let mut walk = Walk {
            target,
            kind,
            links,
            directories: vec![root],
            names: Vec::new(),
            pending: VecDeque::new(),
            followed: 0,
        };
        walk.expect(target);
        Ok(walk)
    }

    /// Puts the components of `path` before what is still to be walked.
    fn expect(&mut self, path: &Path) {
        let mut names = VecDeque::new();
        for component in path.components() {
            match component {
                Component::Normal(name) => names.push_back(name.to_owned()),
                Component::ParentDir => names.push_back(OsString::from("..")),
                Component::RootDir => {
                    self.directories.truncate(1);
                    self.names.clear();
                }
                Component::CurDir | Component::Prefix(_) => {}
            }
        }
        names.append(&mut self.pending);
        self.pending = names;
    }

    fn found(&self, what: &str, cure: &str) -> SandboxError {
        SandboxError::MountPoint {
            path: self.target.to_owned(),
            found: what.to_owned(),
            cure: cure.to_owned(),
        }
    }

    fn here(&self) -> Result<BorrowedFd<'_>, SandboxError> {
        self.directories
            .last()
            .map(AsFd::as_fd)
            .ok_or(SandboxError::Lost)
    }

    /// What the next component has to be.
    fn wanted(&self) -> Kind {
        if self.pending.is_empty() {
            self.kind
        } else {
            Kind::Directory
        }
    }

    /// One component further.
    fn step(&mut self) -> Result<Step, SandboxError> {
        let Some(name) = self.pending.pop_front() else {
            // The path is the root, or ended in `..`.
            return match (self.kind, self.directories.pop()) {
                (Kind::Directory, Some(directory)) => Ok(Step::Arrived(directory)),
                _ => Err(self.found("a directory", "mount on the path of a file")),
            };
        };
        if name == ".." {
            // At the root `..` is the root.
            if self.names.pop().is_some() {
                self.directories.pop();
            }
            return Ok(Step::On);
        }
        let wanted = self.wanted();
        let operation = || format!("open the mount point `{}`", self.target.display());
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let entry = match openat(self.here()?, &name, flags, Mode::empty()) {
            Err(Errno::NOENT) => return Ok(Step::Missing(name)),
            other => other.tried(operation)?,
        };
        let stat = fstat(&entry).tried(operation)?;
        match (FileType::from_raw_mode(stat.st_mode), wanted) {
            (FileType::Symlink, _) => {
                let to = readlinkat(&entry, "", Vec::new()).tried(operation)?;
                self.follow(&PathBuf::from(OsString::from_vec(to.into_bytes())))
            }
            (FileType::Directory, Kind::Directory) if self.pending.is_empty() => {
                Ok(Step::Arrived(entry))
            }
            (FileType::Directory, Kind::Directory) => {
                self.directories.push(entry);
                self.names.push(name);
                Ok(Step::On)
            }
            (FileType::Directory, Kind::File) => {
                Err(self.found("a directory", "remove the directory in an earlier step"))
            }
            (_, Kind::Directory) => {
                Err(self.found("a file", "replace it by a directory in an earlier step"))
            }
            (_, Kind::File) => Ok(Step::Arrived(entry)),
        }
    }

    fn follow(&mut self, to: &Path) -> Result<Step, SandboxError> {
        if self.links == Links::Refuse {
            return Err(self.found(
                "a symbolic link",
                "replace it by a directory in an earlier step",
            ));
        }
        self.followed += 1;
        if self.followed > LINKS {
            return Err(self.found(
                "a loop of symbolic links",
                "remove the link in an earlier step",
            ));
        }
        self.expect(to);
        Ok(Step::On)
    }

    /// Makes a mount point and notes it.
    fn make(&self, name: &OsStr, undo: &mut Undo) -> Result<(), SandboxError> {
        let operation = || format!("make the mount point `{}`", self.target.display());
        let parent = self.here()?;
        let kind = self.wanted();
        let made = make(parent, name, kind).tried(operation)?;
        let stat = fstat(&made).tried(operation)?;
        undo.stubs.push(Stub {
            parent: parent.try_clone_to_owned().tried(operation)?,
            name: name.to_owned(),
            path: self.target.to_owned(),
            kind,
            identity: identity(&stat),
        });
        Ok(())
    }
}

/// Makes an empty file or directory and opens it.
pub(super) fn make(parent: impl AsFd, name: &OsStr, kind: Kind) -> rustix::io::Result<OwnedFd> {
    match kind {
        Kind::Directory => mkdirat(&parent, name, Mode::from_raw_mode(0o755))?,
        Kind::File => {
            let flags =
                OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            drop(openat(&parent, name, flags, Mode::from_raw_mode(0o644))?);
        }
    }
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(&parent, name, flags, Mode::empty())
}

/// Whether `path` is something below `prefix`, both taken literally; its rest.
pub(super) fn below<'a>(path: &'a Path, prefix: &Path) -> Option<&'a Path> {
    let rest = path.strip_prefix(prefix).ok()?;
    let plain = rest
        .components()
        .all(|component| matches!(component, Component::Normal(_)));
    (plain && !rest.as_os_str().is_empty()).then_some(rest)
}
