//! Files of the context, which must still be what they were when the plan was made.

use std::fs::{self, File};
use std::path::Path;

use crate::sandbox::UNKNOWN_OWNER;

use super::ExecuteError;

/// Opens the regular file at `path` in `context`.
pub(super) fn open(context: &Path, path: &Path) -> Result<File, ExecuteError> {
    let place = context.join(path);
    let shown = || path.display().to_string();
    let failed = |source| ExecuteError::Input {
        path: shown(),
        source,
    };
    // What became a pipe since the plan was made would be waited for without end.
    if !fs::metadata(&place).map_err(failed)?.is_file() {
        return Err(ExecuteError::InputChanged { path: shown() });
    }
    File::open(&place).map_err(failed)
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
