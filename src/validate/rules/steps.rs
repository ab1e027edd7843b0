//! Steps that cannot be made, or would do nothing, as far as their own values tell.

use crate::diagnostic::{Code, Diagnostic};
use crate::recipe::{OneOrMany, Step};
use crate::syntax::PathSegment;
use crate::validate::Subject;
use crate::validate::sketch::plain;

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for scope in subject.scopes() {
        let defaults = scope.at(&["defaults".into()]);
        let shell = scope.defaults.shell.as_deref();
        found.extend(empty_shell(subject, shell, &defaults));
        for (index, step) in scope.steps.iter().enumerate() {
            let place = scope.step(index);
            found.extend(impossible(subject, step, &place));
            // What could not be read may be what is missing.
            if subject.document.is_read(&place) {
                found.extend(idle(subject, step, &place));
            }
        }
    }
}

/// What a step says that nothing can carry out.
fn impossible(subject: &Subject<'_>, step: &Step, place: &[PathSegment]) -> Vec<Diagnostic> {
    let wrong = |is_wrong: bool, key: &str, index: Option<usize>, message: &str, help: &str| {
        let item = index.map(PathSegment::from);
        let place = [place, &[key.into()], item.as_slice()].concat();
        let is_wrong = is_wrong && subject.document.is_read(&place);
        is_wrong.then(|| invalid(subject, &place, message, help))
    };
    let is_root = |path: &str| plain(path).is_empty();
    let found = match step {
        Step::Run(run) => vec![empty_shell(subject, run.shell.as_deref(), place)],
        Step::Copy(copy) => each(&copy.copy, |index, source| {
            let help = "write `.` for all that is there";
            wrong(
                source.is_empty(),
                "copy",
                index,
                "a source has no name",
                help,
            )
        }),
        Step::Write(write) => {
            let help = "write the path of a file";
            let is_root = is_root(write.write.as_str());
            vec![wrong(is_root, "write", None, "the root is a folder", help)]
        }
        Step::Link(link) => {
            let is_root = is_root(link.link.as_str());
            let nowhere = link.target.is_empty();
            let (path, target) = ("write the path of the link", "write where the link leads");
            vec![
                wrong(is_root, "link", None, "the root is a folder", path),
                wrong(nowhere, "target", None, "the link leads nowhere", target),
            ]
        }
        Step::Remove(remove) => each(&remove.remove, |index, path| {
            let help = "write `/*` for all that is in it";
            let is_root = is_root(path.as_str());
            wrong(is_root, "remove", index, "the root itself stays", help)
        }),
        _ => Vec::new(),
    };
    found.into_iter().flatten().collect()
}

/// What to say about each of several values, which have an index where they are in a list.
fn each<T>(
    values: &OneOrMany<T>,
    say: impl Fn(Option<usize>, &T) -> Option<Diagnostic>,
) -> Vec<Option<Diagnostic>> {
    let is_list = matches!(values, OneOrMany::Many(_));
    let values = values.as_slice().iter().enumerate();
    values
        .map(|(index, value)| say(is_list.then_some(index), value))
        .collect()
}

fn empty_shell(
    subject: &Subject<'_>,
    shell: Option<&[String]>,
    place: &[PathSegment],
) -> Option<Diagnostic> {
    let place = [place, &["shell".into()]].concat();
    let is_empty = shell.is_some_and(<[String]>::is_empty) && subject.document.is_read(&place);
    let help = "write its words, the last one the option before a script: `[/bin/sh, -e, -c]`";
    is_empty.then(|| invalid(subject, &place, "the shell has no words", help))
}

/// That a step changes nothing.
fn idle(subject: &Subject<'_>, step: &Step, place: &[PathSegment]) -> Option<Diagnostic> {
    let help = match step {
        Step::Permissions(step)
            if step.owner.is_none() && step.mode.is_none() && step.capabilities.is_none() =>
        {
            "add `owner`, `mode` or `capabilities`, or remove the step"
        }
        Step::Accounts(step)
            if step.accounts.users.is_empty() && step.accounts.groups.is_empty() =>
        {
            "add `users` or `groups`, or remove the step"
        }
        _ => return None,
    };
    let diagnostic = Diagnostic::new(Code::UnusedValue, "the step changes nothing")
        .label(subject.key(place, step.kind()), "without effect")
        .help(help);
    Some(diagnostic)
}

fn invalid(subject: &Subject<'_>, place: &[PathSegment], message: &str, help: &str) -> Diagnostic {
    Diagnostic::new(Code::InvalidValue, message)
        .label(subject.value(place), "this value")
        .help(help)
}
