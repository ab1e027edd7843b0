//! Conditions of steps: what they ask for exists and can be compared.

use crate::diagnostic::Diagnostic;
use crate::validate::Subject;

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for scope in subject.scopes() {
        for (index, step) in scope.steps.iter().enumerate() {
            let Some(condition) = step.when() else {
                continue;
            };
            if let Err(missing) = subject.values.holds(condition, scope.stage) {
                found.push(
                    Diagnostic::new(missing.code, missing.problem.message)
                        .label(subject.below(&scope.step(index), "when"), "this condition")
                        .help(missing.problem.help),
                );
            }
        }
    }
}
