//! taplo on recipes: what it finds, shows and offers.

use std::path::PathBuf;
use std::process::Command;

use serde_json::json;

use super::{ask, below, descriptions, is_installed, plain, specs};
use crate::diagnostics::{recipes, source};
use crate::support::workspace::{Outcome, project, run_with_input};

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
    let answers = ask("toml_server.js", &documents);
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

fn taplo(text: &str) -> Outcome {
    let mut node = Command::new("node");
    // The schema is on disk; what taplo keeps of it stays out of the home folder.
    node.arg(project(
        "target/editors/node_modules/@taplo/cli/dist/cli.js",
    ))
    .args(["lint", "-"])
    .current_dir(project("target/editors"))
    .env("TAPLO_CACHE_PATH", project("target/editors"));
    run_with_input(&mut node, text.as_bytes())
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
        assert_eq!(
            output.code,
            Some(0),
            "{}: {}",
            path.display(),
            output.stderr
        );
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
        assert!(
            output.code != Some(0) && output.stderr.contains(words),
            "{fault}: {output:?}"
        );
    }
    let missing = taplo(&toml_recipe("base = \"scratch\"\n"));
    assert_ne!(missing.code, Some(0));
    assert!(
        missing.stderr.contains("\"name\" is a required property"),
        "{missing:?}"
    );
}
