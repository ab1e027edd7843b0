//! What the manual says about codes is true: its examples give the code, and what it proposes
//! instead is not rejected.

use onelayer::diagnostic::{Code, Diagnostic, Severity, manual};
use onelayer::source::SourceFile;
use onelayer::validate::check;

use super::fixtures::{codes_on_disk, found_on_disk};
use super::support::workspace::golden;

/// An example as a whole recipe.
fn whole(example: &str) -> String {
    let has = |key| example.lines().any(|line: &str| line.starts_with(key));
    let name = if has("name:") { "" } else { "name: x\n" };
    let base = if has("base:") { "" } else { "base: scratch\n" };
    format!("{name}{base}{example}")
}

fn found(code: Code, example: &str) -> Vec<Diagnostic> {
    let text = whole(example);
    if codes_on_disk().contains(&code) {
        found_on_disk("recipe.yaml", &text)
    } else {
        check(&SourceFile::new("recipe.yaml", text)).diagnostics
    }
}

#[test]
fn examples_give_their_code() {
    for code in Code::all() {
        let example = code.explanation().example;
        let found = found(code, &example);
        assert!(
            found.iter().any(|diagnostic| diagnostic.code == code),
            "{code}:\n{example}{found:#?}"
        );
    }
}

#[test]
fn what_to_write_instead_is_right() {
    for code in Code::all() {
        let instead = code.explanation().instead;
        let found = found(code, &instead);
        let is_wrong = |found: &Diagnostic| found.code == code || found.severity == Severity::Error;
        assert!(!found.iter().any(is_wrong), "{code}:\n{instead}{found:#?}");
    }
}

#[test]
fn explanations_are_written_for_people() {
    for code in Code::all() {
        let explanation = code.explanation();
        let title = code.title();
        assert!(title.starts_with(char::is_uppercase), "{code}: {title}");
        for text in [&explanation.cause, &explanation.cure] {
            assert!(text.ends_with('.') || text.ends_with('`'), "{code}: {text}");
            assert!(
                text.starts_with(|c: char| c.is_uppercase() || c == '`'),
                "{code}: {text}"
            );
        }
        assert!(
            explanation
                .to_string()
                .lines()
                .all(|line| line.chars().count() <= 100)
        );
    }
}

#[test]
fn the_manual_is_current() {
    golden("../docs/diagnostics.md", &manual());
}
