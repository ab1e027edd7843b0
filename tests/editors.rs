//! What editors show of recipes: yaml-language-server (VS Code, Neovim, …) and taplo, run headless
//! on the committed schema.
//!
//! `tests/editors/install.sh` installs both into `target/editors`, from a lock file.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::diagnostics::{recipes, source};
use crate::schema::instance;
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

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn is_installed() -> bool {
    require_tool("node")
        && (project("target/editors/node_modules").is_dir()
            || skip("target/editors, which tests/editors/install.sh makes"))
}

fn finish(mut command: Command, input: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

fn ask(documents: &[Value]) -> Vec<Answer> {
    ask_server("language_server.js", documents)
}

/// What the server behind a driver in `tests/editors` says.
fn ask_server(driver: &str, documents: &[Value]) -> Vec<Answer> {
    let mut node = Command::new("node");
    node.arg(project("tests/editors").join(driver))
        .arg(project("target/editors"));
    let output = finish(node, &json!(documents).to_string());
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{errors}");
    let answers: Vec<Answer> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answers.len(), documents.len(), "{errors}");
    answers
}

/// A recipe that names the committed schema, and where its cursors stand.
fn recipe(text: &str) -> (String, Vec<(usize, usize)>) {
    below("# yaml-language-server: $schema=", text)
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

/// A document that is not on disk. Each has a name of its own: the server is slow to forget.
fn document(text: &str) -> Value {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let name = format!(
        "target/editors/{}.yaml",
        COUNT.fetch_add(1, Ordering::Relaxed)
    );
    json!({ "path": project(&name), "text": text })
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
    for (path, answer) in paths.iter().zip(ask(&documents)) {
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
    let answers = ask(&documents);
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
    for (path, answer) in refused.iter().zip(ask(&documents)) {
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
    let answer = ask(&[document]).remove(0);
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
    for ((text, words), answer) in texts.iter().zip(expected).zip(ask(&documents)) {
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

#[test]
fn editors_of_toml_show_and_offer_the_same() {
    if !is_installed() {
        return;
    }
    // Within a list of tables taplo shows what its heading is for, not the keys.
    let (text, cursors) = below(
        "#:schema ",
        "na‸me = \"x\"
base = \"scratch\"
[packages]
relea‸sever = \"9\"
[[st‸eps]]
run = \"echo\"
[output]
compr‸ession = \"gzip\"
",
    );
    let shown = [
        "/properties/name",
        "/definitions/Packages/properties/releasever",
        "/definitions/Run",
        "/definitions/Output/properties/compression",
    ];
    const HEAD: &str = "name = \"x\"\nbase = \"scratch\"\n";
    let offered: [(&str, &[&str]); 5] = [
        ("‸\n", &["description", "args", "stages", "steps", "config"]),
        (
            "[[steps]]\n‸\n",
            &["run", "copy", "fetch", "accounts", "when"],
        ),
        ("[config]\n‸\n", &["entrypoint", "cmd", "env", "labels"]),
        ("[[packages.repositories]]\n‸\n", &["baseurl", "gpgkey"]),
        (
            "[output]\ncompression = ‸\n",
            &["\"gzip\"", "\"zstd:chunked\""],
        ),
    ];
    let path = |number: usize| project(&format!("target/editors/{number}.toml"));
    let mut documents = vec![json!({ "path": path(0), "text": text, "hover": cursors })];
    for (number, (text, _)) in offered.iter().enumerate() {
        let (text, cursors) = below("#:schema ", &format!("{HEAD}{text}"));
        documents.push(json!({ "path": path(number + 1), "text": text, "complete": cursors }));
    }
    let answers = ask_server("toml_server.js", &documents);
    for (pointer, shown) in shown.iter().zip(&answers[0].hover) {
        let (wanted, shown) = (descriptions(pointer), plain(shown));
        let is_shown = wanted.iter().any(|wanted| shown.contains(wanted));
        assert!(is_shown, "{pointer}: none of {wanted:?} is in {shown:?}");
    }
    for ((text, words), answer) in offered.iter().zip(&answers[1..]) {
        let items = &answer.complete[0];
        for word in *words {
            assert!(
                items.iter().any(|item| item.label == *word),
                "`{word}` is not offered in {text:?}: {items:?}"
            );
        }
    }
}

fn taplo(text: &str) -> Output {
    let mut node = Command::new("node");
    // The schema is on disk; what taplo keeps of it stays out of the home folder.
    node.arg(project(
        "target/editors/node_modules/@taplo/cli/dist/cli.js",
    ))
    .args(["lint", "-"])
    .current_dir(project("target/editors"))
    .env("TAPLO_CACHE_PATH", project("target/editors"));
    finish(node, text)
}

fn toml_recipe(text: &str) -> String {
    let schema = project("schema/recipe.schema.json");
    format!("#:schema {}\n{text}", schema.display())
}

#[test]
fn editors_find_nothing_in_good_toml() {
    if !is_installed() {
        return;
    }
    let toml = |path: &PathBuf| path.extension().is_some_and(|kind| kind == "toml");
    for path in [specs("toml"), recipes("valid")]
        .concat()
        .iter()
        .filter(|path| toml(path))
    {
        let output = taplo(&toml_recipe(source(path).text()));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {said}", path.display());
    }
}

#[test]
fn editors_find_faults_in_toml() {
    if !is_installed() {
        return;
    }
    for (fault, words) in [
        ("nmae = \"x\"", "nmae"),
        ("description = 1", "is not of type \"string\""),
        ("[output]\ncompression = \"zst\"", "zst"),
        ("[[steps]]\ncpoy = \"a\"", "cpoy"),
        ("[config]\nentrypont = [\"a\"]", "entrypont"),
    ] {
        let text = toml_recipe(&format!("name = \"x\"\nbase = \"scratch\"\n{fault}\n"));
        let output = taplo(&text);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && said.contains(words),
            "{fault}: {said}"
        );
    }
    let missing = taplo(&toml_recipe("base = \"scratch\"\n"));
    assert!(!missing.status.success());
    assert!(String::from_utf8_lossy(&missing.stderr).contains("\"name\" is a required property"));
}
