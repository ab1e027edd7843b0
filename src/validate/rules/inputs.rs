//! Sources of `copy` stay within the context.

use crate::diagnostic::{Code, Diagnostic};
use crate::recipe::{OneOrMany, Step};
use crate::syntax::PathSegment;
use crate::validate::Subject;

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for (index, step) in subject.recipe.steps.iter().enumerate() {
        let Step::Copy(copy) = step else {
            continue;
        };
        for (item, source) in copy.copy.as_slice().iter().enumerate() {
            let (message, help) = if source.starts_with('/') {
                let help = "write the path from the context on; `--context` chooses another folder";
                (format!("source `{source}` is absolute"), help)
            } else if source.split('/').any(|name| name == "..") {
                let help = "move it into the context, or choose a folder above with `--context`";
                (format!("source `{source}` leads out of the context"), help)
            } else {
                continue;
            };
            let mut place: Vec<PathSegment> = vec!["steps".into(), index.into(), "copy".into()];
            if matches!(copy.copy, OneOrMany::Many(_)) {
                place.push(item.into());
            }
            found.push(
                Diagnostic::error(Code::InputOutside, message)
                    .label(subject.value(&place), "this source")
                    .help(help),
            );
        }
    }
}
