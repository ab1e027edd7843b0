//! What is said about wrong recipes, held as text beside each of them.
//!
//! `tests/recipes/invalid/<code>__<what>.yaml` has its text in `….txt`. `ONELAYER_UPDATE=1` writes
//! the texts anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use onelayer::diagnostic::{Code, Diagnostic, TextStyle, to_json, to_text};
use onelayer::source::SourceFile;
use onelayer::validate::check;

const DRAWN: TextStyle = TextStyle {
    colour: false,
    graphics: true,
};
const PLAIN: TextStyle = TextStyle {
    colour: false,
    graphics: false,
};
/// Codes that need a disk, and so have their fixtures elsewhere.
pub(crate) const ON_DISK: [Code; 5] = [
    Code::InputMissing,
    Code::InputPattern,
    Code::InputSpecial,
    Code::InputUnreadable,
    Code::CopyNeedsFolder,
];

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
    for path in recipes("invalid") {
        let file = source(&path);
        let checked = check(&file);
        let text = to_text(&file, &checked.diagnostics, DRAWN);
        let code = file.name().split("__").next().unwrap();
        assert!(
            checked
                .diagnostics
                .iter()
                .any(|diagnostic| diagnostic.code.name() == code),
            "{} does not give `{code}`:\n{text}",
            file.name(),
        );
        let golden = path.with_extension("txt");
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
    let present: BTreeSet<String> = recipes("invalid")
        .iter()
        .map(|path| source(path).name().split("__").next().unwrap().to_owned())
        .collect();
    for code in Code::all() {
        assert!(
            ON_DISK.contains(&code) || present.contains(code.name()),
            "no recipe in tests/recipes/invalid is named `{code}__…`"
        );
    }
    for name in present {
        assert!(name.parse::<Code>().is_ok(), "`{name}` is no code");
    }
}

#[test]
fn every_diagnostic_has_a_place_and_a_cure() {
    for path in recipes("invalid") {
        for diagnostic in check(&source(&path)).diagnostics {
            let Diagnostic {
                message,
                labels,
                help,
                ..
            } = &diagnostic;
            let name = path.display();
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

/// Code, message, and line and column of each label.
type Placed = (Code, String, Vec<(usize, usize)>);

#[test]
fn a_line_before_moves_places_by_one_line() {
    for path in recipes("invalid") {
        let file = source(&path);
        let is_toml = path.extension().is_some_and(|kind| kind == "toml");
        let line = if is_toml {
            "x-note = \"日本é\"\n"
        } else {
            "x-note: \"日本é\"\n"
        };
        let moved = SourceFile::new(file.name(), format!("{line}{}", file.text()));
        let places = |file: &SourceFile| -> Vec<Placed> {
            check(file)
                .diagnostics
                .into_iter()
                .map(|diagnostic| {
                    let labels = diagnostic
                        .labels
                        .iter()
                        .map(|label| file.position(label.span.start));
                    let labels = labels.map(|place| (place.line, place.column)).collect();
                    (diagnostic.code, diagnostic.message, labels)
                })
                .collect()
        };
        let expected: Vec<_> = places(&file)
            .into_iter()
            .map(|(code, message, labels)| {
                let labels: Vec<_> = labels
                    .iter()
                    .map(|(line, column)| (line + 1, *column))
                    .collect();
                (code, message, labels)
            })
            .collect();
        // What is said of the whole file points at its first key, which is now another one.
        let whole_file = file.name().contains("__whole_file");
        assert!(
            whole_file || places(&moved) == expected,
            "{}: {:?}",
            file.name(),
            places(&moved)
        );
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
