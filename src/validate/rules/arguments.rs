//! Arguments: how they are declared, chosen and used.

use std::collections::BTreeSet;

use crate::diagnostic::{Code, Diagnostic};
use crate::recipe::{Arg, Reference};
use crate::syntax::PathSegment;
use crate::validate::Subject;

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for (name, arg) in &subject.recipe.args {
        declaration(subject, name, arg, found);
        choice(subject, name, arg, found);
    }
    strangers(subject, found);
    unused(subject, found);
}

fn declaration(subject: &Subject<'_>, name: &str, arg: &Arg, found: &mut Vec<Diagnostic>) {
    let place: [PathSegment; 2] = ["args".into(), name.into()];
    let mut wrong = |message: String, key: Option<&str>, label: &str, help: &str| {
        let span = match key {
            Some(key) => subject.below(&place, key),
            None => subject.document.key_span(&place),
        };
        found.push(
            Diagnostic::new(Code::InvalidArgument, message)
                .label(span, label)
                .help(help),
        );
    };
    if !matches!(format!("args.{name}").parse(), Ok(Reference::Argument(_))) {
        wrong(
            format!(
                "`{}` cannot be the name of an argument",
                name.escape_debug()
            ),
            None,
            "this name",
            "use letters, digits, `_` and `-`, the first a letter or `_`",
        );
    }
    let is_whole = subject.document.is_read(&place);
    match &arg.default {
        None if !arg.required && is_whole => wrong(
            format!("argument `{name}` has no default"),
            None,
            "this argument",
            "add a `default`, or `required: true` if whoever builds must choose",
        ),
        Some(_) if arg.required => wrong(
            format!("argument `{name}` is required and has a default"),
            Some("required"),
            "never needed",
            "remove `required` or `default`",
        ),
        Some(default) if !arg.options.is_empty() && is_whole && !arg.options.contains(default) => {
            wrong(
                format!(
                    "the default of `{name}` is not among its options: `{}`",
                    default.as_str().escape_debug()
                ),
                Some("default"),
                "this default",
                "add it to `options`, or choose one of them",
            );
        }
        _ => {}
    }
}

/// The value that was chosen for an argument, or that none was.
fn choice(subject: &Subject<'_>, name: &str, arg: &Arg, found: &mut Vec<Diagnostic>) {
    let place: [PathSegment; 2] = ["args".into(), name.into()];
    let span = subject.document.key_span(&place);
    match subject.values.chosen().get(name) {
        Some(value) => {
            let known = || arg.options.iter().map(crate::recipe::Text::as_str);
            if !arg.options.is_empty() && !known().any(|option| option == value) {
                let options: Vec<&str> = known().collect();
                found.push(
                    Diagnostic::new(
                        Code::InvalidArgument,
                        format!("argument `{name}` cannot be `{}`", value.escape_debug()),
                    )
                    .label(span, "its options")
                    .help(match subject.values.nearest(value, known()) {
                        Some(meant) => format!("write `--set {name}={meant}` if that is meant"),
                        None => format!("choose one of `{}`", options.join("`, `")),
                    }),
                );
            }
        }
        None if subject.is_final && arg.default.is_none() && subject.document.is_read(&place) => {
            found.push(
                Diagnostic::new(
                    Code::MissingArgument,
                    format!("argument `{name}` has no value"),
                )
                .label(span, "required here")
                .help(format!("choose one: `--set {name}=VALUE`")),
            );
        }
        None => {}
    }
}

/// Values that were chosen for what the recipe does not have.
fn strangers(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let declared = subject.values.declared();
    for name in subject.values.chosen().keys() {
        if declared.contains_key(name) || subject.is_lost(&[], "args") {
            continue;
        }
        let names = declared.keys().map(String::as_str);
        found.push(
            Diagnostic::new(
                Code::UnknownArgument,
                format!("the recipe has no argument `{}`", name.escape_debug()),
            )
            .label(
                subject.document.key_span(&["args".into()]),
                "not among these",
            )
            .help(match subject.values.nearest(name, names) {
                Some(meant) => format!("write `--set {meant}=…` if that is meant"),
                None => "remove the `--set`, or declare the argument in `args`".to_owned(),
            }),
        );
    }
}

fn unused(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let mut used: BTreeSet<&str> = subject.used.iter().map(String::as_str).collect();
    for scope in subject.scopes() {
        for condition in scope.steps.iter().filter_map(|step| step.when()) {
            used.extend(condition.references().into_iter().filter_map(
                |reference| match reference {
                    Reference::Argument(name) => Some(name.as_str()),
                    _ => None,
                },
            ));
        }
    }
    // What could not be read may well use it.
    if !subject.document.is_read(&[]) {
        return;
    }
    for name in subject.recipe.args.keys() {
        if !used.contains(name.as_str()) {
            found.push(
                Diagnostic::new(
                    Code::UnusedArgument,
                    format!("argument `{name}` is never used"),
                )
                .label(
                    subject
                        .document
                        .key_span(&["args".into(), name.as_str().into()]),
                    "without effect",
                )
                .help(format!("use it as `${{{{ args.{name} }}}}`, or remove it")),
            );
        }
    }
}
