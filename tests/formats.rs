//! What `validate --format` writes, as the programs that read it want it.

use std::collections::BTreeSet;
use std::path::Path;

use onelayer::diagnostic::{
    Diagnostic, TextStyle, to_github, to_gitlab, to_json, to_sarif, to_text,
};
use onelayer::source::SourceFile;
use onelayer::validate::check;
use serde_json::{Value, json};

use super::diagnostics::{recipes, source};
use super::support::skip;
use super::support::workspace::project;

const HERE: &str = "/home/user/project";

type Checked = Vec<(SourceFile, Vec<Diagnostic>)>;

fn checked(name: &str, text: &str) -> Checked {
    let file = SourceFile::new(name, text);
    let found = check(&file).diagnostics;
    vec![(file, found)]
}

/// All wrong recipes, as from the folder of the project.
fn all_wrong() -> Checked {
    let files = recipes("invalid").into_iter().map(|path| {
        let file = source(&path);
        let found = check(&file).diagnostics;
        (file, found)
    });
    files.collect()
}

fn pairs(checked: &Checked) -> impl Iterator<Item = (&SourceFile, &[Diagnostic])> {
    checked.iter().map(|(file, found)| (file, found.as_slice()))
}

fn sarif(checked: &Checked) -> Value {
    serde_json::from_str(&to_sarif(pairs(checked), Path::new(HERE), &[])).unwrap()
}

fn gitlab(checked: &Checked) -> Value {
    serde_json::from_str(&to_gitlab(pairs(checked), Path::new(HERE))).unwrap()
}

fn github(checked: &Checked) -> String {
    to_github(pairs(checked), Path::new(HERE))
}

const TWICE: &str = "name: x\nbase: scratch\nx-é日: {a: é, a: é}\n";

#[test]
fn sarif_obeys_its_schema() {
    let path = project("target/sarif-schema-2.1.0.json");
    let Ok(schema) = std::fs::read_to_string(path) else {
        skip("target/sarif-schema-2.1.0.json (tests/sarif_schema.py fetches it)");
        return;
    };
    let mut schema: Value = serde_json::from_str(&schema).unwrap();
    // With one bracket too many it is no regular expression; onelayer writes no language.
    for holder in ["run", "toolComponent"] {
        let language = &mut schema["definitions"][holder]["properties"]["language"];
        language.as_object_mut().unwrap().remove("pattern");
    }
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap();
    let unread = ["cannot read `[a](b)`".to_owned()];
    let of_all = to_sarif(pairs(&all_wrong()), Path::new(HERE), &unread);
    for log in [of_all, to_sarif([], Path::new(HERE), &[])] {
        let log: Value = serde_json::from_str(&log).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&log)
            .map(|error| format!("{error} at {}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
}

#[test]
fn sarif_says_where_in_characters_and_bytes() {
    let log = sarif(&checked("/home/user/project/a é/r.yaml", TWICE));
    let run = &log["runs"][0];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let result = &run["results"][0];
    assert_eq!(result["ruleId"], "duplicate-key");
    assert_eq!(run["tool"]["driver"]["rules"][0]["id"], "duplicate-key");
    let place = |column, offset| {
        json!({
            "artifactLocation": { "uri": "a%20%C3%A9/r.yaml" },
            "region": {
                "startLine": 3, "startColumn": column, "endLine": 3, "endColumn": column + 1,
                "byteOffset": offset, "byteLength": 1,
            },
        })
    };
    let first = &result["locations"][0];
    assert_eq!(first["physicalLocation"], place(14, 39));
    let other = &result["relatedLocations"][0];
    assert_eq!(other["physicalLocation"], place(8, 32));
    assert_eq!(other["message"]["text"], "here first");
}

#[test]
fn sarif_says_what_could_not_be_read() {
    let unread = ["cannot read `a`".to_owned()];
    let log: Value = serde_json::from_str(&to_sarif([], Path::new(HERE), &unread)).unwrap();
    let invocation = &log["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let said = &invocation["toolExecutionNotifications"][0]["message"]["text"];
    assert_eq!(said, "cannot read `a`");
}

#[test]
fn github_gets_one_command_a_line() {
    assert_eq!(
        github(&checked("./a,b:c%.yaml", TWICE)),
        "::error file=a%2Cb%3Ac%25.yaml,line=3,endLine=3,col=14,endColumn=15,\
         title=duplicate-key::key `a` stands twice%0Aline 3: here first%0Ahelp: remove one of \
         the two\n"
    );
}

#[test]
fn no_recipe_can_give_commands_to_github() {
    let text = "name: x\nbase: scratch\n\"\\n::stop-commands::a%\\r\\n::error::b\": 1\n";
    let commands = github(&checked("r.yaml", text));
    assert_eq!(commands.lines().count(), 1, "{commands}");
    assert!(commands.starts_with("::error file=r.yaml,"), "{commands}");
    assert!(!commands.contains("a%\\r"), "{commands}");
    let name = "a\n::error::b.yaml";
    assert_eq!(github(&checked(name, TWICE)).lines().count(), 1);
}

#[test]
fn gitlab_gets_a_list_of_findings() {
    let report = gitlab(&checked("/home/user/project/a/r.yaml", TWICE));
    let fingerprint = report[0]["fingerprint"].clone();
    assert_eq!(
        report,
        json!([{
            "description": "key `a` stands twice (help: remove one of the two)",
            "check_name": "duplicate-key",
            "fingerprint": fingerprint,
            "severity": "major",
            "location": { "path": "a/r.yaml", "lines": { "begin": 3, "end": 3 } },
        }])
    );
    assert_eq!(gitlab(&Vec::new()), json!([]));
}

#[test]
fn fingerprints_stay_while_lines_move() {
    let prints = |text: &str| -> Vec<String> {
        let report = gitlab(&checked("r.yaml", text));
        let findings = report.as_array().unwrap();
        let prints = findings
            .iter()
            .map(|finding| finding["fingerprint"].as_str().unwrap().to_owned());
        prints.collect()
    };
    let text = "name: x\nbase: scratch\nsteps:\n- {rnu: a}\n- {rnu: b}\n- {cpoy: a}\n";
    let before = prints(text);
    assert_eq!(before.iter().collect::<BTreeSet<_>>().len(), 3);
    let moved = text.replace("steps:", "# a comment\ndescription: y\n\nsteps:");
    assert_eq!(prints(&moved), before);
    let mended = text.replace("cpoy: a", "copy: a, to: /a");
    assert_eq!(prints(&mended), before[..2]);
}

#[test]
fn every_form_has_every_diagnostic() {
    let all = all_wrong();
    let count: usize = all.iter().map(|(_, found)| found.len()).sum();
    assert_eq!(
        sarif(&all)["runs"][0]["results"].as_array().unwrap().len(),
        count
    );
    assert_eq!(gitlab(&all).as_array().unwrap().len(), count);
    assert_eq!(github(&all).lines().count(), count);
    let json: Value = serde_json::from_str(&to_json(pairs(&all))).unwrap();
    assert_eq!(json["diagnostics"].as_array().unwrap().len(), count);
}

fn text(name: &str, text: &str, graphics: bool) -> String {
    let all = checked(name, text);
    let style = TextStyle {
        colour: false,
        graphics,
    };
    to_text(&all[0].0, &all[0].1, style)
}

#[test]
fn words_tell_every_place() {
    assert_eq!(
        text("r.yaml", TWICE, false),
        "r.yaml:3:14: error[duplicate-key]: key `a` stands twice\n  \
           line 3, column 14: here again: `x-é日: {a: é, a: é}`\n  \
           line 3, column 8: here first: `x-é日: {a: é, a: é}`\n  \
           help: remove one of the two\n"
    );
}

#[test]
fn no_recipe_steers_the_terminal() {
    let hostile = "name: \"\\e[2J\"\nbase: scratch\n\"\\x9b2J\\u202e\": 1\n\
                   steps:\n- {\"\\e]0;x\\a\": a}\n- {rnu\u{202e}: \u{85}a}\n- \r{copy: [], to: \u{2028}x}\n";
    for graphics in [true, false] {
        for name in ["r.yaml", "\u{1b}[2J\n\u{202e}.yaml", "r.toml"] {
            let text = text(name, hostile, graphics);
            let active =
                |c: &char| (c.is_control() && *c != '\n') || "\u{202e}\u{2028}".contains(*c);
            assert_eq!(text.chars().find(active), None, "{text:?}");
        }
    }
}

#[test]
fn long_lines_are_told_and_not_drawn() {
    let long = format!(
        "name: x\nbase: scratch\nx-a: {}\nunknown: 1\n",
        "a".repeat(70_000)
    );
    let told = text("r.yaml", &long, true);
    assert!(told.starts_with("r.yaml:4:1: error[unknown-key]"), "{told}");
    let flow = format!(
        "{{name: x, x-a: {}, base: scratch, é: 1}}\n",
        "a".repeat(70_000)
    );
    let told = text("r.yaml", &flow, true);
    assert!(told.contains("column 70033: unknown key: `"), "{told}");
    assert!(told.chars().count() < 1000, "{told}");
}

#[test]
fn messages_are_not_as_long_as_recipes() {
    let long = format!("name: x\nbase: scratch\n{}: 1\n", "é".repeat(500));
    let told = text("r.yaml", &long, true);
    let quoted = format!("name: x\nbase: scratch\n? {}\n: 1\n", "é".repeat(90_000));
    assert!(told.contains("is not known here"), "{told}");
    for (_, found) in checked("r.yaml", &quoted) {
        assert!(found[0].message.chars().count() <= 1001);
    }
}
