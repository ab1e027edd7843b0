//! `convert`: the other notation says the same.

use std::fs;
use std::path::Path;

use onelayer::ops::{self, ErrorKind};
use onelayer::recipe::{Recipe, decode};
use onelayer::source::SourceFile;
use onelayer::syntax::{ConvertProblem, Document, Notation};
use onelayer::validate;

use super::formatting::{all_recipes, piped};
use super::support::documents::{self, Choices};
use super::support::workspace::{Outcome, Workspace, project, run};

fn recipe(text: &str, notation: Notation) -> Option<Recipe> {
    let file = SourceFile::new("<text>", text);
    let (document, diagnostics) = Document::parse_as(&file, notation);
    let decoded = decode(document?);
    let is_clean = diagnostics.is_empty() && decoded.diagnostics.is_empty();
    decoded.value.filter(|_| is_clean)
}

#[track_caller]
fn converted(text: &str, from: Notation) -> Result<String, ErrorKind> {
    match ops::convert(SourceFile::new("<text>", text), from, from.other(), None) {
        Ok(converted) => Ok(converted.text),
        Err(error) => {
            assert_ne!(error.kind(), ErrorKind::Bug, "{error}:\n{text}");
            Err(error.kind())
        }
    }
}

/// There and back and there again; `false` if the first step is refused for a null.
#[track_caller]
fn is_converted(text: &str, from: Notation) -> bool {
    let meant = recipe(text, from).unwrap();
    let Ok(other) = converted(text, from) else {
        return false;
    };
    assert_eq!(
        recipe(&other, from.other()).as_ref(),
        Some(&meant),
        "{text}\n---\n{other}"
    );
    let back = converted(&other, from.other()).unwrap();
    assert_eq!(
        recipe(&back, from).as_ref(),
        Some(&meant),
        "{text}\n---\n{back}"
    );
    // What has been TOML once, where plain values come before tables, has settled.
    let again = converted(&back, from).unwrap();
    match from {
        Notation::Yaml => assert_eq!(again, other),
        Notation::Toml => assert_eq!(converted(&again, from.other()).unwrap(), back),
    }
    for (text, notation) in [(&other, from.other()), (&back, from)] {
        let formatted = onelayer::syntax::format(&SourceFile::new("", text.as_str()), notation);
        assert_eq!(&formatted.unwrap().text, text, "not formatted");
    }
    true
}

#[test]
fn every_recipe_goes_there_and_back() {
    let mut count = 0;
    for path in all_recipes() {
        let text = fs::read_to_string(&path).unwrap();
        let notation = Notation::of(path.to_str().unwrap());
        if recipe(&text, notation).is_some() {
            // TOML has no such number.
            let is_sayable = !text.contains(&u64::MAX.to_string());
            assert_eq!(
                is_converted(&text, notation),
                is_sayable,
                "{}",
                path.display()
            );
            count += 1;
        }
    }
    assert!(count >= 6, "{count}");
}

#[test]
fn generated_recipes_go_there_and_back() {
    let mut count = 0;
    for seed in 0..1500 {
        let choices = &mut Choices::new(seed);
        let (text, notation) = if seed % 2 == 0 {
            let tree = documents::yaml(choices);
            let tree: String = tree.lines().map(|line| format!("  {line}\n")).collect();
            (
                format!("name: x\nbase: scratch\nx-any:\n{tree}"),
                Notation::Yaml,
            )
        } else {
            let tree = documents::toml(choices)
                .replace("[t", "[x-t")
                .replace("[s", "[x-s");
            let tree = tree.replace("['q", "['x-q").replace(" t", " x-t");
            (
                format!("name = \"x\"\nbase = \"scratch\"\n[x-any]\n{tree}"),
                Notation::Toml,
            )
        };
        if recipe(&text, notation).is_some() {
            count += usize::from(is_converted(&text, notation));
        }
    }
    assert!(count > 300, "{count}");
}

/// Any text at all, wherever text may stand.
#[test]
fn any_text_goes_there_and_back() {
    for seed in 0..700 {
        let choices = &mut Choices::new(seed);
        let quoted = |choices: &mut Choices| documents::double_quoted(&any_text(choices));
        let text = format!(
            "name: x\nbase: scratch\nsteps:\n  - run: {}\n  - write: /x\n    content: {}\nconfig:\n  cmd: [{}, {}]\n  labels: {{ a: {}, b: {} }}\nx-a: {{ {}: {} }}\n",
            // A script may not be empty.
            documents::double_quoted(&format!("a{}", any_text(choices))),
            quoted(choices),
            quoted(choices),
            quoted(choices),
            quoted(choices),
            quoted(choices),
            quoted(choices),
            quoted(choices),
        );
        assert!(is_converted(&text, Notation::Yaml), "{text}");
        // Other readers take the YAML that was written for the same.
        let toml = converted(&text, Notation::Yaml).unwrap();
        let yaml = converted(&toml, Notation::Toml).unwrap();
        let read = |text: &str| serde_yaml::from_str::<serde_yaml::Value>(text).unwrap();
        assert_eq!(read(&yaml), read(&text), "{yaml}");
    }
}

fn any_text(choices: &mut Choices) -> String {
    let mut text = documents::text(choices);
    if choices.one_in(3) {
        text.push_str(&documents::text(choices));
    }
    if choices.one_in(4) {
        let at = |choices: &mut Choices, bound| u32::try_from(choices.below(bound)).unwrap();
        for _ in 0..choices.below(6) {
            let code = match choices.below(3) {
                0 => at(choices, 0x80),
                1 => at(choices, 0x3000),
                _ => at(choices, 0x11_0000),
            };
            text.extend(char::from_u32(code));
        }
    }
    text
}

#[track_caller]
fn assert_converts(from: Notation, text: &str, expected: &str) {
    let file = SourceFile::new("<text>", text);
    let (document, _) = Document::parse_as(&file, from);
    let converted = onelayer::syntax::convert(&document.unwrap(), from.other(), None);
    assert_eq!(converted.as_deref(), Ok(expected));
}

#[test]
fn numbers_keep_the_text_that_counts() {
    assert_converts(
        Notation::Yaml,
        "config:\n  user: 1000\n  env: { A: 3.10, B: 0755, C: .5, D: 1e3, E: True, F: no, G: 0x1F, H: 8080 }\noutput:\n  level: 0x9\n  source_date_epoch: 010\n",
        "[config]\nuser = 1000\n\n[config.env]\nA = 3.10\nB = \"0755\"\nC = \".5\"\nD = 1e3\nE = \"True\"\nF = \"no\"\nG = \"0x1F\"\nH = 8080\n\n[output]\nlevel = 9\nsource_date_epoch = 10\n",
    );
    assert_converts(
        Notation::Toml,
        "config.env = { A = 3.10, B = \"3.10\", C = 1_000, D = true, E = \"true\" }\noutput.level = 0o11\n",
        "config:\n  env:\n    A: 3.10\n    B: \"3.10\"\n    C: 1000\n    D: true\n    E: \"true\"\n\noutput:\n  level: 9\n",
    );
}

#[test]
fn scripts_stay_readable() {
    assert_converts(
        Notation::Yaml,
        "steps:\n  - run: |\n      echo \"it's\" \\\n        done\n    env: {A: b}\n  - run: |-\n      one\n      two '''\n  - write: /x\n    content: \"one\\n\"\n",
        "[[steps]]\nrun = '''\necho \"it's\" \\\n  done\n'''\nenv = { A = \"b\" }\n\n[[steps]]\nrun = \"\"\"\none\ntwo '''\"\"\"\n\n[[steps]]\nwrite = \"/x\"\ncontent = \"one\\n\"\n",
    );
    assert_converts(
        Notation::Toml,
        "[[steps]]\nrun = '''\n# first\n\n  two\n'''\nname = \"a: b\"\n",
        "steps:\n  - run: |\n      # first\n\n        two\n    name: \"a: b\"\n",
    );
}

#[test]
fn expressions_and_own_keys_stay() {
    assert_converts(
        Notation::Yaml,
        "args: { A: 1 }\nx-own: [a, { b: c }]\nsteps:\n  - run: echo ${{ args.A }}\n    user: ${{ args.A }}\n  - copy: [\"${{ args.A }}\", b]\n    to: /x/\n",
        "x-own = [\"a\", { b = \"c\" }]\n\n[args]\nA = 1\n\n[[steps]]\nrun = \"echo ${{ args.A }}\"\nuser = \"${{ args.A }}\"\n\n[[steps]]\ncopy = [\"${{ args.A }}\", \"b\"]\nto = \"/x/\"\n",
    );
}

/// Their values are not known, so that a recipe with them cannot be judged as a whole.
#[test]
fn expressions_may_stand_for_anything() {
    let yaml = "name: x\nbase: scratch\nsteps:\n  - copy: a\n    to: ${{ args.TO }}\n    owner: ${{ args.OWNER }}\n    follow_links: ${{ args.LINKS }}\noutput:\n  level: ${{ args.LEVEL }}\n";
    let toml = converted(yaml, Notation::Yaml).unwrap();
    assert!(
        toml.contains("follow_links = \"${{ args.LINKS }}\""),
        "{toml}"
    );
    assert_eq!(
        converted(&toml, Notation::Toml)
            .unwrap()
            .replace("\n\n", "\n"),
        yaml
    );
    let wrong = yaml.replace("args.LINKS }}", "args.LINKS }}\n    mode: 0644");
    assert_eq!(converted(&wrong, Notation::Yaml), Err(ErrorKind::Rejected));
}

#[test]
fn anchors_and_merges_are_written_out() {
    assert_converts(
        Notation::Yaml,
        "x-o: &o { owner: \"0:0\" }\nsteps:\n  - copy: a\n    to: /a\n    <<: *o\n  - &r { remove: /b }\n  - *r\n",
        "[x-o]\nowner = \"0:0\"\n\n[[steps]]\ncopy = \"a\"\nto = \"/a\"\nowner = \"0:0\"\n\n[[steps]]\nremove = \"/b\"\n\n[[steps]]\nremove = \"/b\"\n",
    );
}

#[test]
fn steps_of_one_large_mapping_stay_together() {
    assert_converts(
        Notation::Yaml,
        "steps:\n  - packages:\n      install: [a]\n      repositories:\n        - { id: a }\n        - { id: b, baseurl: \"a\\nb\\nc\" }\n  - remove: /x\n",
        "[[steps]]\n[steps.packages]\ninstall = [\"a\"]\n\n[[steps.packages.repositories]]\nid = \"a\"\n\n[[steps.packages.repositories]]\nid = \"b\"\nbaseurl = '''\na\nb\nc'''\n\n[[steps]]\nremove = \"/x\"\n",
    );
}

#[test]
fn unset_has_its_own_spelling_in_toml() {
    assert_converts(
        Notation::Yaml,
        "config:\n  env: { A: null, B: b }\n  labels:\n    c: ~\n",
        "[config.env]\nA = { unset = true }\nB = \"b\"\n\n[config.labels]\nc = { unset = true }\n",
    );
    assert_converts(
        Notation::Toml,
        "[config.env]\nA = { unset = true }\n",
        "config:\n  env:\n    A:\n      unset: true\n",
    );
}

#[test]
fn any_other_null_is_told_with_its_place() {
    let file = SourceFile::new("<text>", "x-a:\n  b: null\nx-c:\n");
    let (document, _) = Document::parse_as(&file, Notation::Yaml);
    let problem = onelayer::syntax::convert(&document.unwrap(), Notation::Toml, None).unwrap_err();
    let ConvertProblem::Unsayable(diagnostics) = problem else {
        panic!("{problem:?}");
    };
    let places: Vec<usize> = diagnostics
        .iter()
        .map(|d| file.position(d.start()).line)
        .collect();
    assert_eq!(places, [2, 3]);
}

fn convert(workspace: &Workspace, arguments: &[&str]) -> Outcome {
    run(workspace.command(&["convert"]).args(arguments))
}

const RECIPE: &str =
    "# yaml-language-server: $schema=../s.json\n# why\nname: x\nbase: scratch # empty\n";

#[test]
fn the_direction_is_in_the_names() {
    let workspace = Workspace::with(RECIPE);
    let told = convert(&workspace, &["context"]).expect(0);
    assert_eq!(
        told.stdout,
        "#:schema ../s.json\nname = \"x\"\nbase = \"scratch\"\n"
    );
    assert_eq!(told.stderr, "warning: 2 comments not converted\n");

    let told = convert(&workspace, &["context", "out.toml"]).expect(0);
    assert_eq!(told.stdout, "");
    let toml = fs::read_to_string(workspace.path("out.toml")).unwrap();
    assert_eq!(toml, "#:schema s.json\nname = \"x\"\nbase = \"scratch\"\n");

    let told = convert(&workspace, &["out.toml", "-"]).expect(0);
    assert_eq!(
        told.stdout,
        "# yaml-language-server: $schema=s.json\nname: x\nbase: scratch\n"
    );
    assert_eq!(told.stderr, "");
    for wrong in [
        &["context", "out.yaml"][..],
        &["context", "--to", "yaml"],
        &["context", "out.yaml", "--to", "toml"],
        &["-"],
    ] {
        convert(&workspace, wrong).expect(2);
    }
}

#[test]
fn a_file_is_only_replaced_by_force() {
    let workspace = Workspace::with(RECIPE);
    fs::write(workspace.path("out.toml"), "precious").unwrap();
    let told = convert(&workspace, &["context", "out.toml"]).expect(5);
    assert!(
        told.stderr.contains("`out.toml` exists") && told.stderr.contains("--force"),
        "{told:?}"
    );
    assert_eq!(
        fs::read_to_string(workspace.path("out.toml")).unwrap(),
        "precious"
    );
    convert(&workspace, &["context", "out.toml", "--force"]).expect(0);
    assert!(
        fs::read_to_string(workspace.path("out.toml"))
            .unwrap()
            .starts_with("#:schema")
    );
    assert_eq!(
        super::command_line::names(&workspace.path("")),
        ["context", "out.toml"]
    );
}

#[test]
fn standard_input_needs_a_direction() {
    let workspace = Workspace::new();
    let toml = piped(&workspace, &["convert", "-", "--to", "toml"], RECIPE).expect(0);
    assert!(toml.stdout.contains("name = \"x\""), "{toml:?}");
    let yaml = piped(&workspace, &["convert", "-", "--to", "yaml"], &toml.stdout).expect(0);
    assert!(yaml.stdout.contains("\nname: x\n"), "{yaml:?}");
    piped(&workspace, &["convert", "-", "--to", "toml"], "name: [\n").expect(1);
    piped(&workspace, &["convert", "-", "--to", "toml"], "nmae: x\n").expect(1);
}

/// Byte for byte the same plan, so the same keys, steps and image.
#[test]
fn the_plan_is_that_of_the_original() {
    let mut planned = 0;
    for path in all_recipes() {
        let text = fs::read_to_string(&path).unwrap();
        let file = SourceFile::new(path.to_str().unwrap(), text);
        if validate::check(&file).recipe.is_none() {
            continue;
        }
        let workspace = Workspace::new();
        let folder = path.parent().unwrap();
        let context = if folder.ends_with("valid") {
            workspace.write("app/app.py", "pass\n");
            workspace.write("entrypoint.sh", "#!/bin/sh\n");
            workspace.context()
        } else {
            folder.to_owned()
        };
        let plan = |recipe: &Path| {
            let mut command = workspace.command(&["plan", "--format", "json", "--context"]);
            run(command.arg(&context).arg(recipe))
        };
        let original = plan(&path);
        if original.code != Some(0) {
            // Its inputs are made by scripts, its base is far, or the fixture is about something else.
            assert!(matches!(original.code, Some(1 | 5)), "{original:?}");
            continue;
        }
        let other = Notation::of(path.to_str().unwrap()).other();
        let out = format!("other.{}", other.to_string().to_lowercase());
        convert(&workspace, &[path.to_str().unwrap(), &out]).expect(0);
        assert_eq!(
            plan(&workspace.path(&out)).expect(0).stdout,
            original.stdout
        );
        planned += 1;
    }
    assert!(planned >= 5, "{planned}");
    assert!(project("specs/hello/recipe.toml").is_file());
}
