//! Names of environment variables, labels and annotations.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::recipe::{Step, Text};
use crate::syntax::PathSegment;
use crate::validate::Subject;

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let recipe = subject.recipe;
    let mut environments: Vec<(Vec<PathSegment>, &BTreeMap<String, Text>)> = vec![
        (vec!["defaults".into(), "env".into()], &recipe.defaults.env),
        (vec!["config".into(), "env".into()], &recipe.config.env),
    ];
    for (index, step) in recipe.steps.iter().enumerate() {
        if let Step::Run(run) = step {
            environments.push((vec!["steps".into(), index.into(), "env".into()], &run.env));
        }
    }
    for (path, environment) in environments {
        for (name, value) in environment {
            let place = [path.as_slice(), &[name.as_str().into()]].concat();
            if name.is_empty() || name.contains(['=', '\0']) {
                found.push(
                    Diagnostic::error(
                        Code::InvalidName,
                        format!("`{}` cannot be a variable's name", name.escape_debug()),
                    )
                    .label(subject.document.key_span(&place), "this name")
                    .help("use a name that is not empty, without `=`"),
                );
            }
            if value.as_str().contains('\0') {
                found.push(
                    Diagnostic::error(Code::InvalidValue, "a variable cannot hold a NUL character")
                        .label(subject.value(&place), "this value")
                        .help("remove the `\\0`"),
                );
            }
        }
    }
    let labels: Vec<PathSegment> = vec!["config".into(), "labels".into()];
    for (path, map) in [
        (labels, &recipe.config.labels),
        (vec!["annotations".into()], &recipe.annotations),
    ] {
        for name in map.keys().filter(|name| name.trim().is_empty()) {
            let place = [path.as_slice(), &[name.as_str().into()]].concat();
            found.push(
                Diagnostic::error(Code::InvalidName, "a label has no name")
                    .label(subject.document.key_span(&place), "this name")
                    .help("give it a name, or remove it"),
            );
        }
    }
}
