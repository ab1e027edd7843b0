//! What is said about wrong recipes, held as text beside each of them.
//!
//! `tests/recipes/invalid/CODE__WHAT.yaml` has its text in `….txt`, and so have those in `on_disk`.
//! `ONELAYER_UPDATE=1` writes the texts anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use onelayer::diagnostic::{Code, Diagnostic, TextStyle, to_json, to_text};
use onelayer::source::SourceFile;
use onelayer::validate::check;

use super::fixtures::{Fixture, fixtures};

const DRAWN: TextStyle = TextStyle {
    colour: false,
    graphics: true,
};
const PLAIN: TextStyle = TextStyle {
    colour: false,
    graphics: false,
};
/// The recipes of a folder below `tests/recipes`, in order.
pub(crate) fn recipes(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/recipes")
        .join(folder);
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|kind| kind == "yaml" || kind == "toml")
        })
        .collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths
}

pub(crate) fn source(path: &Path) -> SourceFile {
    let name = path.file_name().unwrap().to_str().unwrap();
    SourceFile::new(name, fs::read_to_string(path).unwrap())
}

fn update() -> bool {
    std::env::var_os("ONELAYER_UPDATE").is_some()
}

#[test]
fn wrong_recipes_are_described_as_their_text_says() {
    let mut stale = Vec::new();
    for fixture in fixtures() {
        let (file, found) = fixture.found(&fixture.text());
        let text = to_text(&file, &found, DRAWN);
        let code = fixture.code();
        assert!(
            found.iter().any(|diagnostic| diagnostic.code == code),
            "{} does not give `{code}`:\n{text}",
            file.name(),
        );
        let golden = fixture.path.with_extension("txt");
        if update() {
            fs::write(&golden, &text).unwrap();
        } else if fs::read_to_string(&golden).unwrap_or_default() != text {
            stale.push(format!("{}:\n{text}", golden.display()));
        }
    }
    assert!(
        stale.is_empty(),
        "texts changed; `ONELAYER_UPDATE=1 cargo test` accepts:\n{}",
        stale.join("\n")
    );
}

#[test]
fn every_code_has_a_wrong_recipe() {
    let present: BTreeSet<Code> = fixtures().iter().map(Fixture::code).collect();
    for code in Code::all() {
        assert!(
            present.contains(&code),
            "no recipe in tests/recipes/invalid or on_disk is named `{code}__…`"
        );
    }
}

#[test]
fn every_diagnostic_has_a_place_and_a_cure() {
    for fixture in fixtures() {
        for diagnostic in fixture.found(&fixture.text()).1 {
            let Diagnostic {
                message,
                labels,
                help,
                ..
            } = &diagnostic;
            let name = fixture.name();
            assert_eq!(diagnostic.severity, diagnostic.code.severity(), "{name}");
            assert!(!labels.is_empty(), "{name}: {diagnostic:?}");
            assert!(
                help.as_ref().is_some_and(|help| !help.is_empty()),
                "{name}: {diagnostic:?}"
            );
            assert!(
                !message.contains('\n') && !message.ends_with('.'),
                "{name}: {message}"
            );
            assert!(
                !message.starts_with(char::is_uppercase),
                "{name}: {message}"
            );
            for label in labels {
                assert!(
                    label.message.split(' ').count() <= 4,
                    "{name}: {}",
                    label.message
                );
            }
        }
    }
}

const TEN: &str = r#"version: 2
name: My App
base: scratch
packages:
  cleen: true
steps:
  - rnu: echo
  - run: echo
    copy: x
  - copy: app
  - copy: app
    to: app
    mode: 0755
config:
  cmd: /app
output:
  compression: gzp
"#;

#[test]
fn ten_mistakes_are_ten_diagnostics() {
    let file = SourceFile::new("recipe.yaml", TEN);
    let checked = check(&file);
    let text = to_text(&file, &checked.diagnostics, PLAIN);
    let found: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("recipe.yaml:")?.split(": ").next())
        .collect();
    assert_eq!(
        found,
        [
            "1:10", "2:7", "5:3", "7:5", "9:5", "10:5", "12:9", "13:11", "15:8", "17:16"
        ],
        "{text}"
    );
    assert!(checked.recipe.is_none());
}

#[test]
fn json_counts_characters_and_bytes() {
    let file = SourceFile::new("r.yaml", "{name: x, x-é: 1, base: scratch, nmae: y}\n");
    let checked = check(&file);
    let json: serde_json::Value =
        serde_json::from_str(&to_json([(&file, checked.diagnostics.as_slice())])).unwrap();
    assert_eq!(
        json,
        serde_json::json!({ "version": 1, "diagnostics": [{
            "code": "unknown-key", "severity": "error",
            "message": "key `nmae` is not known here",
            "help": "use `name` if that is meant",
            "file": "r.yaml",
            "labels": [{
                "message": "unknown key", "line": 1, "column": 34, "end_line": 1,
                "end_column": 38, "offset": 34, "length": 4, "primary": true,
            }],
        }] })
    );
}

#[test]
fn the_drawing_counts_columns_in_characters() {
    let file = SourceFile::new("r.yaml", "{name: x, x-é日: 1, base: scratch, nmae: y}\n");
    let checked = check(&file);
    let text = to_text(&file, &checked.diagnostics, DRAWN);
    assert!(text.contains("[r.yaml:1:35]"), "{text}");
}

#[test]
fn of_recipes_that_are_fine_nothing_is_said() {
    for path in recipes("valid") {
        let file = source(&path);
        let found = check(&file).diagnostics;
        assert!(found.is_empty(), "{}", to_text(&file, &found, DRAWN));
    }
}
