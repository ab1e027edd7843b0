//! Files of the context, which must still be what they were when the plan was made.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use crate::rootfs::{Rootfs, RootfsError};
use crate::sandbox::UNKNOWN_OWNER;

use super::ExecuteError;

/// Opens the regular file at `path` in `context`, wherever links in the context lead. What has
/// become something else since, or is led out of the context, has changed.
pub(super) fn open(context: &Path, path: &Path) -> Result<File, ExecuteError> {
    let root = Rootfs::open(context)?;
    let real = lead(&root, path)?;
    root.open_input(real).map_err(|error| told(path, error))
}

/// Opens the directory at `path` in `context`, as [`open`] does.
pub(super) fn open_directory(context: &Path, path: &Path) -> Result<OwnedFd, ExecuteError> {
    let root = Rootfs::open(context)?;
    let real = lead(&root, path)?;
    root.open_directory(real).map_err(|error| told(path, error))
}

fn lead(root: &Rootfs, path: &Path) -> Result<PathBuf, ExecuteError> {
    let real = root.lead(path).map_err(|source| ExecuteError::Input {
        path: path.display().to_string(),
        source,
    })?;
    real.ok_or_else(|| changed(path))
}

fn told(path: &Path, error: RootfsError) -> ExecuteError {
    match error {
        // What became a pipe since the plan was made would be waited for without end.
        RootfsError::NotRegular { .. } => changed(path),
        error if error.is_other_place() => changed(path),
        RootfsError::Io { source, .. } => ExecuteError::Input {
            path: path.display().to_string(),
            source,
        },
        other => other.into(),
    }
}

fn changed(path: &Path) -> ExecuteError {
    ExecuteError::InputChanged {
        path: path.display().to_string(),
    }
}

/// Fails for an owner that cannot be told: of a file of another user of the host, seen from a
/// namespace that does not have that user.
pub(super) fn check_owner(
    uid: u32,
    gid: u32,
    path: impl FnOnce() -> String,
) -> Result<(), ExecuteError> {
    if uid == UNKNOWN_OWNER || gid == UNKNOWN_OWNER {
        return Err(ExecuteError::UnknownOwner { path: path() });
    }
    Ok(())
}
