//! A directory of the context as root.

use std::collections::HashMap;
use std::io;

use crate::execute::ExecuteError;
use crate::execute::editor::{Editor, Ownership};
use crate::execute::error::shown;
use crate::rootfs::FileKind;
use crate::tar::EntryProblem;
use crate::tree::{Entry, Kind, Tree};

use super::error::{BaseError, BasePart};

/// Copies everything in `tree` into what `editor` writes, with owners, modes, attributes and hard
/// links as they are. Times are the editor's, as those of all copies.
///
/// A name that would be a removal is refused before anything is written: no layer could hold it.
/// Messages call the directory `name`.
pub(in crate::execute) fn directory(
    name: &str,
    tree: &Tree,
    editor: &mut Editor,
) -> Result<(), ExecuteError> {
    if let Some(entry) = (tree.iter()).find(|entry| entry.name().starts_with(b".wh.")) {
        return Err(BaseError::Entry {
            part: BasePart::Directory(name.to_owned()),
            entry: entry.path.to_vec().into(),
            problem: EntryProblem::Whiteout,
        }
        .into());
    }
    let mut first_names = HashMap::new();
    for entry in tree.iter() {
        let path = &*entry.path;
        let identity = match &entry.kind {
            Kind::File { content, .. } => content.link_identity(),
            _ => None,
        };
        if let Some(identity) = identity {
            let first: &[u8] = first_names.entry(identity).or_insert(path);
            if first != path {
                editor.hard_link(first, path)?;
                continue;
            }
        }
        write(entry, editor)?;
        editor.xattrs(path, entry)?;
    }
    Ok(())
}

fn write(entry: &Entry, editor: &mut Editor) -> Result<(), ExecuteError> {
    let path = &*entry.path;
    let wanted = Ownership::of(entry);
    let (kind, number) = match &entry.kind {
        Kind::Directory if path.is_empty() => return editor.change(path, wanted),
        Kind::Directory => return editor.directory(path, wanted),
        Kind::Symlink { target } => return editor.symlink(path, target, wanted),
        Kind::File { .. } => {
            let mut to = editor.file(path, wanted)?;
            if let Some(mut from) = entry.open()? {
                io::copy(&mut from, &mut to).map_err(|source| ExecuteError::Write {
                    path: shown(path),
                    source,
                })?;
                entry.check_unchanged(&from)?;
            }
            drop(to);
            return editor.seal(path, wanted);
        }
        Kind::CharDevice { major, minor } => (FileKind::CharacterDevice, (*major, *minor)),
        Kind::BlockDevice { major, minor } => (FileKind::BlockDevice, (*major, *minor)),
        Kind::Fifo => (FileKind::Fifo, (0, 0)),
        // Only in trees of layers.
        Kind::Whiteout => return Ok(()),
    };
    editor.make_room(path)?;
    editor.special(path, kind, number, wanted)
}
