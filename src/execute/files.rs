//! The steps that change single files: copy, write, link, directory.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use crate::digest::{Digest, HashingWriter};
use crate::plan::{CopyAction, CopyEntry, CopyKind, DirectoryAction, LinkAction, WriteAction};

use super::ExecuteError;
use super::editor::{Editor, Ownership};
use super::error::shown;
use super::{input, owner};

/// Copies what the plan lists. Content that is no longer what was planned is an error, so that a
/// key never stands for other bytes than were hashed for it.
pub(super) fn copy(
    action: &CopyAction,
    context: &Path,
    editor: &mut Editor,
) -> Result<(), ExecuteError> {
    let owner = match &action.owner {
        Some(owner) => Some(owner::resolve(editor.tree(), owner, None)?),
        None => None,
    };
    for entry in &action.entries {
        let (uid, gid) = owner.or(entry.owner).unwrap_or_default();
        input::check_owner(uid, gid, || entry.source.to_string())?;
        let wanted = |mode| Ownership { uid, gid, mode };
        match &entry.kind {
            CopyKind::Directory { mode } => {
                let path = editor.follow(&entry.target)?;
                editor.directory(&path, wanted(mode.unwrap_or(0o755)))?;
                if let Some(mode) = mode {
                    editor.change(&path, wanted(*mode))?;
                }
            }
            CopyKind::Symlink { target } => {
                let path = editor.locate(&entry.target)?;
                editor.symlink(&path, target.as_bytes(), wanted(0o777))?;
            }
            CopyKind::File { digest, size, mode } => {
                let path = editor.locate(&entry.target)?;
                let to = editor.file(&path, wanted(*mode))?;
                copy_file(entry, (digest, *size), context, to, &path)?;
                editor.seal(&path, wanted(*mode))?;
                if let Some(capabilities) = action.capabilities {
                    editor.capabilities(&path, capabilities)?;
                }
            }
        }
    }
    Ok(())
}

fn copy_file(
    entry: &CopyEntry,
    (digest, size): (&Digest, u64),
    context: &Path,
    to: File,
    path: &[u8],
) -> Result<(), ExecuteError> {
    // What has grown since is not copied whole to find that out.
    let mut from = input::open(context, entry.source.as_path())?.take(size + 1);
    let mut to = HashingWriter::new(to);
    io::copy(&mut from, &mut to).map_err(|source| ExecuteError::Write {
        path: shown(path),
        source,
    })?;
    let (_, found, _) = to.finish();
    if found != *digest {
        return Err(ExecuteError::InputChanged {
            path: entry.source.to_string(),
        });
    }
    Ok(())
}

/// Writes one file with content from the recipe.
pub(super) fn write(action: &WriteAction, editor: &mut Editor) -> Result<(), ExecuteError> {
    let (uid, gid) = owner::resolve(editor.tree(), &action.owner, None)?;
    let wanted = Ownership {
        uid,
        gid,
        mode: action.mode.apply(0o644, false),
    };
    let path = editor.locate(&action.path)?;
    let mut file = editor.file(&path, wanted)?;
    (file.write_all(action.content.as_bytes())).map_err(|source| ExecuteError::Write {
        path: shown(&path),
        source,
    })?;
    drop(file);
    editor.seal(&path, wanted)?;
    match action.capabilities {
        Some(capabilities) => editor.capabilities(&path, capabilities),
        None => Ok(()),
    }
}

/// Makes a symbolic or hard link.
pub(super) fn link(action: &LinkAction, editor: &mut Editor) -> Result<(), ExecuteError> {
    let path = editor.locate(&action.path)?;
    if action.hard {
        let existing = editor.locate(&action.target)?;
        if editor.ownership(&existing)?.is_none() {
            return Err(ExecuteError::Missing {
                path: action.target.to_string(),
            });
        }
        return editor.hard_link(&existing, &path);
    }
    let (uid, gid) = owner::resolve(editor.tree(), &action.owner, None)?;
    editor.symlink(
        &path,
        action.target.as_bytes(),
        Ownership {
            uid,
            gid,
            mode: 0o777,
        },
    )
}

/// Makes a folder, or gives one that is there the owner and mode that the recipe names.
pub(super) fn directory(action: &DirectoryAction, editor: &mut Editor) -> Result<(), ExecuteError> {
    let path = editor.follow(&action.path)?;
    editor.directory(&path, Ownership::FOLDER)?;
    if action.owner.is_none() && action.mode.is_none() {
        return Ok(());
    }
    let mut wanted = editor.ownership(&path)?.unwrap_or(Ownership::FOLDER);
    if let Some(owner) = &action.owner {
        (wanted.uid, wanted.gid) = owner::resolve(editor.tree(), owner, None)?;
    }
    if let Some(mode) = &action.mode {
        wanted.mode = mode.apply(wanted.mode, true);
    }
    editor.change(&path, wanted)
}
