//! The form for programs is the one that is documented.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use super::situation::{RUNS, found};
use crate::support::workspace::{Workspace, project, run};

/// Words in backticks in the first column of the tables of a section.
fn first_column(file: &str, heading: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(project(file)).unwrap();
    let (_, section) = text.split_once(heading).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    rows.flat_map(|row| {
        let cell = row.split('|').nth(1).unwrap();
        let words = cell.split('`').skip(1).step_by(2);
        words.map(str::to_owned).collect::<Vec<_>>()
    })
    .collect()
}

/// The keys of a document as docs/json.md writes them.
fn keys(report: &Value) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for (key, value) in report.as_object().unwrap() {
        let inner = match value {
            Value::Array(entries) => entries.first(),
            Value::Object(_) => Some(value),
            _ => None,
        };
        let is_list = value.is_array();
        keys.insert(if is_list {
            format!("{key}[]")
        } else {
            key.clone()
        });
        let inner = inner.and_then(Value::as_object);
        keys.extend(
            inner
                .into_iter()
                .flatten()
                .map(|(key, _)| format!(".{key}")),
        );
    }
    keys
}

#[test]
fn every_key_is_documented_and_there() {
    let workspace = Workspace::with(RUNS);
    workspace.write("busybox", "");
    let words = ["doctor", "context", "--format", "json"];
    let told = run(&mut workspace.command(&words));
    let report: Value = serde_json::from_str(&told.stdout).unwrap();
    let documented = first_column("docs/json.md", "## `doctor --format json`");
    assert_eq!(keys(&report), documented);
    assert_eq!(report["version"], 1);
    let isolation = report["isolation"].as_str();
    assert!(matches!(
        isolation,
        None | Some("root" | "subids" | "single")
    ));
    let builds = report["builds"].as_str().unwrap();
    assert!(["commands", "files", "nothing"].contains(&builds));
    for entry in report["examinations"].as_array().unwrap() {
        let state = entry["state"].as_str().unwrap();
        assert!(["ok", "limited", "missing"].contains(&state), "{entry}");
        for key in ["found", "meaning"] {
            let text = entry[key].as_str().unwrap();
            assert!(!text.is_empty() && !text.contains('\n'), "{entry}");
        }
        // What is not broken is not mended.
        assert!(state != "ok" || entry["cure"].is_null(), "{entry}");
    }
    let names = report["examinations"].as_array().unwrap().iter();
    let names: Vec<&str> = names.map(|entry| entry["name"].as_str().unwrap()).collect();
    let unique: BTreeSet<String> = names.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(unique.len(), names.len(), "{names:?}");
    assert_eq!(
        unique,
        first_column("docs/doctor.md", "## What is looked at")
    );
}

#[test]
fn without_a_recipe_there_is_none() {
    let workspace = Workspace::new();
    let told = run(&mut workspace.command(&["doctor", "--format", "json"])).expect(0);
    let report: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(report["recipe"], Value::Null);
    assert_eq!(told.stderr, "");
}

/// The text has the same in columns: a state, a name, what was found; below it what that means.
#[test]
fn the_text_says_the_same() {
    let workspace = Workspace::new();
    let text = run(&mut workspace.command(&["doctor"])).expect(0).stdout;
    let json = run(&mut workspace.command(&["doctor", "--format", "json"]))
        .expect(0)
        .stdout;
    let report: Value = serde_json::from_str(&json).unwrap();
    assert!(!text.contains('\x1b'), "{text}");
    let lines: Vec<&str> = text.lines().collect();
    let column = lines[0].find("Linux").unwrap();
    for entry in report["examinations"].as_array().unwrap() {
        let (name, state) = (
            entry["name"].as_str().unwrap(),
            entry["state"].as_str().unwrap(),
        );
        let begin = format!("{state:7}  {name} ");
        let at = lines.iter().position(|line| line.starts_with(&begin));
        let at = at.unwrap_or_else(|| panic!("no `{begin}`:\n{text}"));
        assert_eq!(lines[at].get(column - 1..column), Some(" "), "{text}");
        assert_eq!(
            lines[at + 1].get(column..),
            entry["meaning"].as_str(),
            "{text}"
        );
        let mends = lines[at + 2].trim_start().strip_prefix("mend: ");
        assert_eq!(mends, entry["cure"].as_str(), "{text}");
    }
    let builds = match report["builds"].as_str().unwrap() {
        "commands" => "recipes that run commands can be built here",
        _ => "only recipes that run no command can be built here",
    };
    assert_eq!(*lines.last().unwrap(), builds);
}

/// The cache can be where there is nothing yet, and must be where something can be.
#[test]
fn nothing_can_be_built_without_a_cache() {
    let workspace = Workspace::new();
    let words = ["doctor", "--format", "json", "--cache-dir"];
    let with = |folder: &str| run(&mut workspace.command(&[&words[..], &[folder]].concat()));
    let report: Value = serde_json::from_str(&with("a/b/c").expect(0).stdout).unwrap();
    assert_eq!(found(&report, "cache")["state"], "ok");
    assert!(!workspace.path("a").exists());
    let report: Value = serde_json::from_str(&with("/proc/cache").expect(4).stdout).unwrap();
    assert_eq!(report["builds"], "nothing");
    let cache = found(&report, "cache");
    assert_eq!(cache["state"], "missing");
    assert!(
        cache["cure"]
            .as_str()
            .unwrap()
            .starts_with("export ONELAYER_CACHE_DIR=")
    );
}
