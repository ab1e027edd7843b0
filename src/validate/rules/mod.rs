//! The rules, one subject per file.

mod base;
mod destinations;
mod empty_root;
mod inputs;
mod names;
mod output;
mod packages;
mod repositories;
mod setopts;

use super::Subject;
use crate::diagnostic::Diagnostic;

/// Everything that the rules say about a recipe.
pub(super) fn apply(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let rules: [fn(&Subject<'_>, &mut Vec<Diagnostic>); 9] = [
        base::check,
        output::check,
        packages::check,
        repositories::check,
        setopts::check,
        inputs::check,
        destinations::check,
        names::check,
        empty_root::check,
    ];
    let mut found = Vec::new();
    for rule in rules {
        rule(subject, &mut found);
    }
    found
}
