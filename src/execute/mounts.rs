//! What a command sees besides the root: from a plan's words to mounts of the sandbox.
//!
//! Nothing of it is part of the change set. Files of the context are copied first, so that what the
//! command sees is what its key says, and nothing that it writes there comes back; of another root
//! it sees an overlay whose upper directory is thrown away.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use crate::plan::{CopyAction, CopyEntry, CopyKind, Mode, MountAction, Origin, Owner, RunAction};
use crate::progress::Event;
use crate::sandbox::Mount;
use crate::store::{Cache, Draft};
use crate::tree::Tree;

use super::claims::Claims;
use super::editor::Editor;
use super::redaction::Redaction;
use super::schedule::Finished;
use super::{ExecuteError, Execution, PATIENCE, Stack, files, owner};

/// What goes with one run of a command.
#[derive(Default)]
pub(super) struct Mounted {
    pub(super) mounts: Vec<Mount>,
    /// Roots that are seen: what they are made of stays as long.
    _held: Vec<Arc<Stack>>,
    /// Secrets that are variables.
    pub(super) variables: BTreeMap<String, OsString>,
    /// Takes the secrets out of what the command prints.
    pub(super) redaction: Redaction,
    /// Nobody else has them meanwhile.
    _caches: BTreeMap<String, Cache>,
}

/// Modes of what the recipe gives none.
const CACHE_MODE: u32 = 0o755;
const SECRET_MODE: u32 = 0o400;
const TMPFS_MODE: u32 = 0o1777;

impl Execution<'_> {
    /// Makes ready what `action` wants to see in `root`. Waits for caches that others have.
    pub(super) fn mounts(
        &self,
        action: &RunAction,
        number: usize,
        root: &Stack,
        (finished, claims): (&Finished, &Claims),
        draft: &Draft,
    ) -> Result<Mounted, ExecuteError> {
        if action.mounts.is_empty() {
            return Ok(Mounted::default());
        }
        let user = self.ids(action, &root.tree)?;
        let mut mounts = Vec::new();
        let mut variables = BTreeMap::new();
        let mut secrets = Vec::new();
        let mut caches = BTreeMap::new();
        let mut held = Vec::new();
        for (index, mount) in action.mounts.iter().enumerate() {
            match mount {
                // Last of all: who waits for a cache keeps nothing that others wait for.
                MountAction::Cache { id, .. } => {
                    caches.insert(id.clone(), None);
                }
                MountAction::Secret {
                    id,
                    target,
                    env,
                    mode,
                    ..
                } => {
                    // One that is required was asked for before all work.
                    let Some(value) = self.secrets.get(id) else {
                        continue;
                    };
                    secrets.push(value);
                    if let Some(name) = env {
                        variables.insert(name.clone(), OsString::from_vec(value.to_vec()));
                    } else if let Some(target) = target {
                        mounts.push(Mount::Secret {
                            target: target.into(),
                            contents: value.to_vec(),
                            mode: bits(mode.as_ref(), SECRET_MODE, false),
                            owner: user,
                        });
                    }
                }
                MountAction::Bind {
                    source,
                    entries,
                    from,
                    target,
                    writable,
                } => {
                    let room = room(draft, index)?;
                    let part = match from {
                        None => self.of_context(entries, target, &room)?,
                        Some(from) => {
                            let other = self.origin(from, finished, claims)?;
                            let part = of_root(from, &other, source)?;
                            held.push(other);
                            part
                        }
                    };
                    mounts.push(Mount::Part {
                        lower: part.lower,
                        upper: room.join("upper"),
                        work: room.join("work"),
                        source: part.source,
                        directory: part.directory,
                        target: target.into(),
                        writable: *writable,
                    });
                }
                MountAction::Tmpfs { target, size, mode } => mounts.push(Mount::Tmpfs {
                    target: target.into(),
                    size: *size,
                    mode: bits(mode.as_ref(), TMPFS_MODE, true),
                }),
                // Refused before all work.
                MountAction::Ssh { .. } => {}
            }
        }
        // By name: two commands that want the same two never wait for each other.
        for (id, cache) in &mut caches {
            *cache = Some(self.cache(id, number)?);
        }
        let caches: BTreeMap<String, Cache> = (caches.into_iter())
            .filter_map(|(id, cache)| Some((id, cache?)))
            .collect();
        for mount in &action.mounts {
            if let MountAction::Cache { id, target, mode } = mount
                && let Some(cache) = caches.get(id)
            {
                cache.settle(user, bits(mode.as_ref(), CACHE_MODE, true))?;
                mounts.push(Mount::Bind {
                    source: cache.folder().to_owned(),
                    target: target.into(),
                    writable: true,
                });
            }
        }
        Ok(Mounted {
            mounts,
            variables,
            redaction: Redaction::new(secrets.into_iter()),
            _caches: caches,
            _held: held,
        })
    }

    /// The ids of the user that runs the command.
    fn ids(&self, action: &RunAction, tree: &Tree) -> Result<(u32, u32), ExecuteError> {
        match action.user.parse::<Owner>() {
            Ok(user) => owner::resolve(tree, &user, None),
            // The sandbox says what is wrong with it.
            Err(_) => Ok((0, 0)),
        }
    }

    /// The cache called `id`, when nobody else has it any more.
    fn cache(&self, id: &str, number: usize) -> Result<Cache, ExecuteError> {
        let mut told = false;
        loop {
            if let Some(cache) = self.store.cache(id)? {
                return Ok(cache);
            }
            if !told {
                self.reporter.report(&Event::StepWaiting {
                    step: number,
                    cache: id,
                });
                told = true;
            }
            self.check_cancelled()?;
            thread::sleep(PATIENCE);
        }
    }

    /// A copy of files of the context, at `target` in the upper directory of `room`.
    fn of_context(
        &self,
        entries: &[CopyEntry],
        target: &str,
        room: &Path,
    ) -> Result<Part, ExecuteError> {
        let empty = Tree::new();
        let mut editor = Editor::new(&empty, &room.join("upper"), 0)?;
        let copy = CopyAction {
            sources: Vec::new(),
            to: target.to_owned(),
            owner: Some(Owner::ROOT),
            entries: entries.to_vec(),
            capabilities: None,
        };
        files::copy(&copy, &self.access.context, &mut editor)?;
        // Folders last: what was made in them has given them the time of day.
        for entry in entries.iter().rev() {
            if matches!(entry.kind, CopyKind::Directory { .. }) {
                let path = editor.follow(&entry.target)?;
                editor.stamp(&path)?;
            }
        }
        let top = entries.first();
        Ok(Part {
            lower: Vec::new(),
            source: target.into(),
            directory: top.is_some_and(|top| matches!(top.kind, CopyKind::Directory { .. })),
        })
    }
}

/// What a bind shows.
struct Part {
    lower: Vec<PathBuf>,
    source: PathBuf,
    directory: bool,
}

/// What `source` is in another root.
fn of_root(from: &Origin, other: &Stack, source: &str) -> Result<Part, ExecuteError> {
    let found = other.tree.resolve(source.as_bytes())?;
    let is_root = found.path.is_empty();
    let Some(directory) =
        (found.entry.map(|entry| entry.is_directory())).or(is_root.then_some(true))
    else {
        return Err(ExecuteError::NotInOrigin {
            path: source.to_owned(),
            origin: from.to_string(),
        });
    };
    let mut path = vec![b'/'];
    path.extend(found.path);
    Ok(Part {
        lower: other.lower.clone(),
        source: OsString::from_vec(path).into(),
        directory,
    })
}

/// An empty overlay's directories, thrown away with the draft.
fn room(draft: &Draft, index: usize) -> Result<PathBuf, ExecuteError> {
    let room = draft.state().join(format!("mount-{index}"));
    for name in ["upper", "work"] {
        let path = room.join(name);
        fs::create_dir_all(&path).map_err(|source| ExecuteError::Write {
            path: path.display().to_string(),
            source,
        })?;
    }
    Ok(room)
}

fn bits(mode: Option<&Mode>, usual: u32, directory: bool) -> u32 {
    mode.map_or(usual, |mode| mode.apply(usual, directory))
}
