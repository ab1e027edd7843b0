//! The committed schema is that of the types, and says about recipes what the reader says.

use std::fs;
use std::path::Path;

use onelayer::diagnostic::{Class, Code};
use onelayer::schema::{recipe_schema, recipe_schema_text};
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

#[test]
fn the_committed_schema_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/recipe.schema.json");
    let text = recipe_schema_text();
    if std::env::var_os("ONELAYER_UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &text).unwrap();
    }
    assert!(
        fs::read_to_string(&path).unwrap_or_default() == text,
        "schema/recipe.schema.json is stale; `ONELAYER_UPDATE=1 cargo test schema` rewrites it"
    );
}

#[test]
fn valid_recipes_pass_the_schema_and_the_reader() {
    let schema = recipe_schema();
    assert!(jsonschema::meta::is_valid(&schema));
    let validator = jsonschema::validator_for(&schema).unwrap();
    for path in recipes("valid") {
        let checked = check(&source(&path));
        assert!(
            checked.recipe.is_some(),
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
