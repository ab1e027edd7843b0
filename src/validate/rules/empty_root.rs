//! In an empty root there is nothing to run.

use crate::diagnostic::{Code, Diagnostic};
use crate::recipe::{Base, Packages, Step};
use crate::validate::Subject;

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let recipe = subject.recipe;
    let installs = |packages: &Packages| {
        packages
            .install
            .transactions()
            .iter()
            .any(|names| !names.is_empty())
    };
    let from_scratch = recipe.base == Base::Scratch && subject.is_read(&[], "base");
    // What could not be read may well fill the root.
    let unsure =
        subject.is_lost(&[], "packages") || !subject.document.losses(&["steps".into()]).is_empty();
    if !from_scratch || unsure || recipe.packages.as_ref().is_some_and(installs) {
        return;
    }
    for (index, step) in recipe.steps.iter().enumerate() {
        match step {
            Step::Copy(_) | Step::Write(_) => return,
            Step::Packages(step) if installs(&step.packages) => return,
            Step::Packages(_) if subject.is_lost(&["steps".into(), index.into()], "packages") => {
                return;
            }
            Step::Run(_) => {
                found.push(
                    Diagnostic::warning(Code::EmptyRoot, "nothing can be run in an empty root")
                        .label(
                            subject.value(&["steps".into(), index.into(), "run".into()]),
                            "runs too early",
                        )
                        .help("install packages or copy a root file system before it"),
                );
                return;
            }
            _ => {}
        }
    }
}
