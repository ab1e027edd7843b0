//! `fmt`: what it does to a text, and that nothing is ever lost by it.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use onelayer::source::SourceFile;
use onelayer::syntax::{Document, FormattedText, Notation, comments, format, schema_of};
use onelayer::validate::check;

use super::diagnostics::recipes;
use super::support::documents::{self, Choices};
use super::support::workspace::{Outcome, Workspace, project, run, run_with_input};

fn formatted(text: &str, notation: Notation) -> Option<FormattedText> {
    format(&SourceFile::new("<text>", text), notation).ok()
}

fn document(text: &str, notation: Notation) -> Option<Document> {
    let (document, diagnostics) = Document::parse_as(&SourceFile::new("<text>", text), notation);
    document.filter(|_| diagnostics.is_empty())
}

#[track_caller]
fn assert_formats(notation: Notation, text: &str, expected: &str) {
    let laid_out = Some(FormattedText {
        text: expected.to_owned(),
        is_laid_out: true,
    });
    assert_eq!(formatted(text, notation), laid_out);
    assert_eq!(formatted(expected, notation), laid_out);
}

/// Every recipe of the repository.
pub(crate) fn all_recipes() -> Vec<PathBuf> {
    let mut paths = recipes("valid");
    paths.extend(recipes("invalid"));
    for folder in ["specs", "tests/plans"] {
        for entry in fs::read_dir(project(folder)).unwrap() {
            for name in ["recipe.yaml", "recipe.toml"] {
                let path = entry.as_ref().unwrap().path().join(name);
                paths.extend(path.is_file().then_some(path));
            }
        }
    }
    paths.sort();
    paths
}

/// What must hold of every text; `false` if it does not get the layout.
#[track_caller]
fn is_laid_out_faithfully(text: &str, notation: Notation) -> bool {
    let before = document(text, notation).unwrap();
    let result = formatted(text, notation).unwrap();
    let after = document(&result.text, notation).unwrap();
    assert!(after.equals(&before), "{text}\n---\n{}", result.text);
    assert_eq!(comments(text, notation), comments(&result.text, notation));
    assert_eq!(formatted(&result.text, notation).as_ref(), Some(&result));
    result.is_laid_out
}

/// All recipes get the layout, and all TOML. A mutant in YAML may be left as it is written, but
/// hardly ever: as one is whose plain text of several lines has a line that looks like an item.
#[test]
fn recipes_and_their_mutants_keep_what_they_say() {
    let texts: Vec<(Notation, String)> = (all_recipes().iter())
        .map(|path| {
            let notation = Notation::of(path.to_str().unwrap());
            (notation, fs::read_to_string(path).unwrap())
        })
        .collect();
    let (mut readable, mut left) = (0, 0);
    for seed in 0..4000 {
        let choices = &mut Choices::new(seed);
        let (notation, original) = &texts[choices.below(texts.len())];
        let text = match seed % 8 {
            0 => original.clone(),
            _ => documents::mutated(choices, original),
        };
        if document(&text, *notation).is_some() {
            readable += 1;
            if !is_laid_out_faithfully(&text, *notation) {
                let is_mutant = text != *original;
                assert!(
                    is_mutant && *notation == Notation::Yaml,
                    "not laid out:\n{text}"
                );
                left += 1;
            }
        }
    }
    assert!(readable > 1000, "{readable}");
    assert!(left * 1000 < readable, "{left} of {readable}");
}

#[test]
fn generated_toml_keeps_what_it_says() {
    for seed in 0..3000 {
        let text = documents::toml(&mut Choices::new(seed));
        if document(&text, Notation::Toml).is_some() {
            assert!(
                is_laid_out_faithfully(&text, Notation::Toml),
                "not laid out:\n{text}"
            );
        }
    }
}

/// Of YAML that uses every corner of the language some may be left as it is written.
#[test]
fn generated_yaml_keeps_what_it_says() {
    let (mut readable, mut left) = (0, 0);
    for seed in 0..6000 {
        let choices = &mut Choices::new(seed);
        let mut text = documents::yaml(choices);
        if seed % 4 == 0 {
            text = documents::mutated(choices, &text);
        }
        if document(&text, Notation::Yaml).is_some() {
            readable += 1;
            left += usize::from(!is_laid_out_faithfully(&text, Notation::Yaml));
        }
    }
    assert!(readable > 1000, "{readable}");
    assert!(left * 100 < readable, "{left} of {readable}");
}

#[test]
fn yaml_gets_one_layout() {
    assert_formats(
        Notation::Yaml,
        "\n   # why\nname:   x   \nbase:    scratch # from nothing\n\n\n\nsteps:\n- run: |\n      a\n       b  \n\n- copy: [ a,b ]\n  to:  '/x/'\nconfig: {entrypoint: [/a]}",
        "# why\nname: x\nbase: scratch # from nothing\n\nsteps:\n  - run: |\n      a\n       b  \n\n  - copy: [a, b]\n    to: \"/x/\"\nconfig: { entrypoint: [/a] }\n",
    );
}

#[test]
fn anchors_aliases_and_merges_stay() {
    let text = "x-owner: &owner\n  owner: \"0:0\"\nsteps:\n  - copy: a\n    to: /a\n    <<: *owner\n  - &again\n    remove: /b\n  - *again\n";
    assert_formats(Notation::Yaml, text, text);
}

#[test]
fn block_scalars_are_content() {
    // Spaces at line ends, blank lines that are kept, indentation inside.
    let text = "a: |\n  one  \n     \n    two\nb: |+\n  three\n\n\nc: >-\n  four\n  five\n";
    assert_formats(Notation::Yaml, text, text);
    assert_formats(Notation::Yaml, "a: |\n     x\n      y", "a: |\n  x\n   y\n");
    assert_formats(
        Notation::Yaml,
        "a: | # none\nb: c\n",
        "a: \"\" # none\nb: c\n",
    );
}

#[test]
fn toml_gets_one_layout() {
    assert_formats(
        Notation::Toml,
        "\n\n  name=\"x\"  # why\nbase   = 'scratch'\n[ config ]\n  cmd=[ \"a\",\n'b' , ]\n\n\n\n# last\n[[ steps . \"x y\" ]]\nenv={A=1 , B = '''\n x'''}\ncopy = [\n\"a\" # first\n\n\n, # then\n\"b\"]\n",
        "name = \"x\" # why\nbase = 'scratch'\n\n[config]\ncmd = [\"a\", 'b']\n\n# last\n[[steps.\"x y\"]]\nenv = { A = 1, B = '''\n x''' }\ncopy = [\n  \"a\", # first\n\n  # then\n  \"b\",\n]\n",
    );
}

#[test]
fn long_arrays_get_a_line_for_each_item() {
    let word = "\"a-package-with-a-long-name\"";
    let text = format!("install = [{word}, {word}, {word}, {word}]\n");
    let broken = format!("install = [\n  {word},\n  {word},\n  {word},\n  {word},\n]\n");
    assert_formats(Notation::Toml, &text, &broken);
}

/// The layout engine for YAML cannot count so far.
#[test]
fn what_is_indented_very_deeply_is_only_tidied() {
    let compact = format!("{}a: b", "- ".repeat(40));
    let far = format!("a:\n{}b: c", " ".repeat(64));
    for text in ["\t".repeat(98) + "aho", compact, far] {
        let left = FormattedText {
            text: text.clone() + "\n",
            is_laid_out: false,
        };
        assert_eq!(formatted(&(text + "  "), Notation::Yaml), Some(left));
    }
    let deepest = format!("a:\n{}b: c\n", " ".repeat(63));
    assert_formats(Notation::Yaml, &deepest, "a:\n  b: c\n");
}

/// Their lines are not taken apart by an engine that thinks that they are indented.
#[test]
fn block_scalars_at_the_margin_stay() {
    for text in ["|\n\n\t|\n\u{691}\n", ">\nab\n\u{691}\n"] {
        let left = FormattedText {
            text: text.to_owned(),
            is_laid_out: false,
        };
        assert_eq!(formatted(text, Notation::Yaml), Some(left));
    }
}

/// It holds for its line, so the line stays one.
#[test]
fn a_line_with_a_comment_to_onelayer_is_not_broken() {
    let word = "a-package-with-a-long-name";
    let comment = "# onelayer: allow pinned-package";
    let yaml = format!("install: [{word}, {word}, {word}, {word}] {comment}\n");
    assert_formats(Notation::Yaml, &yaml, &yaml);
    let toml = format!("install = [\"{word}\", \"{word}\", \"{word}\", \"{word}\"] {comment}\n");
    assert_formats(Notation::Toml, &toml, &toml);
}

#[test]
fn line_ends_and_byte_order_marks_stay() {
    for (notation, text, expected) in [
        (
            Notation::Yaml,
            "a:   b\r\nc: |\r\n  d\r\n",
            "a: b\r\nc: |\r\n  d\r\n",
        ),
        (Notation::Yaml, "\u{feff}a:   b\n", "\u{feff}a: b\n"),
        (
            Notation::Toml,
            "a  =  1\r\nb = '''\r\nx\r\n'''\r\n",
            "a = 1\r\nb = '''\r\nx\r\n'''\r\n",
        ),
        (Notation::Toml, "\u{feff}a  = 1", "\u{feff}a = 1\n"),
    ] {
        assert_formats(notation, text, expected);
    }
}

/// What is said about a recipe, wherever it stands.
fn said(text: &str, notation: Notation) -> Vec<String> {
    let name = format!("recipe.{}", notation.to_string().to_lowercase());
    let mut said: Vec<String> = (check(&SourceFile::new(name, text)).diagnostics.iter())
        .map(|found| format!("{}: {}", found.code, found.message))
        .collect();
    said.sort();
    said
}

/// Comments that allow a warning stay with what they are about, too.
#[test]
fn the_same_is_said_about_a_formatted_recipe() {
    let paths = all_recipes();
    for seed in 0..1500 {
        let choices = &mut Choices::new(seed);
        let path = &paths[usize::try_from(seed).unwrap() % paths.len()];
        let notation = Notation::of(path.to_str().unwrap());
        let mut text = fs::read_to_string(path).unwrap();
        if choices.one_in(2) {
            text = documents::mutated(choices, &text);
        }
        if let Some(FormattedText { text: laid_out, .. }) = formatted(&text, notation) {
            let (before, after) = (said(&text, notation), said(&laid_out, notation));
            assert_eq!(before, after, "{text}\n---\n{laid_out}");
        }
    }
}

const UNTIDY: &str = "name:   x\nbase: scratch   # why\n";
const TIDY: &str = "name: x\nbase: scratch # why\n";

fn fmt(workspace: &Workspace, arguments: &[&str]) -> Outcome {
    run(workspace.command(&["fmt"]).args(arguments))
}

#[test]
fn a_file_is_rewritten_in_place() {
    let workspace = Workspace::with(UNTIDY);
    let path = workspace.context().join("recipe.yaml");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let told = fmt(&workspace, &["context"]).expect(0);
    assert_eq!(told.stdout, "");
    assert_eq!(told.stderr, "formatted: context/recipe.yaml\n");
    assert_eq!(fs::read_to_string(&path).unwrap(), TIDY);
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o7777,
        0o640
    );
    assert_eq!(fmt(&workspace, &["context"]).expect(0).stderr, "");
    assert_eq!(
        super::command_line::names(&workspace.context()),
        ["recipe.yaml"]
    );
}

#[test]
fn a_link_stays_a_link() {
    let workspace = Workspace::new();
    workspace.write("real/r.yaml", UNTIDY);
    let link = workspace.path("link.yaml");
    symlink("context/real/r.yaml", &link).unwrap();
    fmt(&workspace, &["link.yaml"]).expect(0);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(
        fs::read_to_string(workspace.context().join("real/r.yaml")).unwrap(),
        TIDY
    );
}

#[test]
fn check_names_what_would_change_and_writes_nothing() {
    let workspace = Workspace::with(UNTIDY);
    workspace.write("tidy.yaml", TIDY);
    let told = fmt(&workspace, &["--check", "context", "context/tidy.yaml"]).expect(1);
    assert_eq!(
        (told.stdout.as_str(), told.stderr.as_str()),
        ("", "would change: context/recipe.yaml\n")
    );
    let told = fmt(&workspace, &["--check", "--diff", "context"]).expect(1);
    assert_eq!(
        told.stdout,
        "--- context/recipe.yaml\n+++ context/recipe.yaml\n@@ -1,2 +1,2 @@\n-name:   x\n-base: scratch   # why\n+name: x\n+base: scratch # why\n"
    );
    assert_eq!(
        fs::read_to_string(workspace.context().join("recipe.yaml")).unwrap(),
        UNTIDY
    );
    fmt(&workspace, &["--check", "context/tidy.yaml"]).expect(0);
}

#[test]
fn a_folder_without_a_recipe_is_searched() {
    let workspace = Workspace::new();
    workspace.write("a/recipe.yaml", UNTIDY);
    workspace.write("b/web.recipe.yaml", UNTIDY);
    workspace.write("b/other.yaml", UNTIDY);
    let told = fmt(&workspace, &["--check", "context"]).expect(1);
    assert_eq!(
        told.stderr,
        "would change: context/a/recipe.yaml\nwould change: context/b/web.recipe.yaml\n"
    );
    fmt(&workspace, &["context"]).expect(0);
    fmt(&workspace, &["--check", "context"]).expect(0);
    let other = fs::read_to_string(workspace.context().join("b/other.yaml")).unwrap();
    assert_eq!(other, UNTIDY);
}

#[test]
fn what_does_not_parse_is_told_and_left_and_the_rest_is_formatted() {
    let workspace = Workspace::with(UNTIDY);
    workspace.write("bad.yaml", "name: [x\n");
    let told = fmt(&workspace, &["context/bad.yaml", "context"]).expect(1);
    assert!(told.stderr.contains("this is no YAML"), "{told:?}");
    assert_eq!(
        fs::read_to_string(workspace.context().join("bad.yaml")).unwrap(),
        "name: [x\n"
    );
    assert_eq!(
        fs::read_to_string(workspace.context().join("recipe.yaml")).unwrap(),
        TIDY
    );
    // Keys that stand twice are not for a formatter to choose from.
    workspace.write("twice.toml", "a   = 1\na = 2\n");
    fmt(&workspace, &["context/twice.toml"]).expect(1);
    fmt(&workspace, &["nowhere.yaml"]).expect(5);
}

#[test]
fn what_the_layout_would_change_is_only_tidied() {
    // An anchor on nothing, which the layout engine gives to what follows.
    let text = "a:   \n  - &a1\n\n\nb:   c";
    let tidied = "a:\n  - &a1\n\nb:   c\n";
    let workspace = Workspace::with(text);
    let told = fmt(&workspace, &["context"]).expect(0);
    let note = "not laid out: context/recipe.yaml, which would not say the same; lines are tidied at most\n";
    assert_eq!(
        told.stderr,
        format!("{note}formatted: context/recipe.yaml\n")
    );
    let path = workspace.context().join("recipe.yaml");
    assert_eq!(fs::read_to_string(&path).unwrap(), tidied);
    assert_eq!(
        fmt(&workspace, &["--check", "context"]).expect(0).stderr,
        note
    );
    let told = piped(&workspace, &["fmt", "-"], text).expect(0);
    assert_eq!(told.stdout, tidied);
    // Spaces at the ends of lines that are content, and the byte order mark.
    for text in [
        "a:\n  - &a1\nb: |\n  x  \n",
        "\u{feff}a:\r\n  - &a1\r\nb: c\r\n",
    ] {
        let left = FormattedText {
            text: text.to_owned(),
            is_laid_out: false,
        };
        assert_eq!(formatted(text, Notation::Yaml), Some(left));
    }
}

pub(crate) fn piped(workspace: &Workspace, arguments: &[&str], text: &str) -> Outcome {
    run_with_input(&mut workspace.command(arguments), text.as_bytes())
}

#[test]
fn standard_input_goes_to_standard_output() {
    let workspace = Workspace::new();
    assert_eq!(
        piped(&workspace, &["fmt", "-"], UNTIDY).expect(0).stdout,
        TIDY
    );
    let toml = piped(&workspace, &["fmt", "-", "--stdin-name", "a.toml"], "a=1").expect(0);
    assert_eq!(toml.stdout, "a = 1\n");
    assert_eq!(
        piped(&workspace, &["fmt", "--check", "-"], UNTIDY)
            .expect(1)
            .stdout,
        ""
    );
}

#[test]
fn what_is_meant_to_be_read_is_formatted_and_names_its_schema() {
    let workspace = Workspace::new();
    let invalid = project("tests/recipes/invalid");
    let schema = fs::canonicalize(project("schema/recipe.schema.json")).unwrap();
    let mut count = 0;
    for path in all_recipes() {
        if path.starts_with(&invalid) {
            continue;
        }
        count += 1;
        let name = path.to_str().unwrap();
        assert_eq!(
            fmt(&workspace, &["--check", "--diff", name])
                .expect(0)
                .stdout,
            ""
        );
        let text = fs::read_to_string(&path).unwrap();
        let named = schema_of(&text, Notation::of(name)).unwrap_or_default();
        assert!(text.lines().next().unwrap().ends_with(&named), "{name}");
        let named = path.parent().unwrap().join(named);
        assert_eq!(fs::canonicalize(named).unwrap(), schema, "{name}");
    }
    assert!(count >= 6, "{count}");
}
