//! The program that the image starts is in it.

use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::PathSegment;
use crate::validate::Subject;
use crate::validate::sketch::{Sketch, plain};

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for scope in subject.scopes() {
        let end = Sketch::walk(subject, &scope, |_, _, _| {});
        for (key, words) in [
            ("entrypoint", &scope.config.entrypoint),
            ("cmd", &scope.config.cmd),
        ] {
            // Arguments of a program are no program.
            if key == "cmd" && scope.config.entrypoint.is_some() {
                continue;
            }
            let Some(program) = words.as_ref().and_then(|words| words.first()) else {
                continue;
            };
            let place: [PathSegment; 3] = ["config".into(), key.into(), 0.into()];
            if program.starts_with('/')
                // Where a folder is a link, `..` leads elsewhere than it seems.
                && !program.split('/').any(|name| name == "..")
                && !end.may_have(&plain(program))
                && subject.is_read(&scope.at(&["config".into()]), key)
            {
                found.push(
                    Diagnostic::new(
                        Code::UnmadeProgram,
                        format!("no step makes `{}`", program.escape_debug()),
                    )
                    .label(subject.value(&scope.at(&place)), "not in the image")
                    .help("copy or install it, or correct the path"),
                );
            }
        }
    }
}
