//! Conditions of steps: what they ask for exists, is known and can be compared.

use crate::diagnostic::Diagnostic;
use crate::recipe::Condition;
use crate::validate::Subject;
use crate::validate::values::NoValue;

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for scope in subject.scopes() {
        for (index, step) in scope.steps.iter().enumerate() {
            let missing = step
                .when()
                .and_then(|condition| missing(subject, condition, scope.stage));
            found.extend(missing.map(|missing| {
                Diagnostic::new(missing.code, missing.problem.message)
                    .label(subject.below(&scope.step(index), "when"), "this condition")
                    .help(missing.problem.help)
            }));
        }
    }
}

/// Why a condition cannot be decided, unless somebody else says so.
fn missing(subject: &Subject<'_>, condition: &Condition, stage: Option<&str>) -> Option<NoValue> {
    subject.values.holds(condition, stage).err()
}
