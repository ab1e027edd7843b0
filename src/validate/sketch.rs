//! What a root file system may hold at some step, as far as the recipe alone tells.
//!
//! Rules that say "this cannot be there" ask here. The sketch errs to one side only: what it calls
//! impossible is impossible.

use std::collections::BTreeSet;

use crate::recipe::{AbsolutePath, Base, Copy, Fetch, OneOrMany, Packages, Scope, Step};
use crate::syntax::PathSegment;

use super::Subject;

/// What a root may hold so far.
#[derive(Debug, Default)]
pub(super) struct Sketch {
    /// Anything may be anywhere.
    is_open: bool,
    /// Folders below which anything may be, without slashes at the ends.
    open_below: BTreeSet<String>,
    /// Single paths that were written.
    written: BTreeSet<String>,
    /// Those of them that are links.
    links: BTreeSet<String>,
    /// What is there and no program: folders, and the files that hold accounts.
    beside: BTreeSet<String>,
    /// Users and groups that steps made.
    users: BTreeSet<String>,
    groups: BTreeSet<String>,
}

impl Sketch {
    /// The root that a scope starts from, with its first packages.
    pub(super) fn start(subject: &Subject<'_>, scope: &Scope<'_>) -> Self {
        let path = scope.path();
        let from_scratch = *scope.base == Base::Scratch && subject.is_read(&path, "base");
        let installs = scope.packages.is_some_and(installs) || subject.is_lost(&path, "packages");
        Self {
            is_open: !from_scratch || installs,
            ..Self::default()
        }
    }

    /// Calls `visit` with the sketch before every step of a scope, and gives the one at its end.
    pub(super) fn walk<'r>(
        subject: &Subject<'r>,
        scope: &Scope<'r>,
        mut visit: impl FnMut(&Self, &'r Step, &[PathSegment]),
    ) -> Self {
        let mut sketch = Self::start(subject, scope);
        let losses = subject.document.losses(&scope.at(&["steps".into()]));
        let mut before = 0;
        for (index, step) in scope.steps.iter().enumerate() {
            let place = scope.step(index);
            let start = subject.value(&place).start;
            // A step that could not be read may be one that fills the root.
            sketch.is_open |= (losses.iter()).any(|loss| (before..start).contains(&loss.start));
            before = start;
            visit(&sketch, step, &place);
            sketch.step(subject, step, &place);
        }
        sketch.is_open |= losses.iter().any(|loss| loss.start >= before);
        sketch
    }

    /// Whether a file may be at `path`, which has no `.`, `..` and empty names.
    pub(super) fn may_have(&self, path: &str) -> bool {
        self.is_open
            // A link on the way, or a file that is a folder, leads who knows where.
            || ends(path).any(|end| self.written.contains(&path[..end]))
            || ends(path).any(|end| self.open_below.contains(&path[..end]))
    }

    /// Whether a file or folder may be at `path`.
    pub(super) fn may_hold(&self, path: &str) -> bool {
        let folder = format!("{path}/");
        let mut made = [&self.written, &self.open_below, &self.beside].into_iter();
        self.may_have(path)
            || self.beside.contains(path)
            // What is in a folder makes the folder.
            || made.any(|paths| {
                let mut after = paths.range(folder.clone()..);
                after.next().is_some_and(|below| below.starts_with(&folder))
            })
    }

    /// Whether nothing at all can be there to run.
    pub(super) fn is_empty(&self) -> bool {
        !self.is_open && self.open_below.is_empty() && self.written.is_empty()
    }

    /// Whether a user of this name may be known.
    pub(super) fn may_have_user(&self, name: &str) -> bool {
        name == "root" || self.users.contains(name) || self.may_have("etc/passwd")
    }

    /// Whether a group of this name may be known.
    pub(super) fn may_have_group(&self, name: &str) -> bool {
        name == "root" || self.groups.contains(name) || self.may_have("etc/group")
    }

    /// Users that steps made.
    pub(super) fn users(&self) -> impl Iterator<Item = &str> {
        self.users.iter().map(String::as_str)
    }

    /// Groups that steps made.
    pub(super) fn groups(&self) -> impl Iterator<Item = &str> {
        self.groups.iter().map(String::as_str)
    }

    fn step(&mut self, subject: &Subject<'_>, step: &Step, place: &[PathSegment]) {
        match step {
            Step::Packages(step) => {
                self.is_open |= installs(&step.packages) || subject.is_lost(place, "packages");
            }
            Step::Run(_) => self.is_open = true,
            Step::Copy(copy) => self.copy(subject, copy, place),
            Step::Write(write) => self.write(&write.write),
            Step::Fetch(fetch) => self.fetch(fetch),
            Step::Link(link) => {
                self.write(&link.link);
                if !link.hard {
                    self.links.insert(plain(link.link.as_str()));
                }
            }
            Step::Directory(directory) => {
                let path = plain(directory.directory.as_str());
                self.follow(&path);
                self.beside.insert(path);
            }
            Step::Permissions(_) | Step::Remove(_) => {}
            Step::Accounts(step) => {
                let accounts = &step.accounts;
                for file in ["passwd", "group", "shadow", "gshadow"] {
                    self.beside.insert(format!("etc/{file}"));
                }
                for user in &accounts.users {
                    let home = user.home.as_ref().map(|home| plain(home.as_str()));
                    let home = home.unwrap_or_else(|| format!("home/{}", user.name));
                    self.beside.insert(home);
                    self.users.insert(user.name.to_string());
                    if user.group.is_none() {
                        self.groups.insert(user.name.to_string());
                    }
                }
                let groups = accounts.groups.iter();
                self.groups
                    .extend(groups.map(|group| group.name.to_string()));
                // An account that could not be read may be the one that is asked for.
                self.is_open |= subject.is_lost(place, "accounts");
            }
            // A root that has no bundle at all gets this one.
            Step::Certificates(_) => {
                let bundle = "etc/ssl/certs/ca-certificates.crt".to_owned();
                self.follow(&bundle);
                self.written.insert(bundle);
            }
        }
    }

    fn write(&mut self, path: &AbsolutePath) {
        let path = plain(path.as_str());
        let folder = path.rfind('/').map_or("", |end| &path[..end]);
        self.follow(folder);
        self.written.insert(path);
    }

    fn copy(&mut self, subject: &Subject<'_>, copy: &Copy, place: &[PathSegment]) {
        if subject.is_lost(place, "to") {
            self.is_open = true;
        }
        // The source may be a file, or a folder with anything in it.
        self.open(&copy.to);
        if let OneOrMany::One(_) = &copy.copy
            && !copy.to.ends_with_slash()
            && subject.is_read(place, "to")
        {
            self.write(&copy.to);
        }
    }

    fn fetch(&mut self, fetch: &Fetch) {
        if fetch.extract || fetch.to.ends_with_slash() {
            self.open(&fetch.to);
        } else {
            self.write(&fetch.to);
        }
    }

    /// Anything may be below a folder from now on.
    fn open(&mut self, folder: &AbsolutePath) {
        let folder = plain(folder.as_str());
        self.follow(&folder);
        if folder.is_empty() {
            self.is_open = true;
        } else {
            self.open_below.insert(folder);
        }
    }

    /// Something is put into `folder`: where that may be, or be reached through, a link, it may land
    /// anywhere.
    fn follow(&mut self, folder: &str) {
        let is_inside = |end: usize| {
            let folders = ends(&folder[..end]).filter(|above| *above < end);
            folders
                .into_iter()
                .any(|above| self.open_below.contains(&folder[..above]))
        };
        self.is_open |=
            ends(folder).any(|end| self.links.contains(&folder[..end]) || is_inside(end));
    }
}

/// Whether packages put anything into the root.
pub(super) fn installs(packages: &Packages) -> bool {
    let mut transactions = packages.install.transactions().iter();
    transactions.any(|names| !names.is_empty())
        || !packages.groups.is_empty()
        || !packages.local.is_empty()
}

/// The names of a path that say something, with `/` between them.
pub(super) fn plain(path: &str) -> String {
    let names: Vec<&str> = path
        .split('/')
        .filter(|name| !matches!(*name, "" | "."))
        .collect();
    names.join("/")
}

/// Where the folders above a path end in it, and it itself.
fn ends(path: &str) -> impl Iterator<Item = usize> {
    path.match_indices('/')
        .map(|(end, _)| end)
        .chain([path.len()])
}
