//! Files of the context, which must still be what they were when the plan was made.

use std::fs::{self, File};
use std::path::Path;

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
