//! A file gets new contents, or keeps the old ones: never something between.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// Gives the file at `path` the contents `text`: written beside it, then renamed over it, so that
/// a crash leaves the old file or the new one. A symbolic link stays and what it points to is
/// replaced; mode and owner stay.
pub(super) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let target = fs::canonicalize(path)?;
    let old = fs::metadata(&target)?;
    let new = beside(&target)?;
    write(new.as_file(), text)?;
    // Only root may give files away; for anybody else the file is theirs already.
    let _ = fchown(new.as_file(), Some(old.uid()), Some(old.gid()));
    new.as_file().set_permissions(old.permissions())?;
    new.as_file().sync_all()?;
    new.persist(&target)?;
    Ok(())
}

/// Makes the file at `path`, whole or not at all; there must be none.
pub(super) fn create(path: &Path, text: &str) -> io::Result<()> {
    let new = beside(path)?;
    write(new.as_file(), text)?;
    new.as_file().sync_all()?;
    new.persist_noclobber(path)?;
    Ok(())
}

/// A file in the same folder, with the mode of any new file.
fn beside(path: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new()
        .prefix(".onelayer-")
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder(path))
}

fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn write(mut file: &File, text: &str) -> io::Result<()> {
    file.write_all(text.as_bytes())
}
