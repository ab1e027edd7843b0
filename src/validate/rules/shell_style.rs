//! `${NAME}` where an argument is meant.

use std::collections::BTreeSet;

use crate::diagnostic::{Code, Diagnostic};
use crate::recipe::{Command, Scope, Step};
use crate::source::Span;
use crate::syntax::PathSegment;
use crate::validate::Subject;

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    if subject.recipe.args.is_empty() {
        return;
    }
    for scope in subject.scopes() {
        for (index, step) in scope.steps.iter().enumerate() {
            let place = scope.step(index);
            match step {
                Step::Run(run) => {
                    if let Command::Script(script) = &run.run {
                        let set = |name: &str| {
                            run.env.contains_key(name)
                                || scope.defaults.env.contains_key(name)
                                || assigns(script, name)
                        };
                        text(subject, script, &place, "run", set, found);
                    }
                }
                Step::Copy(copy) => text(subject, copy.to.as_str(), &place, "to", |_| false, found),
                Step::Write(write) => {
                    text(subject, &write.content, &place, "content", |_| false, found);
                }
                Step::Fetch(fetch) => {
                    text(subject, &fetch.fetch, &place, "fetch", |_| false, found);
                }
                _ => {}
            }
        }
        base(subject, &scope, found);
    }
}

fn base(subject: &Subject<'_>, scope: &Scope<'_>, found: &mut Vec<Diagnostic>) {
    let text_of_base = scope.base.to_string();
    text(
        subject,
        &text_of_base,
        &scope.path(),
        "base",
        |_| false,
        found,
    );
}

/// Whether a script gives a variable of this name a value itself.
fn assigns(script: &str, name: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (script.match_indices(name)).any(|(at, _)| {
        let starts = !script[..at].ends_with(is_word) && !script[..at].ends_with("${");
        let rest = &script[at + name.len()..];
        let reads = ["read ", "for ", "export "]
            .iter()
            .any(|word| script[..at].ends_with(word));
        starts && (rest.starts_with('=') || (reads && !rest.starts_with(is_word)))
    })
}

/// Says of each argument that a text names as the shell does what it is called.
fn text(
    subject: &Subject<'_>,
    text: &str,
    place: &[PathSegment],
    key: &str,
    is_set: impl Fn(&str) -> bool,
    found: &mut Vec<Diagnostic>,
) {
    if !text.contains("${") || !subject.is_read(place, key) {
        return;
    }
    let mut reported: BTreeSet<&str> = BTreeSet::new();
    for (at, _) in text.match_indices("${") {
        let rest = &text[at + 2..];
        let Some(name) = rest.find('}').map(|end| &rest[..end]) else {
            return;
        };
        let is_argument = subject.recipe.args.contains_key(name);
        if !is_argument || is_set(name) || !reported.insert(name) {
            continue;
        }
        let shell = format!("${{{name}}}");
        let whole = subject.below(place, key);
        // In the source the name may stand behind escapes, and is then not found.
        let span = match subject.file.slice(whole).find(&shell) {
            Some(at) => Span::new(whole.start + at, whole.start + at + shell.len()),
            None => whole,
        };
        found.push(
            Diagnostic::new(
                Code::ShellStyleArgument,
                format!("`{shell}` is not the argument `{name}`"),
            )
            .label(span, "left as it is")
            .help(format!(
                "write `${{{{ args.{name} }}}}` if the argument is meant"
            )),
        );
    }
}
