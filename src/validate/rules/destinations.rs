//! No two steps give one file its content, and none takes away what only comes later.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::recipe::{AbsolutePath, Copy, Scope, Step};
use crate::source::Span;
use crate::syntax::PathSegment;
use crate::validate::Subject;
use crate::validate::sketch::{Sketch, trimmed};

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for scope in subject.scopes() {
        duplicates(subject, &scope, found);
        removals(subject, &scope, found);
    }
}

fn duplicates(subject: &Subject<'_>, scope: &Scope<'_>, found: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<String, (Span, Option<&str>)> = BTreeMap::new();
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
        let (path, key, source) = match step {
            Step::Write(write) => (plain(&write.write), "write", None),
            Step::Link(link) => (plain(&link.link), "link", None),
            Step::Fetch(fetch) if !fetch.extract && !fetch.to.ends_with_slash() => {
                (plain(&fetch.to), "to", None)
            }
            Step::Copy(copy) => match (target(copy), copy.copy.as_slice()) {
                (Some(path), [source]) => (path, "to", Some(source.as_str())),
                _ => continue,
            },
            // Afterwards another file may well be wanted under the same name.
            Step::Remove(_) => {
                seen.clear();
                continue;
            }
            _ => continue,
        };
        // One of two steps under conditions may be the only one that is made.
        if step.when().is_some() || !subject.is_read(&place, key) || subject.is_lost(&place, "copy")
        {
            continue;
        }
        let span = subject.below(&place, key);
        // Folders merge: two copies to one name are certain to collide only in the same source.
        let collides = |first: Option<&str>| first.is_none() || source.is_none() || first == source;
        match seen.get(&path) {
            Some((first, from)) if collides(*from) => found.push(
                Diagnostic::new(
                    Code::DuplicateDestination,
                    format!("`/{path}` is written twice"),
                )
                .label(span, "here again")
                .label(*first, "here first")
                .help("remove one of the two steps"),
            ),
            _ => {
                seen.insert(path, (span, source));
            }
        }
    }
}

/// A path that cannot be there yet when it is removed, and is written afterwards.
fn removals(subject: &Subject<'_>, scope: &Scope<'_>, found: &mut Vec<Diagnostic>) {
    let mut too_early: BTreeMap<&str, Span> = BTreeMap::new();
    Sketch::walk(subject, scope, |sketch, step, place| {
        let written = match step {
            Step::Remove(remove) => {
                for (index, path) in remove.remove.as_slice().iter().enumerate() {
                    let is_glob = path.as_str().contains(['*', '?', '[', '{']);
                    if is_glob || sketch.may_have(path.as_str()) || subject.is_lost(place, "remove")
                    {
                        continue;
                    }
                    let mut at: Vec<PathSegment> = place.to_vec();
                    at.push("remove".into());
                    if matches!(remove.remove, crate::recipe::OneOrMany::Many(_)) {
                        at.push(index.into());
                    }
                    too_early.insert(trimmed(path.as_str()), subject.value(&at));
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
        let path = trimmed(path.as_str());
        if let Some(span) = too_early.remove(path) {
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

fn plain(path: &AbsolutePath) -> String {
    path.names().collect::<Vec<_>>().join("/")
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
    let folder = plain(&copy.to);
    match (copy.to.ends_with_slash(), folder.is_empty()) {
        (false, true) => None,
        (false, false) => Some(folder),
        (true, true) => Some(name.to_owned()),
        (true, false) => Some(format!("{folder}/{name}")),
    }
}
