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

    /// Whether something may be at `path`.
    pub(super) fn may_have(&self, path: &str) -> bool {
        let path = trimmed(path);
        self.is_open
            // A link on the way, or a file that is a folder, leads who knows where.
            || ends(path).any(|end| self.written.contains(&path[..end]))
            || ends(path).any(|end| self.open_below.contains(&path[..end]))
    }

    /// Whether nothing at all can be there to run.
    pub(super) fn is_empty(&self) -> bool {
        !self.is_open && self.open_below.is_empty() && self.written.is_empty()
    }

    /// Whether a user of this name may be known.
    pub(super) fn may_have_user(&self, name: &str) -> bool {
        name == "root" || self.users.contains(name) || self.may_have("/etc/passwd")
    }

    /// Whether a group of this name may be known.
    pub(super) fn may_have_group(&self, name: &str) -> bool {
        name == "root" || self.groups.contains(name) || self.may_have("/etc/group")
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
            Step::Link(link) => self.write(&link.link),
            Step::Directory(_) | Step::Permissions(_) => {}
            Step::Remove(_) => {}
            Step::Accounts(step) => {
                let accounts = &step.accounts;
                let users = accounts.users.iter();
                for user in users {
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
            Step::Certificates(_) => self.open("etc"),
        }
    }

    fn write(&mut self, path: &AbsolutePath) {
        self.written.insert(trimmed(path.as_str()).to_owned());
    }

    fn copy(&mut self, subject: &Subject<'_>, copy: &Copy, place: &[PathSegment]) {
        if subject.is_lost(place, "to") {
            self.is_open = true;
        }
        // The source may be a file, or a folder with anything in it.
        self.open(trimmed(copy.to.as_str()));
        if let OneOrMany::One(_) = &copy.copy
            && !copy.to.ends_with_slash()
            && subject.is_read(place, "to")
        {
            self.write(&copy.to);
        }
    }

    fn fetch(&mut self, fetch: &Fetch) {
        if fetch.extract || fetch.to.ends_with_slash() {
            self.open(trimmed(fetch.to.as_str()));
        } else {
            self.write(&fetch.to);
        }
    }

    fn open(&mut self, folder: &str) {
        if folder.is_empty() {
            self.is_open = true;
        } else {
            self.open_below.insert(folder.to_owned());
        }
    }
}

/// Whether packages put anything into the root.
pub(super) fn installs(packages: &Packages) -> bool {
    let mut transactions = packages.install.transactions().iter();
    transactions.any(|names| !names.is_empty())
        || !packages.groups.is_empty()
        || !packages.local.is_empty()
}

/// The path without slashes around it.
pub(super) fn trimmed(path: &str) -> &str {
    path.trim_matches('/')
}

/// Where the folders above a path end in it, and it itself.
fn ends(path: &str) -> impl Iterator<Item = usize> {
    path.match_indices('/')
        .map(|(end, _)| end)
        .chain([path.len()])
}
