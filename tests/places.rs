//! Places are right after any text: each wrong recipe is checked again with text put in before
//! what it is wrong about, and every place must move by just that text.

use std::collections::BTreeSet;

use onelayer::diagnostic::{Code, Diagnostic};
use onelayer::source::{SourceFile, Span};

use super::fixtures::{Fixture, fixtures};

const LINE: &str = "# 日本🔑 é\n";
/// May stand before any node of YAML.
const ANCHOR: &str = "&日本🔑é ";

/// Line and column, counted in the plainest way.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..offset];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
    (line, column)
}

/// What is said, without where.
fn said(found: &[Diagnostic]) -> Vec<(Code, &str, Vec<&str>)> {
    (found.iter())
        .map(|diagnostic| {
            let labels = diagnostic.labels.iter().map(|label| label.message.as_str());
            (
                diagnostic.code,
                diagnostic.message.as_str(),
                labels.collect(),
            )
        })
        .collect()
}

fn assert_position(file: &SourceFile, offset: usize, name: &str) {
    let place = file.position(offset);
    let expected = position(file.text(), offset);
    assert_eq!(
        (place.line, place.column),
        expected,
        "{name}: byte {offset}"
    );
}

/// Checks a recipe with `inserted` at byte `at`; `false` if it is then wrong in another way.
fn moves(fixture: &Fixture, at: usize, inserted: &str) -> bool {
    let name = fixture.name();
    let text = fixture.text();
    let (file, before) = fixture.found(&text);
    let (moved, after) = fixture.found(&format!("{}{inserted}{}", &text[..at], &text[at..]));
    if said(&before) != said(&after) {
        return false;
    }
    for (before, after) in before.iter().zip(&after) {
        for (before, after) in before.labels.iter().zip(&after.labels) {
            let Span { start, end } = before.span;
            let by = |is_after: bool| if is_after { inserted.len() } else { 0 };
            // The whole of a file without a value begins where the file does.
            let is_file = before.span == Span::default();
            let expected = Span::new(
                start + by(start >= at && !is_file),
                end + by((end > at || start == at) && !is_file),
            );
            assert_eq!(after.span, expected, "{name}: {after:?}");
            assert_position(&file, start, name);
            assert_position(&moved, after.span.start, name);
            assert_position(&moved, after.span.end, name);
        }
    }
    true
}

#[test]
fn a_line_before_moves_every_place() {
    for fixture in fixtures() {
        assert!(moves(&fixture, 0, LINE), "{}", fixture.name());
    }
}

#[test]
fn text_on_the_same_line_moves_every_place() {
    // No anchor can stand where these are found: in comments, and between nodes.
    let elsewhere = [
        Code::Syntax,
        Code::Budget,
        Code::UnknownAllow,
        Code::AllowedError,
        Code::UnusedAllow,
    ];
    let mut moved: BTreeSet<Code> = BTreeSet::new();
    for fixture in fixtures().iter().filter(|fixture| fixture.is_yaml()) {
        let (_, found) = fixture.found(&fixture.text());
        for diagnostic in found {
            let code = diagnostic.code;
            if !elsewhere.contains(&code) && moves(fixture, diagnostic.start(), ANCHOR) {
                moved.insert(code);
            }
        }
    }
    let missed: Vec<Code> = Code::all()
        .filter(|code| !moved.contains(code) && !elsewhere.contains(code))
        .collect();
    assert_eq!(missed, [], "no wrong recipe of these could be moved");
}

#[test]
fn every_code_has_a_recipe_with_other_text_before_it() {
    let fixtures = fixtures();
    for code in Code::all() {
        let Some(fixture) = fixtures.iter().find(|fixture| {
            fixture.code() == code
                && fixture
                    .path
                    .with_extension("")
                    .ends_with(format!("{code}__after_non_ascii"))
        }) else {
            panic!("no recipe is named `{code}__after_non_ascii.yaml`");
        };
        let (file, found) = fixture.found(&fixture.text());
        let start = found
            .iter()
            .find(|found| found.code == code)
            .unwrap()
            .start();
        let line = file.text()[..start].rsplit('\n').next().unwrap();
        assert!(
            !line.is_ascii(),
            "{}: no such text before {start}",
            fixture.name()
        );
    }
}
