//! What the types cannot say about themselves: a key that may be absent is not one that may be
//! null, and an expression may stand for any scalar.

use serde_json::{Map, Value, json};

/// What an expression looks like where it is the whole value.
const WHOLE: &str = r"^\$\{\{.*\}\}$";
/// Part of a pattern: text with an expression somewhere in it.
const WITHIN: &str = r"\$\{\{";
/// Words about a schema rather than in it; they stay where a reader looks for them.
const ANNOTATIONS: [&str; 2] = ["description", "default"];

/// Brings a schema that `schemars` made in line with how recipes are read.
pub(super) fn refine(schema: &mut Value) {
    walk(schema);
    // Arguments and the version are read before any expression has a value.
    for key in ["args", "version"] {
        if let Some(property) = schema.pointer_mut(&format!("/properties/{key}")) {
            restore(property);
        }
    }
    if let Some(arg) = schema.pointer_mut("/definitions/ArgMapping") {
        restore(arg);
    }
}

/// Lines are broken for the source code alone; paragraphs stay.
fn paragraphs(text: &str) -> String {
    let paragraphs = text.split("\n\n").map(|text| text.replace('\n', " "));
    paragraphs.collect::<Vec<_>>().join("\n\n")
}

fn walk(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            for (key, value) in object.iter_mut() {
                match value {
                    Value::String(text) if key == "description" => *text = paragraphs(text),
                    // Its keys are the language's, one of which is `default`.
                    Value::Object(properties) if key == "properties" => {
                        properties.values_mut().for_each(walk);
                    }
                    // Values and names are no schemas.
                    _ if matches!(
                        key.as_str(),
                        "default" | "examples" | "enum" | "const" | "required" | "propertyNames"
                    ) => {}
                    _ => walk(value),
                }
            }
            without_null(object);
            with_expressions(object);
        }
        Value::Array(items) => items.iter_mut().for_each(walk),
        _ => {}
    }
}

/// `Option` comes out as "this or null", but a key without a value is an error.
fn without_null(object: &mut Map<String, Value>) {
    // Where null means something, its schema was written by hand, as a constant.
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [one] = types.as_slice() {
            let one = one.clone();
            object.insert("type".to_owned(), one);
        }
    }
    if let Some(Value::Array(choices)) = object.get_mut("anyOf") {
        choices.retain(|choice| *choice != json!({ "type": "null" }));
        if let [only] = choices.as_slice() {
            let only = only.clone();
            object.remove("anyOf");
            match only {
                // Next to a reference, draft 7 sees nothing else.
                Value::Object(inner) if !inner.contains_key("$ref") => object.extend(inner),
                only => {
                    object.insert("allOf".to_owned(), json!([only]));
                }
            }
        }
    }
    if object.get("default") == Some(&Value::Null) {
        object.remove("default");
    }
}

/// Lets an expression stand wherever a scalar does.
fn with_expressions(object: &mut Map<String, Value>) {
    // Words that have a description each.
    if let Some(Value::Array(mut words)) = object.remove("oneOf") {
        words.push(json!({ "type": "string", "pattern": WHOLE }));
        object.insert("anyOf".to_owned(), Value::Array(words));
        return;
    }
    if is_word(object) {
        return;
    }
    let is_words = object.contains_key("enum") || object.contains_key("const");
    let kind = object.get("type").and_then(Value::as_str);
    match kind {
        Some("string") if !is_words => {
            if let Some(Value::String(pattern)) = object.get_mut("pattern")
                && !pattern.contains(WITHIN)
            {
                *pattern = format!("(?:{pattern})|{WITHIN}");
            }
            return;
        }
        Some("string" | "boolean" | "integer" | "number") => {}
        _ if is_words && kind.is_none() => {}
        _ => {
            let texts = object.get("type").and_then(Value::as_array);
            if texts.is_some_and(|types| types.contains(&json!("string")))
                && let Some(Value::String(pattern)) = object.get_mut("pattern")
                && !pattern.contains(WITHIN)
            {
                *pattern = format!("(?:{pattern})|{WITHIN}");
            }
            return;
        }
    }
    let annotations: Vec<(String, Value)> = ANNOTATIONS
        .iter()
        .filter_map(|name| object.remove_entry(*name))
        .collect();
    let inner = std::mem::take(object);
    object.insert(
        "anyOf".to_owned(),
        json!([inner, { "type": "string", "pattern": WHOLE }]),
    );
    object.extend(annotations);
}

/// Whether it is one of several words, which have their expression beside them.
fn is_word(object: &Map<String, Value>) -> bool {
    object.contains_key("const") && object.contains_key("description")
}

/// Takes the expressions out again.
fn restore(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if let Some(Value::Array(choices)) = object.get_mut("anyOf") {
                choices.retain(|choice| choice.get("pattern") != Some(&json!(WHOLE)));
                if let [Value::Object(only)] = choices.as_slice() {
                    let only = only.clone();
                    object.remove("anyOf");
                    object.extend(only);
                }
            }
            object.values_mut().for_each(restore);
        }
        Value::Array(items) => items.iter_mut().for_each(restore),
        _ => {}
    }
}
