//! What editors show of recipes: yaml-language-server (VS Code, Neovim, …) and taplo, run headless
//! on the committed schema.
//!
//! `tests/editors/install.sh` installs both into `target/editors`, from a lock file.

mod toml;
mod yaml;

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::workspace::{project, run_with_input};
use crate::support::{require_tool, skip};

/// Stands where the cursor is in the recipes of these tests.
const CURSOR: char = '‸';

#[derive(Debug, Deserialize)]
struct Fault {
    line: usize,
    message: String,
}

#[derive(Debug, Deserialize)]
struct Item {
    label: String,
    text: String,
}

/// What the language server says of one document.
#[derive(Debug, Deserialize)]
struct Answer {
    diagnostics: Vec<Fault>,
    hover: Vec<String>,
    complete: Vec<Vec<Item>>,
}

fn is_installed() -> bool {
    require_tool("node")
        && (project("target/editors/node_modules").is_dir()
            || skip("target/editors, which tests/editors/install.sh makes"))
}

/// What the server behind a driver in `tests/editors` says.
fn ask(driver: &str, documents: &[Value]) -> Vec<Answer> {
    let mut node = Command::new("node");
    node.arg(project("tests/editors").join(driver))
        .arg(project("target/editors"));
    let said = run_with_input(&mut node, json!(documents).to_string().as_bytes()).expect(0);
    let answers: Vec<Answer> = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(answers.len(), documents.len(), "{}", said.stderr);
    answers
}

/// A recipe below a line that names the committed schema, and where its cursors stand.
fn below(mark: &str, text: &str) -> (String, Vec<(usize, usize)>) {
    let schema = project("schema/recipe.schema.json");
    let mut whole = format!("{mark}{}\n", schema.display());
    let mut cursors = Vec::new();
    for line in text.lines() {
        // Of one line after the other, so that a cursor never moves a later one.
        let number = whole.matches('\n').count();
        let mut rest = line;
        while let Some((before, after)) = rest.split_once(CURSOR) {
            whole.push_str(before);
            let start = whole.rfind('\n').map_or(0, |end| end + 1);
            cursors.push((number, whole[start..].encode_utf16().count()));
            rest = after;
        }
        writeln!(whole, "{rest}").unwrap();
    }
    (whole, cursors)
}

/// Every recipe below `specs`, of one format.
fn specs(kind: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in fs::read_dir(project("specs")).unwrap() {
        let recipe = folder.unwrap().path().join(format!("recipe.{kind}"));
        if recipe.is_file() {
            found.push(recipe);
        }
    }
    found.sort();
    assert!(!found.is_empty());
    found
}

/// The descriptions that the schema gives at a JSON pointer, as plain words: that of the key, and
/// those of the words that it knows, one of which editors show in its place.
fn descriptions(pointer: &str) -> Vec<String> {
    fn collect(schema: &Value, found: &mut Vec<String>) {
        match schema {
            Value::Object(object) => {
                for (key, value) in object {
                    match value {
                        Value::String(text) if key == "description" => found.push(plain(text)),
                        _ if key != "properties" => collect(value, found),
                        _ => {}
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
            _ => {}
        }
    }
    let schema = onelayer::schema::recipe_schema();
    let mut found = Vec::new();
    collect(schema.pointer(pointer).unwrap(), &mut found);
    assert!(!found.is_empty(), "no description at {pointer}");
    found
}

/// Text without the marks and escapes of Markdown.
fn plain(text: &str) -> String {
    text.replace(['\\', '`'], "")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn recipes_name_their_schema() {
    let schema = project("schema/recipe.schema.json").canonicalize().unwrap();
    for (kind, mark) in [
        ("yaml", "# yaml-language-server: $schema="),
        ("toml", "#:schema "),
    ] {
        for path in specs(kind) {
            let text = fs::read_to_string(&path).unwrap();
            let named = text.lines().next().unwrap().strip_prefix(mark);
            let named = named.unwrap_or_else(|| panic!("{}: no schema line", path.display()));
            let target = path.parent().unwrap().join(named).canonicalize().unwrap();
            assert_eq!(target, schema, "{}", path.display());
        }
    }
}
