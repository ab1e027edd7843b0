//! A mount with its source open.

use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, OFlags, fstat, openat};
use rustix::io::Errno;

use super::error::{SandboxError, Tried};
use super::mount::{Mount, Root};
use super::overlay::Layers;
use super::target::{self, Kind, Links};

/// A mount that is going to be made: from here on no path of the host is looked up.
pub(super) struct Item<'a> {
    pub(super) mount: &'a Mount,
    pub(super) source: Source,
    /// What has to be at the target.
    pub(super) kind: Kind,
    /// What links on the way to the target mean.
    pub(super) links: Links,
    /// A name that no other item has.
    pub(super) name: String,
}

/// What a mount takes from the host.
pub(super) enum Source {
    /// A file or directory.
    Bind(OwnedFd),
    /// The directories of an overlay.
    Overlay(Layers),
    /// Nothing.
    None,
}

impl<'a> Item<'a> {
    /// Checks a mount and opens its source. `standard` ones follow no link in the root.
    pub(super) fn open(
        mount: &'a Mount,
        root: &Root,
        standard: bool,
        number: usize,
    ) -> Result<Item<'a>, SandboxError> {
        check(mount, root)?;
        let (source, kind) = match mount {
            Mount::Bind { source, .. } => {
                let (source, kind) = open(source)?;
                (Source::Bind(source), kind)
            }
            Mount::Overlay {
                lower, upper, work, ..
            } => (
                Source::Overlay(Layers::open(lower, upper, work)?),
                Kind::Directory,
            ),
            Mount::Part {
                lower,
                upper,
                work,
                directory,
                ..
            } => {
                let kind = if *directory {
                    Kind::Directory
                } else {
                    Kind::File
                };
                (Source::Overlay(Layers::open(lower, upper, work)?), kind)
            }
            Mount::File { .. } | Mount::Secret { .. } => (Source::None, Kind::File),
            _ => (Source::None, Kind::Directory),
        };
        let fixed = matches!(
            mount,
            Mount::Proc { .. } | Mount::Dev { .. } | Mount::Sys { .. }
        );
        Ok(Item {
            mount,
            source,
            kind,
            links: if standard || fixed {
                Links::Refuse
            } else {
                Links::Follow
            },
            name: format!("mount-{number}"),
        })
    }

    pub(super) fn target(&self) -> &'a Path {
        self.mount.target()
    }

    /// Whether `other`, which is mounted too, will be mounted on what this item covers.
    pub(super) fn covers(&self, other: &Item<'_>) -> bool {
        target::below(other.target(), self.target()).is_some()
            && !matches!(
                self.mount,
                Mount::File { .. }
                    | Mount::Secret { .. }
                    | Mount::Symlink { .. }
                    | Mount::Directory { .. }
            )
    }
}

/// What a description must not ask for.
fn check(mount: &Mount, root: &Root) -> Result<(), SandboxError> {
    let target = mount.target().display();
    let invalid = |reason: String| Err(SandboxError::Invalid { reason });
    if !mount.target().is_absolute() {
        return invalid(format!("the target `{target}` is not absolute"));
    }
    let made = matches!(mount, Mount::Directory { .. } | Mount::Symlink { .. });
    if made && *root != Root::Empty {
        return invalid(format!("`{target}` can only be made in an empty root"));
    }
    Ok(())
}

fn open(source: &Path) -> Result<(OwnedFd, Kind), SandboxError> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let operation = || format!("open `{}`", source.display());
    let handle = openat(CWD, source, flags, Mode::empty()).tried(operation)?;
    let stat = fstat(&handle).tried(operation)?;
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::Directory => Ok((handle, Kind::Directory)),
        // A link, mounted, would be followed by nobody knows whom.
        FileType::Symlink => Err(Errno::LOOP).tried(operation),
        _ => Ok((handle, Kind::File)),
    }
}
