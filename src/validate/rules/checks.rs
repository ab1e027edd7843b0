//! Regular expressions of checks can be read.

use regex_syntax::ast::parse::Parser;

use crate::diagnostic::{Code, Diagnostic};
use crate::recipe::{Check, ExpectText};
use crate::syntax::PathSegment;
use crate::validate::Subject;

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for scope in subject.scopes() {
        for (index, check) in scope.checks.iter().enumerate() {
            let Check::Run(run) = check else {
                continue;
            };
            for (stream, text) in [
                ("stdout", &run.expect.stdout),
                ("stderr", &run.expect.stderr),
            ] {
                let place = scope.at(&[
                    "checks".into(),
                    index.into(),
                    "expect".into(),
                    stream.into(),
                    "matches".into(),
                ]);
                if let Some(text) = text {
                    patterns(subject, text, &place, found);
                }
            }
        }
    }
}

fn patterns(
    subject: &Subject<'_>,
    text: &ExpectText,
    place: &[PathSegment],
    found: &mut Vec<Diagnostic>,
) {
    let is_list = text.matches.len() > 1 || subject.document.text(place).is_none();
    for (index, pattern) in text.matches.iter().enumerate() {
        // The syntax alone: what classes of characters stand for takes long to find out.
        let Err(error) = Parser::new().parse(pattern) else {
            continue;
        };
        let what = error.kind();
        let mut place = place.to_vec();
        if is_list {
            place.push(index.into());
        }
        found.push(
            Diagnostic::new(
                Code::InvalidValue,
                format!("`{pattern}` is no regular expression: {what}"),
            )
            .label(subject.value(&place), "this expression")
            .help("correct it, or write `contains` for plain text"),
        );
    }
}
