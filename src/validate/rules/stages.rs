//! Stages: that they exist, are needed, and do not need themselves.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Code, Diagnostic};
use crate::recipe::{Base, Mount, RunIn, Scope, Source, Step};
use crate::source::Span;
use crate::syntax::PathSegment;
use crate::validate::Subject;

/// Where a scope names a stage.
struct Use<'r> {
    stage: &'r str,
    span: Span,
}

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let stages = &subject.recipe.stages;
    let all_read = !subject.is_lost(&[], "stages");
    let mut used: BTreeSet<&str> = BTreeSet::new();
    let mut edges: BTreeMap<&str, Vec<Use<'_>>> = BTreeMap::new();
    for scope in subject.scopes() {
        for found_use in uses(subject, &scope) {
            let Use { stage, span } = found_use;
            if !stages.contains_key(stage) && all_read {
                found.push(unknown(subject, stage, span));
            }
            used.insert(stage);
            if let Some(name) = scope.stage {
                edges.entry(name).or_default().push(Use { stage, span });
            }
        }
    }
    used.extend(subject.values.target());
    cycles(subject, &edges, found);
    if subject.document.is_read(&[]) {
        for name in stages.keys().filter(|name| !used.contains(name.as_str())) {
            found.push(
                Diagnostic::new(Code::UnusedStage, format!("stage `{name}` is never used"))
                    .label(
                        subject
                            .document
                            .key_span(&["stages".into(), name.as_str().into()]),
                        "only for `--target`",
                    )
                    .help("start or copy from it, or remove it"),
            );
        }
    }
    names(subject, found);
}

fn unknown(subject: &Subject<'_>, stage: &str, span: Span) -> Diagnostic {
    let names = || subject.recipe.stages.keys().map(String::as_str);
    let help = match subject.values.nearest(stage, names()) {
        Some(meant) => format!("write `stage:{meant}` if that is meant"),
        None if names().next().is_none() => format!("add `{stage}` to `stages`"),
        None => {
            let known: Vec<&str> = names().collect();
            format!("write `stage:` and one of `{}`", known.join("`, `"))
        }
    };
    let message = format!("the recipe has no stage `{}`", stage.escape_debug());
    Diagnostic::new(Code::UnknownStage, message)
        .label(span, "unknown stage")
        .help(help)
}

/// Everything in a scope that names a stage.
fn uses<'r>(subject: &Subject<'_>, scope: &Scope<'r>) -> Vec<Use<'r>> {
    let mut found = Vec::new();
    let mut add = |stage: Option<&'r str>, place: &[PathSegment]| {
        if let Some(stage) = stage
            && subject.document.is_read(place)
        {
            let span = subject.value(place);
            found.push(Use { stage, span });
        }
    };
    if let Base::Stage(name) = scope.base {
        add(Some(name), &scope.at(&["base".into()]));
    }
    for (index, step) in scope.steps.iter().enumerate() {
        let at = |below: &[PathSegment]| [scope.step(index).as_slice(), below].concat();
        match step {
            Step::Copy(copy) => {
                let stage = copy.from.as_ref().and_then(Source::stage);
                add(stage, &at(&["from".into()]));
            }
            Step::Run(run) => {
                for (number, mount) in run.mounts.iter().enumerate() {
                    if let Mount::Bind(bind) = mount {
                        let place = at(&["mounts".into(), number.into(), "from".into()]);
                        add(bind.from.as_ref().and_then(Source::stage), &place);
                    }
                }
            }
            _ => {}
        }
    }
    for (place, packages) in scope.all_packages() {
        if let RunIn::Stage(name) = &packages.run_in {
            add(Some(name), &[place.as_slice(), &["run_in".into()]].concat());
        }
    }
    found
}

/// Reports each cycle once: at the use that closes it, met from the first stage by name.
fn cycles(
    subject: &Subject<'_>,
    edges: &BTreeMap<&str, Vec<Use<'_>>>,
    found: &mut Vec<Diagnostic>,
) {
    let mut done: BTreeSet<&str> = BTreeSet::new();
    for start in edges.keys() {
        let mut path: Vec<&str> = Vec::new();
        follow(subject, edges, start, &mut path, &mut done, found);
    }
}

fn follow<'e>(
    subject: &Subject<'_>,
    edges: &'e BTreeMap<&str, Vec<Use<'e>>>,
    stage: &'e str,
    path: &mut Vec<&'e str>,
    done: &mut BTreeSet<&'e str>,
    found: &mut Vec<Diagnostic>,
) {
    if done.contains(stage) {
        return;
    }
    path.push(stage);
    for next in edges.get(stage).into_iter().flatten() {
        if let Some(start) = path.iter().position(|name| *name == next.stage) {
            let mut ring: Vec<String> = path[start..]
                .iter()
                .map(|name| format!("`{name}`"))
                .collect();
            ring.push(format!("`{}`", next.stage));
            let message = match ring.as_slice() {
                [name, _] => format!("stage {name} is made from itself"),
                _ => format!("stages are made from each other: {}", ring.join(" from ")),
            };
            found.push(
                Diagnostic::new(Code::StageCycle, message)
                    .label(next.span, "closes the ring")
                    .label(
                        subject
                            .document
                            .key_span(&["stages".into(), next.stage.into()]),
                        "begins here",
                    )
                    .help("take what both need into a third stage"),
            );
        } else {
            follow(subject, edges, next.stage, path, done, found);
        }
    }
    path.pop();
    done.insert(stage);
}

fn names(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for name in subject.recipe.stages.keys() {
        if name.parse::<crate::recipe::Name>().is_err() {
            found.push(
                Diagnostic::new(
                    Code::InvalidName,
                    format!("`{}` cannot be the name of a stage", name.escape_debug()),
                )
                .label(
                    subject
                        .document
                        .key_span(&["stages".into(), name.as_str().into()]),
                    "this name",
                )
                .help("use lower case letters and digits, with `-`, `.` or `_` between them"),
            );
        }
    }
}
