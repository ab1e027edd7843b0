//! Paths resolved inside a tree, as the kernel's `RESOLVE_IN_ROOT` does it on disk.

use std::collections::{BTreeMap, VecDeque};

use super::display;
use super::entry::{Entry, Kind};
use super::failure::ResolveError;
use super::merge::Tree;

/// As many links as Linux follows (path_resolution(7)).
const MOST_LINKS: usize = 40;

/// Where a path leads.
#[derive(Debug, Clone)]
pub struct Location<'t> {
    /// The path free of links, `.` and `..`, relative to the root.
    pub path: Vec<u8>,
    /// What is there.
    pub entry: Option<&'t Entry>,
    /// The directories on the way to `path` that do not exist, outermost first, as whole paths;
    /// `path` itself is not among them.
    pub missing: Vec<Vec<u8>>,
}

/// What became of links since a tree was listed.
#[derive(Debug, Default)]
pub struct LaterLinks(BTreeMap<Vec<u8>, Option<Vec<u8>>>);

impl LaterLinks {
    /// There is a link to `target` at `path`.
    pub fn made(&mut self, path: &[u8], target: &[u8]) {
        self.0.insert(path.to_vec(), Some(target.to_vec()));
    }

    /// Whatever is at `path` is no link of the tree's any more.
    pub fn gone(&mut self, path: &[u8]) {
        self.0.insert(path.to_vec(), None);
    }

    /// The text of the later link at `path`.
    pub fn get(&self, path: &[u8]) -> Option<&[u8]> {
        self.0.get(path)?.as_deref()
    }
}

impl Tree {
    /// Follows all symbolic links in `path`. Absolute links and `..` stay inside the root. Parts
    /// that do not exist are taken as they are written, so that a link into nowhere leads to the
    /// place where its target would be.
    pub fn resolve(&self, path: &[u8]) -> Result<Location<'_>, ResolveError> {
        self.locate(path, true, &LaterLinks::default())
    }

    /// Like [`Tree::resolve`], but a link in the last place is not followed: it is what `path`
    /// names.
    pub fn resolve_parent(&self, path: &[u8]) -> Result<Location<'_>, ResolveError> {
        self.locate(path, false, &LaterLinks::default())
    }

    /// Like [`Tree::resolve`], with links that the tree does not know yet.
    pub fn resolve_with(
        &self,
        path: &[u8],
        links: &LaterLinks,
    ) -> Result<Location<'_>, ResolveError> {
        self.locate(path, true, links)
    }

    /// Like [`Tree::resolve_parent`], with links that the tree does not know yet.
    pub fn resolve_parent_with(
        &self,
        path: &[u8],
        links: &LaterLinks,
    ) -> Result<Location<'_>, ResolveError> {
        self.locate(path, false, links)
    }

    /// The text of the link at `path`, a later one first; none if there is something else.
    pub fn link_with<'a>(&'a self, path: &[u8], links: &'a LaterLinks) -> Option<&'a [u8]> {
        match (links.0.get(path), self.get(path).map(|entry| &entry.kind)) {
            (Some(later), _) => later.as_deref(),
            (None, Some(Kind::Symlink { target })) => Some(target),
            (None, _) => None,
        }
    }

    fn locate(
        &self,
        asked: &[u8],
        follow_last: bool,
        links: &LaterLinks,
    ) -> Result<Location<'_>, ResolveError> {
        let mut rest: VecDeque<Vec<u8>> = parts(asked).map(<[u8]>::to_vec).collect();
        let mut at: Vec<u8> = Vec::new();
        let mut followed = 0;
        while let Some(part) = rest.pop_front() {
            if part == b"." {
                continue;
            }
            if part == b".." {
                let parent = at.iter().rposition(|&byte| byte == b'/');
                at.truncate(parent.unwrap_or(0));
                continue;
            }
            let parent = at.len();
            if !at.is_empty() {
                at.push(b'/');
            }
            at.extend_from_slice(&part);
            if let Some(target) = self.link_with(&at, links) {
                if !follow_last && rest.is_empty() {
                    continue;
                }
                followed += 1;
                if followed > MOST_LINKS {
                    return Err(ResolveError::TooManyLinks { path: shown(asked) });
                }
                at.truncate(if target.starts_with(b"/") { 0 } else { parent });
                if target.ends_with(b"/") {
                    // The link insists on a directory.
                    rest.push_front(b".".to_vec());
                }
                for part in parts(target).collect::<Vec<_>>().into_iter().rev() {
                    rest.push_front(part.to_vec());
                }
                continue;
            }
            let is_changed = links.0.contains_key(&at);
            if let Some(entry) = self.get(&at)
                && !is_changed
                && !entry.is_directory()
                && !rest.is_empty()
            {
                return Err(ResolveError::NotADirectory {
                    path: shown(asked),
                    at: display(&at).to_string(),
                });
            }
        }
        Ok(self.location(at))
    }

    fn location(&self, path: Vec<u8>) -> Location<'_> {
        let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
        let missing = slashes
            .map(|(end, _)| &path[..end])
            .filter(|parent| self.get(parent).is_none())
            .map(<[u8]>::to_vec)
            .collect();
        Location {
            entry: self.get(&path),
            missing,
            path,
        }
    }
}

fn parts(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|&byte| byte == b'/')
        .filter(|part| !part.is_empty())
}

/// As messages show a path that may have been asked for with a leading slash.
fn shown(asked: &[u8]) -> String {
    let start = asked.iter().position(|&byte| byte != b'/');
    display(&asked[start.unwrap_or(asked.len())..]).to_string()
}
