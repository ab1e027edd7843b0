//! What the manual says about codes is true: its examples give the code, and what it proposes
//! instead is not rejected.

use onelayer::diagnostic::{Code, Severity, manual};
use onelayer::source::SourceFile;
use onelayer::validate::{Checked, check};

use super::diagnostics::ON_DISK;
use super::support::workspace::golden;

/// An example as a whole recipe.
pub(crate) fn whole(example: &str) -> String {
    let has = |key| example.lines().any(|line: &str| line.starts_with(key));
    let name = if has("name:") { "" } else { "name: x\n" };
    let base = if has("base:") { "" } else { "base: scratch\n" };
    format!("{name}{base}{example}")
}

fn checked(example: &str) -> Checked {
    check(&SourceFile::new("recipe.yaml", whole(example)))
}

#[test]
fn examples_give_their_code() {
    for code in Code::all().filter(|code| !ON_DISK.contains(code)) {
        let example = code.explanation().example;
        let found = checked(&example).diagnostics;
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
        let found = checked(&instead).diagnostics;
        assert!(
            !found
                .iter()
                .any(|diagnostic| diagnostic.code == code || diagnostic.severity == Severity::Error),
            "{code}:\n{instead}{found:#?}"
        );
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
