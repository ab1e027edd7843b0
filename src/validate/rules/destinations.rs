//! No two steps give one file its content, and none takes away what only comes later.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::recipe::{Copy, Scope, Step};
use crate::source::Span;
use crate::validate::Subject;
use crate::validate::sketch::{Sketch, plain};

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for scope in subject.scopes() {
        duplicates(subject, &scope, found);
        removals(subject, &scope, found);
    }
}

/// What a step puts at a path.
#[derive(Clone, Copy)]
enum Made<'r> {
    File,
    Link,
    /// A file, or the contents of a folder.
    Copy(&'r Copy),
}

impl Made<'_> {
    /// Whether one of the two certainly hides the other.
    fn hides(self, first: Self) -> bool {
        match (first, self) {
            // What a folder holds goes where the link leads.
            (Self::Link, Self::Copy(_)) => false,
            // Folders merge: two copies collide only if they bring the same files.
            (Self::Copy(first), Self::Copy(second)) => {
                let files = |copy: &Copy| (copy.copy.clone(), copy.from.clone(), copy.follow_links);
                files(first) == files(second) && first.exclude == second.exclude
            }
            _ => true,
        }
    }
}

fn duplicates(subject: &Subject<'_>, scope: &Scope<'_>, found: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<String, (Span, Made<'_>)> = BTreeMap::new();
    let losses = subject.document.losses(&scope.at(&["steps".into()]));
    let mut before = 0;
    for (index, step) in scope.steps.iter().enumerate() {
        let place = scope.step(index);
        let start = subject.value(&place).start;
        // A step that could not be read may be one that removes.
        if losses
            .iter()
            .any(|loss| (before..start).contains(&loss.start))
        {
            seen.clear();
        }
        before = start;
        let (path, key, made) = match step {
            Step::Write(write) => (plain(write.write.as_str()), "write", Made::File),
            Step::Link(link) => (plain(link.link.as_str()), "link", Made::Link),
            Step::Fetch(fetch) if !fetch.extract && !fetch.to.ends_with_slash() => {
                (plain(fetch.to.as_str()), "to", Made::File)
            }
            Step::Copy(copy) => match target(copy) {
                Some(path) => (path, "to", Made::Copy(copy)),
                None => continue,
            },
            // Afterwards another file may well be wanted under the same name: this one is gone, or
            // was of use to a command.
            Step::Remove(_) | Step::Run(_) | Step::Packages(_) => {
                seen.clear();
                continue;
            }
            _ => continue,
        };
        // One of two steps under conditions may be the only one that is made.
        let lost = |key| subject.is_lost(&place, key);
        if step.when().is_some()
            || path.is_empty()
            || !subject.is_read(&place, key)
            || ["copy", "from", "exclude", "when"].into_iter().any(lost)
        {
            continue;
        }
        let span = subject.below(&place, key);
        match seen.get(&path) {
            Some((first, from)) if made.hides(*from) => found.push(
                Diagnostic::new(
                    Code::DuplicateDestination,
                    format!("`/{path}` is written twice"),
                )
                .label(span, "here again")
                .label(*first, "here first")
                .help("remove one of the two steps"),
            ),
            _ => {
                seen.insert(path, (span, made));
            }
        }
    }
}

/// A path that cannot be there yet when it is removed, and is written afterwards.
fn removals(subject: &Subject<'_>, scope: &Scope<'_>, found: &mut Vec<Diagnostic>) {
    let mut too_early: BTreeMap<String, Span> = BTreeMap::new();
    Sketch::walk(subject, scope, |sketch, step, place| {
        let written = match step {
            Step::Remove(remove) => {
                for (at, path) in remove.remove.places(&[place, &["remove".into()]].concat()) {
                    let is_glob = path.as_str().contains(['*', '?', '[', '{']);
                    let name = plain(path.as_str());
                    if is_glob || sketch.may_hold(&name) || subject.is_lost(place, "remove") {
                        continue;
                    }
                    too_early.insert(name, subject.value(&at));
                }
                return;
            }
            Step::Write(write) => (&write.write, "write"),
            Step::Link(link) => (&link.link, "link"),
            Step::Fetch(fetch) if !fetch.extract => (&fetch.to, "to"),
            Step::Copy(copy) if !copy.to.ends_with_slash() => (&copy.to, "to"),
            _ => return,
        };
        let (path, key) = written;
        if !subject.is_read(place, key) {
            return;
        }
        let path = plain(path.as_str());
        if let Some(span) = too_early.remove(&path) {
            found.push(
                Diagnostic::new(
                    Code::RemovedTooEarly,
                    format!("`/{path}` is removed before it is written"),
                )
                .label(span, "nothing there yet")
                .label(subject.below(place, key), "written here")
                .help("move the `remove` behind the step that writes"),
            );
        }
    });
}

/// The file that a copy makes, as far as the recipe alone tells.
fn target(copy: &Copy) -> Option<String> {
    let [source] = copy.copy.as_slice() else {
        return None;
    };
    if source.contains(['*', '?', '[', '{']) {
        return None;
    }
    let name = source
        .rsplit('/')
        .next()
        .filter(|name| !matches!(*name, "" | "."))?;
    let folder = plain(copy.to.as_str());
    match (copy.to.ends_with_slash(), folder.is_empty()) {
        (false, true) => None,
        (false, false) => Some(folder),
        (true, true) => Some(name.to_owned()),
        (true, false) => Some(format!("{folder}/{name}")),
    }
}
