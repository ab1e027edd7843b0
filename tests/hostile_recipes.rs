//! Whatever the text, checking it ends soon and does not panic, and all places lie within it.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use onelayer::diagnostic::{Severity, TextStyle, to_github, to_gitlab, to_json, to_sarif, to_text};
use onelayer::source::SourceFile;
use onelayer::validate::check;
use proptest::prelude::*;

use crate::diagnostics::{recipes, source};
use crate::support::LONG;

fn examine(name: &str, text: String) {
    let file = SourceFile::new(name, text);
    let checked = check(&file);
    for label in checked
        .diagnostics
        .iter()
        .flat_map(|diagnostic| &diagnostic.labels)
    {
        assert!(file.text().get(label.span.range()).is_some(), "{label:?}");
    }
    let found = checked.diagnostics.as_slice();
    for graphics in [true, false] {
        let style = TextStyle {
            colour: true,
            graphics,
        };
        to_text(&file, found, style);
    }
    let here = Path::new("/");
    to_json([(&file, found)]);
    to_sarif([(&file, found)], here, &[]);
    to_github([(&file, found)], here);
    to_gitlab([(&file, found)], here);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn edited_recipes_do_not_panic(
        recipe in 0..100_usize,
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..4_usize, r#"[&*\[\]{}:#"'|>~!\-\t\n\r\x00\u{feff}é日🔑a<0.,= ]{0,4}"#), 1..6),
    ) {
        let all = [recipes("valid"), recipes("invalid")].concat();
        let file = source(&all[recipe % all.len()]);
        let mut text = file.text().to_owned();
        for (at, cut, inserted) in edits {
            let start = text.floor_char_boundary(at.index(text.len() + 1));
            let end = text.ceil_char_boundary((start + cut).min(text.len()));
            text.replace_range(start..end, &inserted);
        }
        examine(file.name(), text);
    }
}

#[test]
fn large_recipes_are_checked_in_time() {
    let head = "name: x\nbase: scratch\n";
    let mut unknown = head.to_owned();
    let mut steps = format!("{head}steps:\n");
    for number in 0..30_000 {
        writeln!(unknown, "unknown{number}: 1").unwrap();
        writeln!(steps, "- rnu: {number}").unwrap();
    }
    let texts = [
        unknown,
        steps,
        "[".repeat(200_000),
        "{a: ".repeat(100_000),
        "- ".repeat(200_000),
        "a:\n ".repeat(100_000),
        "a".repeat(2 << 20),
        format!("x: {}", "*a ".repeat(100_000)),
    ];
    for text in texts {
        for name in ["recipe.yaml", "recipe.toml"] {
            let start = Instant::now();
            check(&SourceFile::new(name, text.as_str()));
            let beginning: String = text.chars().take(30).collect();
            let time = start.elapsed();
            assert!(time < LONG, "{name} {beginning:?}: {time:?}");
        }
    }
}

/// Budgets end where they are used up, not where the text ends.
#[test]
fn bombs_are_refused_at_their_place() {
    let head = "name: x\nbase: scratch\n";
    let mut bomb = format!("{head}x-0: &a0 [a, a, a, a, a, a, a, a, a, a]\n");
    for level in 1..9 {
        let aliases = format!("*a{}, ", level - 1).repeat(10);
        writeln!(bomb, "x-{level}: &a{level} [{aliases}]").unwrap();
    }
    let many = "- {directory: /a}\n".repeat(40_000);
    let cases = [
        // Each alias of level 4 has 11,111 values: with the 12,000 above, the eighth is too many.
        ("recipe.yaml", bomb, (7, 46)),
        ("recipe.yaml", format!("{head}steps:\n{many}"), (33_335, 3)),
        (
            "recipe.yaml",
            format!("{head}{}", "[".repeat(1000)),
            (3, 65),
        ),
        ("recipe.yaml", "- ".repeat(1000), (1, 129)),
        ("recipe.yaml", format!("x-a: &a {{b: *a}}\n{head}"), (1, 13)),
        (
            "recipe.toml",
            format!("a = [{}]", "1,".repeat(300_000)),
            (1, 500_003),
        ),
    ];
    for (name, text, expected) in cases {
        let file = SourceFile::new(name, text);
        let found = check(&file).diagnostics;
        let [only] = found.as_slice() else {
            panic!("{found:?}");
        };
        let place = file.position(only.start());
        assert_eq!((place.line, place.column), expected, "{only:?}");
    }
}

/// Of very many problems only the first are told, errors before warnings.
#[test]
fn problems_without_end_are_cut() {
    let head = "name: x\nbase: scratch\n";
    for text in [
        format!("{head}{}", "base: scratch\n".repeat(1000)),
        format!("{head}steps:\n{}", "- {copy: ../a, to: /}\n".repeat(1000)),
        format!("{head}steps:\n{}", "- cpoy: a\n".repeat(1000)),
        format!("{}{head}nmae: x\n", "# onelayer: allow x\n".repeat(1000)),
    ] {
        let found = check(&SourceFile::new("recipe.yaml", text.as_str())).diagnostics;
        assert!((100..=200).contains(&found.len()), "{}", &text[..60]);
        assert!(found.iter().any(|found| found.severity == Severity::Error));
    }
}
