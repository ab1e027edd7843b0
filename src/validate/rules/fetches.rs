//! Files from the network: where they are, and that nothing else can come.

use crate::diagnostic::{Code, Diagnostic};
use crate::recipe::{Fetch, Step};
use crate::syntax::PathSegment;
use crate::validate::Subject;

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for scope in subject.scopes() {
        for (index, step) in scope.steps.iter().enumerate() {
            if let Step::Fetch(fetch) = step {
                one(subject, &scope.step(index), fetch, found);
            }
        }
    }
}

fn one(subject: &Subject<'_>, place: &[PathSegment], fetch: &Fetch, found: &mut Vec<Diagnostic>) {
    let rest = ["https://", "http://"]
        .iter()
        .find_map(|scheme| fetch.fetch.strip_prefix(scheme));
    let host = rest.map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    let problem = match host {
        None => Some(("is not the address of a file", "write `https://…`")),
        Some("") => Some(("names no server", "write `https://SERVER/PATH`")),
        Some(host) if host.contains('@') => Some((
            "holds credentials, which would stand in the recipe and the plan",
            "remove what stands before the `@`",
        )),
        Some(_)
            if fetch
                .fetch
                .chars()
                .any(|c| c.is_whitespace() || c.is_control()) =>
        {
            Some(("holds white space", "write `%20` for a space"))
        }
        Some(_) => None,
    };
    if let Some((what, help)) = problem
        && subject.is_read(place, "fetch")
    {
        found.push(
            Diagnostic::new(
                Code::InvalidValue,
                format!("`{}` {what}", fetch.fetch.escape_debug()),
            )
            .label(subject.below(place, "fetch"), "this address")
            .help(help),
        );
    }
    let lost = |key| subject.is_lost(place, key);
    match (&fetch.sha256, &fetch.sha512) {
        (None, None) if !lost("sha256") && !lost("sha512") => found.push(
            Diagnostic::new(
                Code::MissingChecksum,
                "no digest says what the file must be",
            )
            .label(subject.key(place, "fetch"), "anything could come")
            .help("add `sha256` with the digest that `sha256sum` prints for the file"),
        ),
        (Some(_), Some(_)) => found.push(
            Diagnostic::new(Code::InvalidValue, "one digest is enough")
                .label(subject.key(place, "sha512"), "a second one")
                .label(subject.key(place, "sha256"), "the first one")
                .help("remove one of the two"),
        ),
        _ => {}
    }
    if fetch.strip > 0 && !fetch.extract && !lost("extract") {
        found.push(
            Diagnostic::new(Code::UnusedValue, "`strip` is not used")
                .label(subject.key(place, "strip"), "without effect")
                .help("add `extract: true`, or remove it"),
        );
    }
}
