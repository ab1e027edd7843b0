//! The rules, one subject per file.

mod accounts;
mod arguments;
mod checks;
mod conditions;
mod config;
mod destinations;
mod empty_root;
mod entrypoint;
mod fetches;
mod inputs;
mod labels;
mod mounts;
mod names;
mod output;
mod packages;
mod pins;
mod repositories;
mod setopts;
mod shell_style;
mod stages;
mod steps;

use super::Subject;
use crate::diagnostic::Diagnostic;

/// Everything that the rules say about a recipe.
pub(super) fn apply(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let rules: [fn(&Subject<'_>, &mut Vec<Diagnostic>); 21] = [
        accounts::check,
        arguments::check,
        checks::check,
        conditions::check,
        config::check,
        destinations::check,
        empty_root::check,
        entrypoint::check,
        fetches::check,
        inputs::check,
        labels::check,
        mounts::check,
        names::check,
        output::check,
        packages::check,
        pins::check,
        repositories::check,
        setopts::check,
        shell_style::check,
        stages::check,
        steps::check,
    ];
    let mut found = Vec::new();
    for rule in rules {
        rule(subject, &mut found);
    }
    found
}
