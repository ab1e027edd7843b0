//! No two steps give one file its content.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::recipe::{AbsolutePath, Copy, Step};
use crate::source::Span;
use crate::syntax::PathSegment;
use crate::validate::Subject;

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<String, (Span, Option<&str>)> = BTreeMap::new();
    let losses = subject.document.losses(&["steps".into()]);
    let mut before = 0;
    for (index, step) in subject.recipe.steps.iter().enumerate() {
        let place: [PathSegment; 2] = ["steps".into(), index.into()];
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
        if !subject.is_read(&place, key) || subject.is_lost(&place, "copy") {
            continue;
        }
        let span = subject.below(&place, key);
        // Folders merge: two copies to one name are certain to collide only in the same source.
        let collides = |first: Option<&str>| first.is_none() || source.is_none() || first == source;
        match seen.get(&path) {
            Some((first, from)) if collides(*from) => found.push(
                Diagnostic::error(
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
