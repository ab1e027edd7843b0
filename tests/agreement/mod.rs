//! The committed schema and the command say the same of recipes.
//!
//! Whatever the schema refuses, the command refuses, at the latest when arguments have values; whatever only the command refuses is no
//! matter of shape, by the class of its code. Asked of fixtures, of fixtures with edits, and of
//! documents grown from the schema itself. Everything is pseudo-random with fixed seeds.

mod chance;
mod edit;
mod grow;

use std::fs;

use jsonschema::Validator;
use onelayer::diagnostic::{Class, Code, Severity};
use onelayer::schema::recipe_schema;
use onelayer::source::SourceFile;
use onelayer::validate::{Settings, check, resolve};
use serde_json::Value;

use crate::diagnostics::recipes;
use crate::schema::instance;
use crate::support::workspace::project;
use chance::Chance;

/// Documents of which the two are known to think otherwise: whether the schema takes them, and why.
const KNOWN: &[(&str, bool, &str)] = &[(
    r#"{"name": "x", "base": "scratch", "output": {"level": 6.0}}"#,
    true,
    "to a schema 6.0 is a whole number, in YAML and TOML it is not",
)];

fn validator() -> Validator {
    jsonschema::validator_for(&recipe_schema()).unwrap()
}

/// What is wrong if schema and command disagree about a document.
fn disagreement(schema: &Validator, document: &Value) -> Option<String> {
    // JSON is YAML.
    let text = document.to_string();
    let file = SourceFile::new("recipe.yaml", text.as_str());
    let checked = check(&file);
    let errors: Vec<_> = checked
        .diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity == Severity::Error)
        .collect();
    let refusals: Vec<String> = schema
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    if !refusals.is_empty() && errors.is_empty() && !is_refused_in_the_end(&file, document) {
        return Some(format!(
            "{text}\n  only the schema refuses it: {refusals:?}"
        ));
    }
    let shape = errors
        .iter()
        .find(|error| error.code.class() == Class::Shape);
    match shape {
        Some(error) if refusals.is_empty() => {
            let (code, message) = (error.code, &error.message);
            let at = checked.diagnostics[0].start();
            let near: String = text.chars().skip(at.saturating_sub(20)).take(60).collect();
            Some(format!(
                "{text}\n  only the command refuses it: {code}: {message}, near {near}"
            ))
        }
        _ => None,
    }
}

/// What the command says once every argument has a value: until then it leaves open what an
/// expression is, and with it the collection around it.
fn is_refused_in_the_end(file: &SourceFile, document: &Value) -> bool {
    let declared = document.get("args").and_then(Value::as_object);
    let arguments = declared.into_iter().flatten().map(|(name, declared)| {
        let options = declared.get("options").and_then(Value::as_array);
        let first = options.and_then(|options| options.first()?.as_str());
        (name.clone(), first.unwrap_or("1").to_owned())
    });
    let settings = Settings {
        arguments: arguments.collect(),
        environments: std::collections::BTreeMap::new(),
        target: None,
        platform: None,
        machine: "linux/amd64".parse().unwrap(),
    };
    let checked = resolve(file, &settings);
    checked.recipe.is_none() && checked.wanted.is_empty()
}

fn assert_agreement(documents: impl Iterator<Item = Value>, least: usize) {
    let schema = validator();
    let (mut refused, mut taken, mut faults) = (0, 0, Vec::new());
    for document in documents {
        if schema.is_valid(&document) {
            taken += 1;
        } else {
            refused += 1;
        }
        faults.extend(disagreement(&schema, &document));
    }
    // A few say enough: most have the same cause.
    faults.sort_by_key(String::len);
    faults.truncate(5);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    // What is never refused, or always, would prove nothing.
    assert!(
        taken >= least && refused >= least,
        "{taken} taken, {refused} refused"
    );
}

/// The documents of all recipes that are good.
fn good() -> Vec<Value> {
    let mut paths = recipes("valid");
    paths.push(project("tests/plans/every_step/recipe.yaml"));
    for folder in fs::read_dir(project("specs")).unwrap() {
        paths.push(folder.unwrap().path().join("recipe.yaml"));
    }
    paths.sort();
    paths.iter().map(|path| instance(path).unwrap()).collect()
}

#[test]
fn of_recipes_with_edits() {
    let good = good();
    let mut chance = Chance::new(1);
    let documents = (0..6_000).map(|_| edit::edited(&good, &mut chance));
    assert_agreement(documents, 500);
}

#[test]
fn of_documents_grown_from_the_schema() {
    let schema = recipe_schema();
    let mut grower = grow::Grower::new(&schema, 2);
    let documents = (0..6_000).map(|_| grower.document());
    assert_agreement(documents, 500);
}

#[test]
fn of_wrong_recipes() {
    let schema = validator();
    for path in recipes("invalid") {
        let fault = instance(&path).and_then(|document| disagreement(&schema, &document));
        assert!(
            fault.is_none(),
            "{}: {}",
            path.display(),
            fault.unwrap_or_default()
        );
    }
}

#[test]
fn known_disagreements_are_as_the_table_says() {
    let schema = validator();
    for (text, is_taken, reason) in KNOWN {
        let document: Value = serde_json::from_str(text).unwrap();
        assert_eq!(schema.is_valid(&document), *is_taken, "{text}: {reason}");
        assert!(
            disagreement(&schema, &document).is_some(),
            "{text}: no longer: {reason}"
        );
    }
}

/// A schema cannot see it, so the command must.
#[test]
fn keys_that_stand_twice_are_refused() {
    let mut chance = Chance::new(3);
    for document in good() {
        for _ in 0..200 {
            let text = edit::with_a_key_twice(&document, &mut chance);
            let checked = check(&SourceFile::new("recipe.yaml", text.as_str()));
            let is_found =
                (checked.diagnostics.iter()).any(|found| found.code == Code::DuplicateKey);
            assert!(is_found && checked.recipe.is_none(), "{text}");
        }
    }
}
