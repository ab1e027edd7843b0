//! The steps that act on paths and globs in the root: remove, permissions.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use globset::GlobBuilder;

use crate::plan::{PermissionsAction, RemoveAction};
use crate::tree::{Kind, Tree};

use super::ExecuteError;
use super::editor::{Editor, Ownership};
use super::error::shown;
use super::owner;

/// Removes what the patterns name; gives the patterns that named nothing.
pub(super) fn remove(
    action: &RemoveAction,
    editor: &mut Editor,
) -> Result<Vec<String>, ExecuteError> {
    let find = |editor: &Editor, pattern: &str| matches(editor.tree(), pattern);
    each(&action.patterns, editor, find, |editor, path| {
        editor.remove(path)
    })
}

/// Changes owners, modes and capabilities of what the patterns name; gives the patterns that named
/// nothing.
pub(super) fn permissions(
    action: &PermissionsAction,
    editor: &mut Editor,
) -> Result<Vec<String>, ExecuteError> {
    let find = |editor: &Editor, pattern: &str| match pattern {
        "/" => Ok(vec![Vec::new()]),
        pattern => matches(editor.tree(), pattern),
    };
    each(&action.patterns, editor, find, |editor, path| {
        let mut files = change(action, editor, path)?;
        if action.recursive {
            let below: Vec<Box<[u8]>> = editor
                .tree()
                .below(path)
                .map(|entry| entry.path.clone())
                .collect();
            for path in below {
                files |= change(action, editor, &path)?;
            }
        }
        if action.capabilities.is_some() && !files {
            return Err(ExecuteError::NotAFile { path: shown(path) });
        }
        Ok(())
    })
}

/// Changes one entry; says whether it is a regular file.
fn change(
    action: &PermissionsAction,
    editor: &mut Editor,
    path: &[u8],
) -> Result<bool, ExecuteError> {
    let Some(entry) = editor.tree().get(path) else {
        return Ok(false);
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
    editor.change(path, wanted)?;
    let file = matches!(entry.kind, Kind::File { .. });
    if let Some(capabilities) = action.capabilities
        && file
    {
        editor.capabilities(path, capabilities)?;
    }
    Ok(file)
}

fn each(
    patterns: &[String],
    editor: &mut Editor,
    find: impl Fn(&Editor, &str) -> Result<Vec<Vec<u8>>, ExecuteError>,
    mut act: impl FnMut(&mut Editor, &[u8]) -> Result<(), ExecuteError>,
) -> Result<Vec<String>, ExecuteError> {
    let mut unmatched = Vec::new();
    for pattern in patterns {
        let paths = find(editor, pattern)?;
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
    // Folders before the first name with a wildcard may be links, as in every other path.
    let folder = pattern[..pattern.find(['*', '?', '[', '{']).unwrap_or(0)].rfind('/');
    let (folder, rest) = pattern.split_at(folder.map_or(0, |slash| slash + 1));
    let glob = (GlobBuilder::new(rest).literal_separator(true).build())
        .map_err(|source| ExecuteError::Glob {
            pattern: pattern.to_owned(),
            source,
        })?
        .compile_matcher();
    let folder = tree.resolve(folder.as_bytes())?.path;
    let above = if folder.is_empty() {
        0
    } else {
        folder.len() + 1
    };
    let mut paths: BTreeSet<Vec<u8>> = BTreeSet::new();
    for entry in tree.below(&folder) {
        let slashes = entry.path.iter().enumerate().filter(|(_, b)| **b == b'/');
        let mut folders = slashes.map(|(end, _)| &entry.path[..end]);
        if !folders.any(|folder| paths.contains(folder))
            && glob.is_match(OsStr::from_bytes(&entry.path[above..]))
        {
            paths.insert(entry.path.to_vec());
        }
    }
    Ok(paths.into_iter().collect())
}
