//! Steps that cannot be made, or would do nothing, as far as their own values tell.

use crate::diagnostic::{Code, Diagnostic};
use crate::recipe::{AbsolutePath, Step};
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
    let at = |key: &str| [place, &[key.into()]].concat();
    let wrong = |is_wrong: bool, place: Vec<PathSegment>, message: &str, help: &str| {
        let is_wrong = is_wrong && subject.document.is_read(&place);
        is_wrong.then(|| invalid(subject, &place, message, help))
    };
    let is_root = |path: &AbsolutePath| plain(path.as_str()).is_empty();
    let found = match step {
        Step::Run(run) => vec![empty_shell(subject, run.shell.as_deref(), place)],
        Step::Copy(copy) => {
            let help = "write `.` for all that is there";
            let sources = copy.copy.places(&at("copy")).into_iter();
            sources
                .map(|(place, path)| wrong(path.is_empty(), place, "a source has no name", help))
                .collect()
        }
        Step::Write(write) => {
            let help = "write the path of a file";
            let place = at("write");
            vec![wrong(
                is_root(&write.write),
                place,
                "the root is a folder",
                help,
            )]
        }
        Step::Link(link) => {
            let (path, target) = ("write the path of the link", "write where the link leads");
            let nowhere = link.target.is_empty();
            vec![
                wrong(
                    is_root(&link.link),
                    at("link"),
                    "the root is a folder",
                    path,
                ),
                wrong(nowhere, at("target"), "the link leads nowhere", target),
            ]
        }
        Step::Remove(remove) => {
            let help = "write `/*` for all that is in it";
            let paths = remove.remove.places(&at("remove")).into_iter();
            paths
                .map(|(place, path)| wrong(is_root(path), place, "the root itself stays", help))
                .collect()
        }
        _ => Vec::new(),
    };
    found.into_iter().flatten().collect()
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
