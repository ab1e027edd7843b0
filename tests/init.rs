//! `init`: what it writes builds, and none of its examples rots.

use std::fs;
use std::path::PathBuf;

use onelayer::source::SourceFile;
use onelayer::syntax::{Notation, format};
use onelayer::validate::check;

use super::command_line::names;
use super::support::workspace::{Outcome, Workspace, run};

fn init(workspace: &Workspace, arguments: &[&str]) -> Outcome {
    run(workspace.command(&["init"]).args(arguments))
}

/// What `init` writes, in both notations.
fn written() -> [(Notation, String); 2] {
    let workspace = Workspace::new();
    init(&workspace, &["yaml"]).expect(0);
    init(&workspace, &["--toml", "toml"]).expect(0);
    let read = |path: &str| fs::read_to_string(workspace.path(path)).unwrap();
    [
        (Notation::Yaml, read("yaml/recipe.yaml")),
        (Notation::Toml, read("toml/recipe.toml")),
    ]
}

#[test]
fn what_init_writes_builds_in_both_notations() {
    let workspace = Workspace::new();
    let told = init(&workspace, &["new/x"]).expect(0);
    assert_eq!(told.stdout, "");
    assert!(told.stderr.contains("`onelayer build new/x`"), "{told:?}");
    assert_eq!(
        names(&workspace.path("new/x")),
        [".onelayer", "recipe.yaml"]
    );
    init(&workspace, &["--toml", "y", "--name", "x"]).expect(0);
    let build = |folder: &str, out: &str| {
        let told = run(&mut workspace.command(&["build", folder, "-o", out]));
        assert!(!told.stderr.contains("warning"), "{told:?}");
        told.digest()
    };
    assert_eq!(build("new/x", "oci:one"), build("y", "oci:two"));
}

#[test]
fn editors_find_the_schema_without_a_network() {
    let workspace = Workspace::new();
    for (notation, flag) in [(Notation::Yaml, "--name=a"), (Notation::Toml, "--toml")] {
        let folder = notation.to_string();
        init(&workspace, &[&folder, flag]).expect(0);
        let recipe = onelayer::ops::load(&workspace.path(&folder)).unwrap();
        let schema = onelayer::syntax::schema_of(recipe.text(), notation).unwrap();
        let first = recipe.text().lines().next().unwrap();
        assert!(first.ends_with(&schema), "{first}");
        let path = workspace.path(&folder).join(PathBuf::from(schema));
        assert_eq!(
            fs::read_to_string(path).unwrap(),
            onelayer::schema::recipe_schema_text()
        );
    }
}

#[test]
fn a_recipe_that_is_there_stays() {
    for name in ["recipe.yaml", "recipe.yml", "recipe.toml"] {
        let workspace = Workspace::new();
        workspace.write(name, "precious");
        let told = init(&workspace, &["context"]).expect(5);
        assert!(
            told.stderr.contains(&format!("`context/{name}` exists")),
            "{told:?}"
        );
        assert_eq!(names(&workspace.context()), [name]);
        assert_eq!(
            fs::read_to_string(workspace.context().join(name)).unwrap(),
            "precious"
        );
    }
}

#[test]
fn the_image_is_named_after_the_folder() {
    let workspace = Workspace::new();
    for (folder, name) in [
        ("My App", "my-app"),
        ("日本", "app"),
        ("a.b", "a.b"),
        ("1.10", "\"1.10\""),
        ("no", "\"no\""),
    ] {
        init(&workspace, &[folder]).expect(0);
        let text = fs::read_to_string(workspace.path(folder).join("recipe.yaml")).unwrap();
        assert!(text.contains(&format!("\nname: {name}\n")), "{text}");
        run(&mut workspace.command(&["validate", folder])).expect(0);
    }
    init(&workspace, &["b", "--name", "No Name"]).expect(2);
    assert!(!workspace.path("b").exists());
    fs::write(workspace.path("file"), "").unwrap();
    init(&workspace, &["file"]).expect(5);
}

/// Codes of what examples give alone that belong together: a stage and the copy from it, a program
/// and the step that brings it.
const HALVES: [&str; 3] = ["unknown-stage", "unmade-program", "unused-stage"];

/// The lines of each example: `#`, no space, and what follows up to the next line without `#`.
fn examples(text: &str) -> Vec<Vec<usize>> {
    let mut examples: Vec<Vec<usize>> = Vec::new();
    let mut is_open = false;
    for (number, line) in text.lines().enumerate().skip(1) {
        let commented = line.trim_start().strip_prefix('#');
        match commented {
            Some(_) if is_open => examples.last_mut().unwrap().push(number),
            Some(code) if !code.starts_with(' ') => {
                examples.push(vec![number]);
                is_open = true;
            }
            _ => is_open = false,
        }
    }
    examples
}

fn without_marks(text: &str, lines: &[usize]) -> String {
    let lines = text.lines().enumerate().map(|(number, line)| {
        if lines.contains(&number) {
            line.replacen('#', "", 1) + "\n"
        } else {
            format!("{line}\n")
        }
    });
    lines.collect()
}

#[test]
fn every_example_is_valid_alone_and_with_all_others() {
    for (notation, text) in written() {
        let name = format!("recipe.{}", notation.to_string().to_lowercase());
        let examples = examples(&text);
        assert!(examples.len() >= 4, "{examples:?}");
        let all = examples.concat();
        for lines in examples.iter().chain([&all]) {
            let text = without_marks(&text, lines);
            let checked = check(&SourceFile::new(name.as_str(), text.as_str()));
            let is_half = lines != &all;
            let mut found = checked.diagnostics;
            found.retain(|problem| !is_half || !HALVES.contains(&problem.code.name()));
            assert!(found.is_empty(), "{found:#?}\n{text}");
            let file = SourceFile::new(name.as_str(), text.as_str());
            assert_eq!(format(&file, notation).unwrap().text, text, "not formatted");
        }
    }
}

#[test]
fn what_init_writes_is_formatted() {
    for (notation, text) in written() {
        let file = SourceFile::new("recipe", text.as_str());
        assert_eq!(format(&file, notation).unwrap().text, text);
    }
}
