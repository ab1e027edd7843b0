//! The committed schema is that of the types, and says about recipes what the reader says.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use onelayer::diagnostic::{Class, Code, Severity};
use onelayer::schema::{recipe_reference, recipe_schema, recipe_schema_text};
use onelayer::validate::check;
use serde_json::{Value, json};
use toml::de::{DeTable, DeValue};

use crate::diagnostics::{recipes, source};

fn of_table(table: &DeTable<'_>) -> Value {
    let entries = table.iter();
    entries
        .map(|(key, value)| (key.get_ref().to_string(), of_value(value.get_ref())))
        .collect()
}

fn of_value(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => json!(text),
        DeValue::Integer(number) => json!(number.as_str().parse::<i64>().unwrap()),
        DeValue::Float(number) => json!(number.as_str().parse::<f64>().unwrap()),
        DeValue::Boolean(value) => json!(value),
        DeValue::Datetime(time) => json!({ "date": time.to_string() }),
        DeValue::Array(items) => items.iter().map(|item| of_value(item.get_ref())).collect(),
        DeValue::Table(table) => of_table(table),
    }
}

/// A recipe's file as a value of JSON, if it is one document of its format.
pub(crate) fn instance(path: &Path) -> Option<Value> {
    let text = fs::read_to_string(path).unwrap();
    if path.extension().is_some_and(|kind| kind == "toml") {
        let table = DeTable::parse(&text).ok()?;
        Some(of_table(table.get_ref()))
    } else {
        let mut value: serde_yaml::Value = serde_yaml::from_str(&text).ok()?;
        value.apply_merge().ok()?;
        serde_json::to_value(value).ok()
    }
}

/// Compares a file of the repository; `ONELAYER_UPDATE=1` writes it anew.
#[track_caller]
fn assert_current(file: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("ONELAYER_UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
    }
    assert!(
        fs::read_to_string(&path).unwrap_or_default() == text,
        "{file} is stale; `ONELAYER_UPDATE=1 cargo test schema` rewrites it"
    );
}

#[test]
fn the_committed_schema_is_current() {
    assert_current("schema/recipe.schema.json", &recipe_schema_text());
}

#[test]
fn the_reference_is_current() {
    assert_current("docs/recipe.md", &recipe_reference());
}

/// The keys of every mapping below a schema.
fn keys(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(object) => {
            for (name, value) in object {
                if let ("properties", Value::Object(properties)) = (name.as_str(), value) {
                    found.extend(properties.keys().cloned());
                }
                keys(value, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| keys(item, found)),
        _ => {}
    }
}

#[test]
fn the_reference_has_every_key_and_no_dead_link() {
    let reference = recipe_reference();
    let mut all = BTreeSet::new();
    keys(&recipe_schema(), &mut all);
    assert!(all.len() > 50);
    for key in all {
        assert!(
            reference.contains(&format!("\n| `{key}`")),
            "no row for `{key}`"
        );
    }
    assert!(reference.contains("\n| `base` (required) | text or [base](#base) |"));
    assert!(reference.contains("\n| `gpgcheck` | `true` or `false` |"));
    let anchors: BTreeSet<String> = (reference.lines())
        .filter_map(|line| Some(line.strip_prefix("##")?.trim_start_matches('#').trim()))
        .map(|title| {
            title
                .to_lowercase()
                .replace(' ', "-")
                .replace([':', '.'], "")
        })
        .collect();
    for link in reference.split("](#").skip(1) {
        let anchor = link.split(')').next().unwrap();
        assert!(anchors.contains(anchor), "no section for #{anchor}");
    }
    for (number, line) in reference.lines().enumerate() {
        let bars = line.replace("\\|", "").matches('|').count();
        assert!(bars == 0 || bars == 4, "line {}: {line}", number + 1);
    }
}

/// Whether a recipe has values that only whoever builds can choose: arguments, the platform.
fn recipe_is_open(path: &std::path::Path) -> bool {
    let name = path.file_stem().unwrap();
    name == "required_argument" || name == "every_key"
}

#[test]
fn valid_recipes_pass_the_schema_and_the_reader() {
    let schema = recipe_schema();
    assert!(jsonschema::meta::is_valid(&schema));
    let validator = jsonschema::validator_for(&schema).unwrap();
    for path in recipes("valid") {
        let checked = check(&source(&path));
        let rejected = (checked.diagnostics.iter()).any(|found| found.severity == Severity::Error);
        // What a required argument leaves open gives no recipe yet.
        let is_open = recipe_is_open(&path);
        assert!(
            !rejected && checked.recipe.is_some() != is_open,
            "{}: {:?}",
            path.display(),
            checked.diagnostics
        );
        let instance = instance(&path).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&instance)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
    }
}

#[test]
fn recipes_of_a_wrong_shape_fail_the_schema() {
    let validator = jsonschema::validator_for(&recipe_schema()).unwrap();
    for path in recipes("invalid") {
        let name = source(&path).name().to_owned();
        let code: Code = name.split("__").next().unwrap().parse().unwrap();
        if code.class() == Class::Shape
            && !name.contains("__merge")
            && !name.contains("__date")
            && !name.contains("_empty")
        {
            assert!(
                !validator.is_valid(&instance(&path).unwrap()),
                "{name} passes the schema"
            );
        }
    }
}

/// Whether a schema, or a part of it, has a key.
fn says(schema: &Value, key: &str) -> bool {
    let parts = ["anyOf", "allOf", "oneOf"].iter();
    let mut parts = parts.filter_map(|part| schema[*part].as_array()).flatten();
    schema.get(key).is_some() || parts.any(|part| says(part, key)) || says_in_items(schema, key)
}

fn says_in_items(schema: &Value, key: &str) -> bool {
    schema.get("items").is_some_and(|items| says(items, key))
}

#[test]
fn hovering_over_any_key_tells_what_it_is_for_and_how_it_is_written() {
    let schema = recipe_schema();
    let mappings = schema["definitions"].as_object().unwrap().iter();
    let mappings = mappings.map(|(name, mapping)| (name.as_str(), mapping));
    for (name, mapping) in mappings.chain([("the recipe", &schema)]) {
        let Some(properties) = mapping["properties"].as_object() else {
            continue;
        };
        for (key, property) in properties {
            let described = property["description"].as_str();
            assert!(
                described.is_some_and(|text| text.len() > 10),
                "{name}: {key}"
            );
            // A mapping shows its own keys; a boolean has but two words.
            let shows = [
                "examples",
                "enum",
                "const",
                "default",
                "$ref",
                "additionalProperties",
            ];
            let is_boolean = property.to_string().contains("\"boolean\"");
            let is_shown = shows.iter().any(|word| says(property, word)) || is_boolean;
            assert!(is_shown, "{name}: `{key}` has no example: {property}");
        }
    }
}
