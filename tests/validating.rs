//! `onelayer validate` and the commands about it: which files, which exit status, what is denied.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use onelayer::diagnostic::Code;
use serde_json::Value;

use super::privilege::as_nobody;
use super::support::workspace::{
    Outcome, Workspace, require_root, require_tool, run, run_with_input, tool,
};

const GOOD: &str = "name: x\nbase: scratch\n";
const WARNED: &str = "name: x\nbase: scratch\nsteps:\n  - run: a\n";
const WRONG: &str = "name: x\nbase: scratch\nunknown: 1\n";

fn workspace(files: &[(&str, &str)]) -> Workspace {
    let workspace = Workspace::new();
    for (name, text) in files {
        workspace.write(name, text);
    }
    workspace
}

/// Runs a command in the folder with the files.
fn onelayer(workspace: &Workspace, arguments: &[&str]) -> Outcome {
    run((workspace.command(arguments)).current_dir(workspace.context()))
}

/// The files that diagnostics are about, in order, each once.
fn files(outcome: &Outcome) -> Vec<String> {
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let diagnostics = report["diagnostics"].as_array().unwrap().iter();
    let mut files: Vec<String> = diagnostics
        .map(|diagnostic| diagnostic["file"].as_str().unwrap().to_owned())
        .collect();
    files.dedup();
    files
}

#[test]
fn a_folder_with_a_recipe_stands_for_it() {
    let workspace = workspace(&[("recipe.yml", WRONG), ("a/recipe.yaml", WRONG)]);
    let told = onelayer(&workspace, &["validate", "--format", "json"]).expect(1);
    assert_eq!(files(&told), ["./recipe.yml"]);
}

#[test]
fn a_folder_without_one_is_searched() {
    let workspace = workspace(&[
        ("all/b/recipe.yaml", WRONG),
        ("all/b/recipe.toml", "nothing = 1"),
        ("all/a/x.recipe.yml", WRONG),
        ("all/a/x.recipe.toml", "nothing = 1"),
        ("all/a/other.yaml", WRONG),
        ("all/a/recipe.json", WRONG),
        ("all/.hidden/recipe.yaml", WRONG),
        ("all/.git/recipe.yaml", WRONG),
        ("all/.gitignore", "/built\n*.old.recipe.yaml\n"),
        ("all/built/recipe.yaml", WRONG),
        ("all/c/x.old.recipe.yaml", WRONG),
        ("all/c/recipe.yaml/recipe.yml", WRONG),
    ]);
    let told = onelayer(&workspace, &["validate", "--format", "json", "all"]).expect(1);
    assert_eq!(
        files(&told),
        [
            "all/a/x.recipe.toml",
            "all/a/x.recipe.yml",
            "all/b/recipe.toml",
            "all/b/recipe.yaml",
            "all/c/recipe.yaml/recipe.yml",
        ]
    );
}

#[test]
fn a_search_reads_files_and_says_what_is_none() {
    let workspace = workspace(&[("all/b/recipe.yaml", WRONG), ("elsewhere/x", WRONG)]);
    let at = |name: &str| workspace.context().join(name);
    tool(Command::new("mkfifo").arg(at("all/recipe.pipe.recipe.yaml")));
    symlink("../elsewhere/x", at("all/a.recipe.yaml")).unwrap();
    symlink("nowhere", at("all/z.recipe.yaml")).unwrap();
    symlink("all", at("link")).unwrap();
    for folder in ["all", "link"] {
        let told = onelayer(&workspace, &["validate", "--format", "json", folder]).expect(1);
        let expected = ["a.recipe.yaml", "b/recipe.yaml"].map(|name| format!("{folder}/{name}"));
        assert_eq!(files(&told), expected);
        let unread = format!("cannot read `{folder}/z.recipe.yaml`");
        assert!(told.stderr.contains(&unread), "{told:?}");
    }
}

#[test]
fn several_paths_are_one_report() {
    let workspace = workspace(&[("a.yaml", WRONG), ("b.yaml", GOOD), ("c.yaml", WARNED)]);
    let told = onelayer(&workspace, &["validate", "b.yaml", "a.yaml", "c.yaml"]).expect(1);
    assert_eq!(told.stdout, "");
    assert!(told.stderr.starts_with("b.yaml: no problems\n"), "{told:?}");
    assert!(
        told.stderr.ends_with("\n3 recipes: 1 error, 1 warning\n"),
        "{told:?}"
    );
    let told = onelayer(
        &workspace,
        &["validate", "--format", "json", "a.yaml", "c.yaml"],
    );
    assert_eq!(files(&told.expect(1)), ["a.yaml", "c.yaml"]);
}

#[test]
fn an_unreadable_file_hides_no_other() {
    let workspace = workspace(&[("a.yaml", GOOD), ("wrong.yaml", WRONG)]);
    let told = onelayer(&workspace, &["validate", "nowhere.yaml", "a.yaml"]).expect(5);
    assert!(
        told.stderr.contains("cannot read `nowhere.yaml`"),
        "{told:?}"
    );
    assert!(told.stderr.contains("a.yaml: no problems"), "{told:?}");
    let paths = ["validate", "--format", "json", "nowhere.yaml", "wrong.yaml"];
    let told = onelayer(&workspace, &paths).expect(1);
    assert!(
        told.stderr.contains("cannot read `nowhere.yaml`"),
        "{told:?}"
    );
    assert_eq!(files(&told), ["wrong.yaml"]);
    fs::create_dir(workspace.context().join("empty")).unwrap();
    let told = onelayer(&workspace, &["validate", "empty", "a.yaml"]).expect(5);
    assert!(
        told.stderr.contains("`empty` holds no recipe.yaml"),
        "{told:?}"
    );
}

#[test]
fn a_folder_that_cannot_be_searched_hides_no_other() {
    if !require_root() || !require_tool("setpriv") {
        return;
    }
    let workspace = workspace(&[("a/recipe.yaml", WRONG), ("b/recipe.yaml", WRONG)]);
    let closed = fs::Permissions::from_mode(0o700);
    fs::set_permissions(workspace.context().join("a"), closed).unwrap();
    let told = as_nobody(&workspace, &["validate", "--format", "json", "context"]).expect(1);
    assert_eq!(files(&told), ["context/b/recipe.yaml"]);
    assert!(
        told.stderr.contains("cannot search all of `context`"),
        "{told:?}"
    );
}

#[test]
fn standard_input_is_a_recipe() {
    let workspace = workspace(&[("a.yaml", WRONG)]);
    let input = |arguments: &[&str], text: &str| {
        run_with_input(
            workspace
                .command(arguments)
                .current_dir(workspace.context()),
            text.as_bytes(),
        )
    };
    let told = input(&["validate", "-"], GOOD).expect(0);
    assert_eq!(told.stderr, "<stdin>: no problems\n");
    let told = input(&["validate", "-", "a.yaml", "--format", "json"], WRONG).expect(1);
    assert_eq!(files(&told), ["<stdin>", "a.yaml"]);
    let toml = "name = \"x\"\nbase = \"scratch\"\n";
    input(&["validate", "-"], toml).expect(1);
    let told = input(&["validate", "-", "--stdin-name", "a/b.toml"], toml).expect(0);
    assert_eq!(told.stderr, "a/b.toml: no problems\n");
}

#[test]
fn what_is_no_text_is_a_wrong_recipe() {
    let workspace = Workspace::new();
    let write = |name: &str, bytes: &[u8]| {
        fs::write(workspace.context().join(name), bytes).unwrap();
        onelayer(&workspace, &["validate", "--format", "json", name]).expect(1)
    };
    let said = |outcome: &Outcome| -> Value {
        let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
        report["diagnostics"][0].clone()
    };
    let latin = said(&write("latin.yaml", b"name: x\nbase: \xe9\n"));
    assert_eq!(latin["code"], "syntax");
    assert_eq!(latin["message"], "byte 0xe9 is not UTF-8");
    assert_eq!(latin["labels"][0]["line"], 2);
    assert_eq!(latin["labels"][0]["column"], 7);
    assert_eq!(latin["labels"][0]["offset"], 14);
    let utf16 = said(&write("utf16.yaml", b"\xff\xfen\0a\0"));
    assert_eq!(utf16["message"], "the recipe is UTF-16, not UTF-8");
    let large = "é".repeat(600_000);
    let large = said(&write("large.yaml", format!("a{large}").as_bytes()));
    assert_eq!(large["code"], "budget");
    let endless = onelayer(&workspace, &["validate", "/dev/zero"]).expect(1);
    assert!(endless.stderr.contains("larger than 1 MiB"), "{endless:?}");
}

#[test]
fn marks_and_line_ends_of_windows_move_no_place() {
    let workspace = Workspace::new();
    for (name, text) in [
        ("a.yaml", "naem: x\nbase: scratch\nunknwon: 1\n"),
        ("a.toml", "naem = 'x'\nbase = 'scratch'\nunknwon = 1\n"),
    ] {
        let places = |text: &str| -> Vec<(Value, Value, Value)> {
            workspace.write(name, text);
            let told = onelayer(&workspace, &["validate", "--format", "json", name]).expect(1);
            let report: Value = serde_json::from_str(&told.stdout).unwrap();
            let diagnostics = report["diagnostics"].as_array().unwrap().iter();
            let labels = diagnostics.map(|diagnostic| diagnostic["labels"][0].clone());
            labels
                .map(|label| {
                    let [line, column, end] =
                        ["line", "column", "end_column"].map(|key| label[key].clone());
                    (line, column, end)
                })
                .collect()
        };
        let plain = places(text);
        assert_eq!(places(&text.replace('\n', "\r\n")), plain);
        assert_eq!(places(&format!("\u{feff}{text}")), plain);
    }
}

#[test]
fn warnings_can_be_denied() {
    let workspace = workspace(&[("recipe.yaml", WARNED)]);
    let validate = |options: &[&str]| onelayer(&workspace, &[&["validate"], options].concat());
    validate(&[]).expect(0);
    validate(&["--deny", "advice"]).expect(0);
    validate(&["--deny", "unused-value"]).expect(0);
    for denied in [
        &["--deny", "warnings"][..],
        &["--deny", "empty-root"],
        &["--deny", "advice", "--deny", "warnings"],
    ] {
        let told = validate(denied).expect(1);
        assert!(told.stderr.ends_with("\n1 error\n"), "{told:?}");
        for command in ["plan", "build"] {
            let told = onelayer(&workspace, &[&[command], denied].concat()).expect(1);
            assert_eq!(told.stdout, "");
            assert!(told.stderr.ends_with("\n1 error\n"), "{told:?}");
        }
    }
    assert!(!workspace.context().join("out").exists());
}

#[test]
fn what_is_allowed_is_not_denied() {
    let allowed = WARNED.replace("run: a", "run: a # onelayer: allow empty-root");
    let workspace = workspace(&[("recipe.yaml", &allowed)]);
    onelayer(&workspace, &["validate", "--deny", "warnings"]).expect(0);
}

#[test]
fn a_code_that_does_not_exist_cannot_be_denied() {
    let workspace = workspace(&[("recipe.yaml", GOOD)]);
    for (wrong, meant) in [("warnigns", "warnings"), ("empty-rot", "empty-root")] {
        let told = onelayer(&workspace, &["validate", "--deny", wrong]).expect(2);
        assert!(
            told.stderr.contains(&format!("write `{meant}`")),
            "{told:?}"
        );
    }
}

#[test]
fn codes_are_explained() {
    let workspace = workspace(&[]);
    for code in Code::all() {
        let told = onelayer(&workspace, &["explain", code.name()]).expect(0);
        assert_eq!(told.stdout, code.explanation().to_string());
    }
    let all = onelayer(&workspace, &["explain"]).expect(0).stdout;
    assert_eq!(all.lines().count(), Code::all().count());
    let told = onelayer(&workspace, &["explain", "unknwon-key"]).expect(2);
    assert_eq!(told.stdout, "");
    assert!(
        told.stderr.contains("write `unknown-key` if that is meant"),
        "{told:?}"
    );
    let told = onelayer(&workspace, &["explain", "a\u{1b}b"]).expect(2);
    assert!(told.stderr.contains("`a\\u{1b}b` is no code"), "{told:?}");
}

#[test]
fn every_command_and_option_has_help_a_page_and_completions() {
    let workspace = workspace(&[]);
    let help = onelayer(&workspace, &["--help"]).expect(0).stdout;
    let commands = help.split("Commands:\n").nth(1).unwrap();
    let commands: Vec<&str> = (commands.lines().take_while(|line| !line.is_empty()))
        .map(|line| {
            let mut words = line.split_whitespace();
            let name = words.next().unwrap();
            assert!(words.next().is_some(), "`{name}` has no help");
            name
        })
        .filter(|name| *name != "help")
        .collect();
    onelayer(&workspace, &["man", "pages"]).expect(0);
    let page = |name: &str| {
        let path = workspace.context().join("pages").join(name);
        fs::read_to_string(path).unwrap()
    };
    let first = onelayer(&workspace, &["man"]).expect(0).stdout;
    assert_eq!(page("onelayer.1"), first);
    assert!(first.contains("EXIT STATUS"), "{first}");
    let script = onelayer(&workspace, &["completions", "bash"])
        .expect(0)
        .stdout;
    for command in commands {
        assert!(script.contains(command), "{command}");
        assert!(page(&format!("onelayer-{command}.1")).contains(".SH NAME"));
        let help = onelayer(&workspace, &[command, "-h"]).expect(0).stdout;
        let lines: Vec<&str> = help.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            if line.trim_start().starts_with('-') {
                // The text stands after two spaces, or on the next line.
                let beside = line.trim().split_once("  ").is_some();
                let below = lines
                    .get(at + 1)
                    .is_some_and(|next| next.starts_with("      "));
                assert!(beside || below, "`{command}` {line} has no help");
            }
        }
    }
    for shell in ["elvish", "fish", "powershell", "zsh"] {
        onelayer(&workspace, &["completions", shell]).expect(0);
    }
}
