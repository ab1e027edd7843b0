//! yaml-language-server on recipes: what it finds, shows and offers.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::{Answer, Fault, ask, below, descriptions, is_installed, plain, specs};
use crate::diagnostics::{recipes, source};
use crate::schema::instance;
use crate::support::workspace::project;

fn ask_yaml(documents: &[Value]) -> Vec<Answer> {
    ask("language_server.js", documents)
}

/// A recipe that names the committed schema, and where its cursors stand.
fn recipe(text: &str) -> (String, Vec<(usize, usize)>) {
    below("# yaml-language-server: $schema=", text)
}

/// A document that is not on disk. Each has a name of its own: the server is slow to forget.
fn document(text: &str) -> Value {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let name = format!(
        "target/editors/{}.yaml",
        COUNT.fetch_add(1, Ordering::Relaxed)
    );
    json!({ "path": project(&name), "text": text })
}

#[test]
fn editors_find_nothing_in_good_yaml() {
    if !is_installed() {
        return;
    }
    let mut paths = specs("yaml");
    let mut documents: Vec<Value> = paths
        .iter()
        .map(|path| json!({ "path": path, "text": fs::read_to_string(path).unwrap() }))
        .collect();
    for path in recipes("valid") {
        if path.extension().is_some_and(|kind| kind == "yaml") {
            documents.push(document(&recipe(source(&path).text()).0));
            paths.push(path);
        }
    }
    for (path, answer) in paths.iter().zip(ask_yaml(&documents)) {
        assert!(
            answer.diagnostics.is_empty(),
            "{}: {answer:?}",
            path.display()
        );
    }
}

/// Each fault, a line with it below `name: x` and `base: scratch`, and a word of what is said.
const FAULTS: &[(&str, &str)] = &[
    ("nmae: x", "nmae is not allowed"),
    ("description: [a]", "Incorrect type"),
    ("description:", "Incorrect type"),
    ("description: 3.10", "Incorrect type"),
    ("output: {compression: zst}", "zstd"),
    ("output: {tags: 1}", "Incorrect type"),
    ("config: {entrypont: [a]}", "entrypont is not allowed"),
    ("config: {exposed_ports: [a]}", "pattern"),
    ("defaults: {network: hots}", "host"),
    ("defaults: {timeout: 10}", "Incorrect type"),
    ("steps: {run: a}", "Incorrect type"),
    ("steps: [a]", "Incorrect type"),
    ("steps: [{run: 5}]", "Incorrect type"),
    ("steps: [{copy: a}]", "Missing property \"to\""),
    ("steps: [{cpoy: a, to: /b}]", "cpoy is not allowed"),
    ("steps: [{to: /b}]", "Missing property \"copy\""),
    ("steps: [{run: a, netwrok: host}]", "netwrok is not allowed"),
    ("steps: [{run: a, network: hots}]", "host"),
    ("steps: [{write: a, content: b}]", "pattern"),
    ("steps: [{copy: a, to: /b, mode: 0644}]", "Incorrect type"),
    (
        "packages: {repositories: [{id: a, gpgchek: true}]}",
        "gpgchek is not allowed",
    ),
    ("packages: {install: bash}", "Incorrect type"),
];

#[test]
fn editors_find_every_kind_of_fault_at_its_line() {
    if !is_installed() {
        return;
    }
    let texts = FAULTS
        .iter()
        .map(|(fault, _)| format!("name: x\nbase: scratch\n{fault}\n"));
    let mut documents: Vec<Value> = texts.map(|text| document(&recipe(&text).0)).collect();
    documents.push(document(&recipe("base: scratch\n").0));
    documents.push(document(&recipe("name: X!\nbase: scratch\n").0));
    let answers = ask_yaml(&documents);
    for ((fault, words), answer) in FAULTS.iter().zip(&answers) {
        let is_found = |found: &Fault| found.line == 4 && found.message.contains(words);
        assert!(
            answer.diagnostics.iter().any(is_found),
            "{fault}: {answer:?}"
        );
    }
    let [.., missing, pattern] = answers.as_slice() else {
        unreachable!("two more were asked");
    };
    assert!(
        missing.diagnostics[0]
            .message
            .contains("Missing property \"name\""),
        "{missing:?}"
    );
    assert!(
        pattern.diagnostics[0].message.contains("pattern"),
        "{pattern:?}"
    );
}

/// It takes `<<` in quotes for a merge.
const UNSEEN: &str = "unknown-key__quoted_merge.yaml";

#[test]
fn editors_find_what_the_schema_refuses() {
    if !is_installed() {
        return;
    }
    let schema = jsonschema::validator_for(&onelayer::schema::recipe_schema()).unwrap();
    let refused: Vec<PathBuf> = recipes("invalid")
        .into_iter()
        .filter(|path| path.extension().is_some_and(|kind| kind == "yaml"))
        .filter(|path| !path.ends_with(UNSEEN))
        .filter(|path| instance(path).is_some_and(|value| !schema.is_valid(&value)))
        .collect();
    assert!(refused.len() > 3);
    let documents: Vec<Value> = refused
        .iter()
        .map(|path| document(&recipe(source(path).text()).0))
        .collect();
    for (path, answer) in refused.iter().zip(ask_yaml(&documents)) {
        assert!(!answer.diagnostics.is_empty(), "{}", path.display());
    }
}

#[test]
fn hovering_shows_what_a_key_is_for() {
    if !is_installed() {
        return;
    }
    let (text, cursors) = recipe(
        "na‸me: x
ba‸se: scratch
pack‸ages:
  insta‸ll: [bash]
steps:
  - ru‸n: echo
    netw‸ork: host
  - copy: a
    t‸o: /a
config:
  entry‸point: [/a]
output:
  compr‸ession: gzip
",
    );
    let expected = [
        "/properties/name",
        "/properties/base",
        "/definitions/Packages",
        "/definitions/Packages/properties/install",
        "/definitions/Run/properties/run",
        "/definitions/Run/properties/network",
        "/definitions/Copy/properties/to",
        "/definitions/Config/properties/entrypoint",
        "/definitions/Output/properties/compression",
    ];
    let mut document = document(&text);
    document["hover"] = json!(cursors);
    let answer = ask_yaml(&[document]).remove(0);
    assert!(answer.diagnostics.is_empty(), "{answer:?}");
    assert_eq!(answer.hover.len(), expected.len());
    for (pointer, shown) in expected.iter().zip(answer.hover) {
        let (wanted, shown) = (descriptions(pointer), plain(&shown));
        let is_shown = wanted.iter().any(|wanted| shown.contains(wanted));
        assert!(is_shown, "{pointer}: none of {wanted:?} is in {shown:?}");
    }
}

#[test]
fn completion_offers_keys_and_words_with_their_descriptions() {
    if !is_installed() {
        return;
    }
    let texts = [
        "name: x\nbase: scratch\n‸\n",
        "name: x\nbase: scratch\nsteps:\n  - run: x\n    ‸\n",
        "name: x\nbase: scratch\nsteps:\n  - ‸\n",
        "name: x\nbase: scratch\nsteps:\n  - run: x\n    network: ‸\n",
        "name: x\nbase: scratch\noutput:\n  compression: ‸\n",
        "name: x\nbase: scratch\nconfig:\n  ‸\n",
        "name: x\nbase: scratch\npackages:\n  setopts: {a: 1}\n  ‸\n",
    ];
    let expected: [&[&str]; 7] = [
        &[
            "description",
            "packages",
            "steps",
            "config",
            "output",
            "defaults",
        ],
        &[
            "network", "env", "timeout", "workdir", "user", "shell", "name",
        ],
        &[
            "run",
            "copy",
            "write",
            "link",
            "directory",
            "remove",
            "permissions",
            "packages",
        ],
        &["none", "host"],
        &["gzip", "zstd", "zstd:chunked", "none"],
        &[
            "entrypoint",
            "cmd",
            "env",
            "labels",
            "exposed_ports",
            "user",
        ],
        &["install", "repositories", "manager", "releasever"],
    ];
    let documents: Vec<Value> = texts
        .iter()
        .map(|text| {
            let (text, cursors) = recipe(text);
            let mut document = document(&text);
            document["complete"] = json!(cursors);
            document
        })
        .collect();
    for ((text, words), answer) in texts.iter().zip(expected).zip(ask_yaml(&documents)) {
        let items = &answer.complete[0];
        for word in words {
            let item = items.iter().find(|item| item.label == *word);
            let item =
                item.unwrap_or_else(|| panic!("`{word}` is not offered in {text:?}: {items:?}"));
            assert!(
                !item.text.is_empty(),
                "`{word}` in {text:?} is not described"
            );
        }
        assert!(
            items.iter().all(|item| item.label != "null"),
            "{text:?}: {items:?}"
        );
    }
}
