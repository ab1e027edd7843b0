//! The JSON Schema of recipes, from the types that read them.
//!
//! Editors use it through the copy in `schema/recipe.schema.json`; a test keeps that in step.

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use crate::recipe::Recipe;

/// The schema, as draft 7: the version that all editors read.
pub fn recipe_schema() -> Value {
    let mut schema = SchemaSettings::draft07()
        .into_generator()
        .into_root_schema_for::<Recipe>();
    schema.insert("patternProperties".to_owned(), json!({ "^x-": {} }));
    let mut schema = schema.to_value();
    unwrap_descriptions(&mut schema);
    refuse_nothing(&mut schema);
    schema
}

/// Takes away `null` where a key of the language may be left out: whoever writes the key writes a
/// value, says the reader.
fn refuse_nothing(value: &mut Value) {
    match value {
        Value::Object(object) => {
            if let Some(Value::Object(properties)) = object.get_mut("properties") {
                properties.values_mut().for_each(without_null);
            }
            object.values_mut().for_each(refuse_nothing);
        }
        Value::Array(items) => items.iter_mut().for_each(refuse_nothing),
        _ => {}
    }
}

/// What schemars makes of `T`, from what it makes of `Option<T>`.
fn without_null(schema: &mut Value) {
    let Some(schema) = schema.as_object_mut() else {
        return;
    };
    if schema.get("default").is_some_and(Value::is_null) {
        schema.shift_remove("default");
    }
    if let Some(kinds) = schema.get_mut("type")
        && let Some(list) = kinds.as_array_mut()
    {
        list.retain(|kind| kind != "null");
        if let [kind] = list.as_slice() {
            *kinds = kind.clone();
        }
    }
    let Some(Value::Array(choices)) = schema.get_mut("anyOf") else {
        return;
    };
    let count = choices.len();
    choices.retain(|choice| *choice != json!({ "type": "null" }));
    let [Value::Object(only)] = choices.as_slice() else {
        return;
    };
    if choices.len() == count {
        return;
    }
    let only = only.clone();
    schema.shift_remove("anyOf");
    if only.contains_key("$ref") {
        // In draft 7 nothing that stands beside a reference counts.
        schema.insert("allOf".to_owned(), json!([only]));
        return;
    }
    for (key, value) in only {
        schema.entry(key).or_insert(value);
    }
}

/// Joins the lines of each description: they are broken for the source code alone.
fn unwrap_descriptions(value: &mut Value) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                match value {
                    Value::String(text) if key == "description" => *text = text.replace('\n', " "),
                    _ => unwrap_descriptions(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(unwrap_descriptions),
        _ => {}
    }
}

/// The schema as text, with a line end.
pub fn recipe_schema_text() -> String {
    format!("{:#}\n", recipe_schema())
}
