//! In an empty root there is nothing to run.

use crate::diagnostic::{Code, Diagnostic};
use crate::recipe::Step;
use crate::validate::Subject;
use crate::validate::sketch::Sketch;

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for scope in subject.scopes() {
        let mut reported = false;
        Sketch::walk(subject, &scope, |sketch, step, place| {
            if matches!(step, Step::Run(_)) && sketch.is_empty() && !reported {
                reported = true;
                found.push(
                    Diagnostic::new(Code::EmptyRoot, "nothing can be run in an empty root")
                        .label(subject.below(place, "run"), "runs too early")
                        .help("install packages or copy a root file system before it"),
                );
            }
        });
    }
}
