//! The step that copies from another root file system.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use globset::{GlobBuilder, GlobMatcher};

use crate::plan::{BytePath, CopyFromAction};
use crate::rootfs::FileKind;
use crate::tree::{Entry, Kind, Tree};

use super::ExecuteError;
use super::editor::{Editor, Ownership};
use super::error::shown;
use super::{owner, patterns};

/// Copies what the action names in `from` into the root that `editor` changes.
pub(super) fn copy(
    action: &CopyFromAction,
    from: &Tree,
    editor: &mut Editor,
) -> Result<(), ExecuteError> {
    let owner = match &action.owner {
        Some(owner) => Some(owner::resolve(editor.tree(), owner, None)?),
        None => None,
    };
    let copying = Copying {
        action,
        from,
        owner,
        exclude: globs(&action.exclude)?,
    };
    let mut sources = Vec::new();
    for pattern in &action.sources {
        let found = copying.find(pattern)?;
        if found.is_empty() {
            return Err(ExecuteError::Missing {
                path: pattern.clone(),
            });
        }
        sources.extend(found);
    }
    if sources.len() > 1 && !action.to.ends_with('/') {
        return Err(ExecuteError::NotADirectory {
            path: action.to.clone(),
        });
    }
    for path in sources {
        copying.source(&path, editor)?;
    }
    Ok(())
}

fn globs(patterns: &[String]) -> Result<Vec<GlobMatcher>, ExecuteError> {
    let compiled = patterns.iter().map(|pattern| {
        let glob = GlobBuilder::new(pattern).literal_separator(true).build();
        let glob = glob.map_err(|source| ExecuteError::Glob {
            pattern: pattern.clone(),
            source,
        });
        glob.map(|glob| glob.compile_matcher())
    });
    compiled.collect()
}

struct Copying<'a> {
    action: &'a CopyFromAction,
    from: &'a Tree,
    /// Owner of everything, where entries do not keep their own.
    owner: Option<(u32, u32)>,
    exclude: Vec<GlobMatcher>,
}

impl Copying<'_> {
    /// The paths that a source names; the root itself too.
    fn find(&self, pattern: &str) -> Result<Vec<Vec<u8>>, ExecuteError> {
        if pattern.split('/').all(|name| matches!(name, "" | ".")) {
            return Ok(vec![Vec::new()]);
        }
        let absolute = format!(
            "/{}",
            pattern.trim_start_matches("./").trim_start_matches('/')
        );
        patterns::matches(self.from, &absolute)
    }

    fn source(&self, path: &[u8], editor: &mut Editor) -> Result<(), ExecuteError> {
        // The source itself is followed, as `cp` does it: the user named it.
        let found = self.from.resolve(path)?;
        let Some(entry) = found.entry else {
            return Err(ExecuteError::Missing { path: shown(path) });
        };
        let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let name = BytePath::from(name.to_vec());
        let target = self.action.destination(&name, entry.is_directory());
        self.entry(entry, &target, editor)?;
        if !entry.is_directory() {
            return Ok(());
        }
        let top = entry.path.len();
        for below in self.from.below(&entry.path) {
            let relative = &below.path[top..];
            let relative = relative.strip_prefix(b"/").unwrap_or(relative);
            if self.is_excluded(relative) {
                continue;
            }
            let target = target.join(&relative.to_vec().into());
            let followed = match below.kind {
                Kind::Symlink { .. } if self.action.follow_links => {
                    self.from.resolve(&below.path)?.entry
                }
                _ => None,
            };
            match followed {
                Some(entry) if entry.is_directory() => {
                    return Err(ExecuteError::LinkToDirectory {
                        path: shown(&below.path),
                    });
                }
                Some(entry) => self.entry(entry, &target, editor)?,
                None => self.entry(below, &target, editor)?,
            }
        }
        Ok(())
    }

    /// Whether a path, or a folder that it is in, is left out.
    fn is_excluded(&self, relative: &[u8]) -> bool {
        let ends = relative
            .iter()
            .enumerate()
            .filter(|(_, byte)| **byte == b'/');
        let ends = ends.map(|(end, _)| end).chain([relative.len()]);
        let mut folders = ends.map(|end| OsStr::from_bytes(&relative[..end]));
        folders.any(|folder| self.exclude.iter().any(|glob| glob.is_match(folder)))
    }

    fn entry(
        &self,
        entry: &Entry,
        target: &BytePath,
        editor: &mut Editor,
    ) -> Result<(), ExecuteError> {
        let (uid, gid) = self.owner.unwrap_or((entry.uid, entry.gid));
        let wanted = |mode| Ownership { uid, gid, mode };
        match &entry.kind {
            Kind::Directory => {
                let mode = self.action.directory_mode(entry.mode);
                let path = editor.follow(target)?;
                editor.directory(&path, wanted(mode.unwrap_or(0o755)))?;
                match mode {
                    Some(mode) => editor.change(&path, wanted(mode)),
                    None => Ok(()),
                }
            }
            Kind::Symlink { target: text } => {
                let path = editor.locate(target)?;
                editor.symlink(&path, text, wanted(0o777))
            }
            Kind::File { .. } => {
                let path = editor.locate(target)?;
                let wanted = wanted(self.action.file_mode(entry.mode));
                let mut to = editor.file(&path, wanted)?;
                if let Some(mut from) = entry.open()? {
                    std::io::copy(&mut from, &mut to).map_err(|source| ExecuteError::Write {
                        path: shown(&path),
                        source,
                    })?;
                    entry.check_unchanged(&from)?;
                }
                drop(to);
                editor.seal(&path, wanted)?;
                if self.action.keeps_attributes() {
                    editor.xattrs(&path, entry)?;
                }
                match self.action.capabilities {
                    Some(capabilities) => editor.capabilities(&path, capabilities),
                    None => Ok(()),
                }
            }
            Kind::CharDevice { major, minor } => self.special(
                (FileKind::CharacterDevice, (*major, *minor)),
                target,
                wanted(entry.mode),
                editor,
            ),
            Kind::BlockDevice { major, minor } => self.special(
                (FileKind::BlockDevice, (*major, *minor)),
                target,
                wanted(entry.mode),
                editor,
            ),
            Kind::Fifo => {
                self.special((FileKind::Fifo, (0, 0)), target, wanted(entry.mode), editor)
            }
            // Only in trees of layers, from which nobody copies.
            Kind::Whiteout => Ok(()),
        }
    }

    fn special(
        &self,
        (kind, device): (FileKind, (u32, u32)),
        target: &BytePath,
        wanted: Ownership,
        editor: &mut Editor,
    ) -> Result<(), ExecuteError> {
        let path = editor.locate(target)?;
        editor.make_room(&path)?;
        editor.special(&path, kind, device, wanted)
    }
}
