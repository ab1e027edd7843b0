//! Names of environment variables, labels and annotations.

use crate::diagnostic::{Code, Diagnostic};
use crate::recipe::{Check, EXPRESSION_OPEN, Step, Text};
use crate::syntax::PathSegment;
use crate::validate::Subject;

/// What to do about an expression in a name.
const VALUES_ONLY: &str = "write the name itself: expressions are replaced in values only";

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for scope in subject.scopes() {
        let mut variable = |place: &[PathSegment], name: &str, value: Option<&Text>| {
            let place = [place, &[name.into()]].concat();
            variable(subject, &place, name, value, found);
        };
        let texts = |values| -> Vec<(&String, Option<&Text>)> {
            let values: &std::collections::BTreeMap<String, Text> = values;
            values
                .iter()
                .map(|(name, text)| (name, Some(text)))
                .collect()
        };
        for (name, value) in texts(&scope.defaults.env) {
            variable(&scope.at(&["defaults".into(), "env".into()]), name, value);
        }
        for (name, setting) in &scope.config.env {
            let place = scope.at(&["config".into(), "env".into()]);
            variable(&place, name, setting.text());
        }
        for (index, step) in scope.steps.iter().enumerate() {
            if let Step::Run(run) = step {
                for (name, value) in texts(&run.env) {
                    let place = [scope.step(index), vec!["env".into()]].concat();
                    variable(&place, name, value);
                }
            }
        }
        for (index, check) in scope.checks.iter().enumerate() {
            if let Check::Run(run) = check {
                for (name, value) in texts(&run.env) {
                    let place = scope.at(&["checks".into(), index.into(), "env".into()]);
                    variable(&place, name, value);
                }
            }
        }
        let labels = scope.at(&["config".into(), "labels".into()]);
        label(subject, &labels, scope.config.labels.keys(), found);
    }
    let annotations = subject.recipe.annotations.keys();
    label(subject, &["annotations".into()], annotations, found);
}

fn variable(
    subject: &Subject<'_>,
    place: &[PathSegment],
    name: &str,
    value: Option<&Text>,
    found: &mut Vec<Diagnostic>,
) {
    let has_expression = name.contains(EXPRESSION_OPEN);
    if has_expression || name.is_empty() || name.contains(|c: char| c == '=' || c.is_control()) {
        found.push(
            Diagnostic::new(
                Code::InvalidName,
                format!("`{}` cannot be a variable's name", name.escape_debug()),
            )
            .label(subject.document.key_span(place), "this name")
            .help(if has_expression {
                VALUES_ONLY
            } else {
                "use a name that is not empty, without `=`"
            }),
        );
    }
    if value.is_some_and(|value| value.as_str().contains('\0')) {
        found.push(
            Diagnostic::new(Code::InvalidValue, "a variable cannot hold a NUL character")
                .label(subject.value(place), "this value")
                .help("remove the `\\0`"),
        );
    }
}

fn label<'n>(
    subject: &Subject<'_>,
    place: &[PathSegment],
    names: impl Iterator<Item = &'n String>,
    found: &mut Vec<Diagnostic>,
) {
    for name in names {
        let (message, help) = if name.trim().is_empty() {
            (
                "a label has no name".to_owned(),
                "give it a name, or remove it",
            )
        } else if name.contains(EXPRESSION_OPEN) {
            let message = format!("`{}` cannot be a label's name", name.escape_debug());
            (message, VALUES_ONLY)
        } else {
            continue;
        };
        let place = [place, &[name.as_str().into()]].concat();
        found.push(
            Diagnostic::new(Code::InvalidName, message)
                .label(subject.document.key_span(&place), "this name")
                .help(help),
        );
    }
}
