//! The steps that act on paths and globs in the root: remove, permissions.

use globset::GlobBuilder;

use crate::plan::{PermissionsAction, RemoveAction};
use crate::tree::{Kind, Tree};

use super::ExecuteError;
use super::editor::{Editor, Ownership};
use super::owner;

/// Removes what the patterns name; gives the patterns that named nothing.
pub(super) fn remove(
    action: &RemoveAction,
    editor: &mut Editor,
) -> Result<Vec<String>, ExecuteError> {
    each(&action.patterns, editor, |editor, path| editor.remove(path))
}

/// Changes owners and modes of what the patterns name; gives the patterns that named nothing.
pub(super) fn permissions(
    action: &PermissionsAction,
    editor: &mut Editor,
) -> Result<Vec<String>, ExecuteError> {
    each(&action.patterns, editor, |editor, path| {
        change(action, editor, path)?;
        if action.recursive {
            let below: Vec<Box<[u8]>> = editor
                .tree()
                .below(path)
                .map(|entry| entry.path.clone())
                .collect();
            for path in below {
                change(action, editor, &path)?;
            }
        }
        Ok(())
    })
}

fn change(
    action: &PermissionsAction,
    editor: &mut Editor,
    path: &[u8],
) -> Result<(), ExecuteError> {
    let Some(entry) = editor.tree().get(path) else {
        return Ok(());
    };
    let mut wanted = Ownership::of(entry);
    if let Some(owner) = &action.owner {
        (wanted.uid, wanted.gid) = owner::resolve(editor.tree(), owner, Some(entry.gid))?;
    }
    // A link has no mode of its own.
    if let Some(mode) = &action.mode
        && !matches!(entry.kind, Kind::Symlink { .. })
    {
        wanted.mode = mode.apply(wanted.mode, entry.is_directory());
    }
    editor.change(path, wanted)
}

fn each(
    patterns: &[String],
    editor: &mut Editor,
    mut act: impl FnMut(&mut Editor, &[u8]) -> Result<(), ExecuteError>,
) -> Result<Vec<String>, ExecuteError> {
    let mut unmatched = Vec::new();
    for pattern in patterns {
        let paths = matches(editor.tree(), pattern)?;
        if paths.is_empty() {
            unmatched.push(pattern.clone());
        }
        for path in paths {
            act(editor, &path)?;
        }
    }
    Ok(unmatched)
}

/// Paths in the tree that a pattern names, outermost first and none below another. The root
/// itself is never among them.
pub(super) fn matches(tree: &Tree, pattern: &str) -> Result<Vec<Vec<u8>>, ExecuteError> {
    if !pattern.contains(['*', '?', '[', '{']) {
        let found = tree.resolve_parent(pattern.as_bytes())?;
        let paths = found.entry.filter(|entry| !entry.path.is_empty());
        return Ok(paths.map(|entry| entry.path.to_vec()).into_iter().collect());
    }
    let glob = (GlobBuilder::new(pattern).literal_separator(true).build())
        .map_err(|source| ExecuteError::Glob {
            pattern: pattern.to_owned(),
            source,
        })?
        .compile_matcher();
    let mut paths: Vec<Vec<u8>> = Vec::new();
    for entry in tree.iter() {
        use std::os::unix::ffi::OsStrExt;
        let path = [b"/", &*entry.path].concat();
        let below = paths.last().is_some_and(|last| {
            entry
                .path
                .strip_prefix(last.as_slice())
                .is_some_and(|rest| rest.starts_with(b"/"))
        });
        if !below && !entry.path.is_empty() && glob.is_match(std::ffi::OsStr::from_bytes(&path)) {
            paths.push(entry.path.to_vec());
        }
    }
    Ok(paths)
}
