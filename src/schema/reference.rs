//! The reference of the language as Markdown, from the same schema that editors read.
//!
//! A section for every mapping, in the order in which the recipe names them; a row for every key.
//! What a type says of itself is said once, in its section, and linked from wherever it stands.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::recipe_schema;
use super::value_type::{Sections, describe, words};

const INTRODUCTION: &str = "\
# The recipe

This page is made from the types that read recipes; the JSON Schema (`onelayer schema`) says the same to editors.
`onelayer init` writes a recipe to begin with.

A recipe is YAML or TOML, two spellings of one model. YAML is read as version 1.2 says: `no` and `on` are text, and
`3.10` without quotes is a number, which is an error where text is meant, with advice. Anchors and merge keys work.
Every mapping is strict: a key that it does not know, a wrong type and a key that stands twice are errors with their
places, all of them in one run.

Expressions such as `${{ args.NAME }}`, `${{ platform.arch }}` and `${{ base.env.NAME }}` may stand in any text. One that
is the whole value takes the type that its key wants: `uid: ${{ args.UID }}`. `$${{` is `${{` itself; `$NAME` and
`${NAME}` are left to the shell.
";

/// The reference of the language, as Markdown.
pub fn recipe_reference() -> String {
    let schema = recipe_schema();
    let mut sections = Sections::of(&schema);
    let mut out = INTRODUCTION.to_owned();
    out.push_str("\n## Keys at the top\n\n");
    mapping(&mut out, &schema, &sections);
    if schema.get("patternProperties").is_some() {
        out.push_str(
            "\nKeys at the top that begin with `x-` are the user's own and mean nothing to onelayer: a place for anchors.\n",
        );
    }
    let mut done = BTreeSet::new();
    while let Some((name, title, depth)) = sections.next(&mut done) {
        let definition = schema["definitions"][&name].clone();
        let level = "#".repeat(depth);
        out.push_str(&format!("\n{level} {title}\n\n"));
        if let Some(text) = definition["description"].as_str() {
            out.push_str(&format!("{text}\n\n"));
        }
        if definition["properties"].is_object() {
            mapping(&mut out, &definition, &sections);
        } else {
            choice(&mut out, &definition, &sections);
        }
    }
    out
}

/// A row for each key of a mapping.
fn mapping(out: &mut String, schema: &Value, sections: &Sections) {
    let empty = Map::new();
    let required: Vec<&str> = (schema["required"].as_array().into_iter().flatten())
        .filter_map(Value::as_str)
        .collect();
    out.push_str("| key | value | meaning |\n|---|---|---|\n");
    for (key, property) in schema["properties"].as_object().unwrap_or(&empty) {
        let mark = if required.contains(&key.as_str()) {
            " (required)"
        } else {
            ""
        };
        let meaning = meaning(property);
        let value = cell(&describe(property, sections));
        out.push_str(&format!(
            "| `{key}`{mark} | {value} | {} |\n",
            cell(&meaning)
        ));
    }
}

/// What a key means: its description, its words, what it is if not given, and examples.
fn meaning(property: &Value) -> String {
    let mut sentences: Vec<String> = Vec::new();
    if let Some(text) = property["description"].as_str() {
        sentences.push(text.to_owned());
    }
    for (word, text) in words(property) {
        if let Some(text) = text {
            sentences.push(format!("`{word}`: {text}"));
        }
    }
    let default = &property["default"];
    if !is_empty(default) {
        sentences.push(format!("Default: {}.", example(default)));
    }
    let mut examples = Vec::new();
    collect_examples(property, &mut examples);
    if !examples.is_empty() {
        let plural = if examples.len() == 1 { "" } else { "s" };
        sentences.push(format!("Example{plural}: {}.", examples.join(", ")));
    }
    sentences.join(" ")
}

/// Whether there is nothing in it at all.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().all(is_empty),
        Value::Object(entries) => entries.values().all(is_empty),
        _ => false,
    }
}

fn collect_examples(schema: &Value, examples: &mut Vec<String>) {
    for value in schema["examples"].as_array().into_iter().flatten() {
        let value = example(value);
        if !examples.contains(&value) {
            examples.push(value);
        }
    }
    for form in ["anyOf", "oneOf"] {
        for schema in schema[form].as_array().into_iter().flatten() {
            collect_examples(schema, examples);
        }
    }
}

fn example(value: &Value) -> String {
    match value {
        // A line end would end the row of the table.
        Value::String(text) => format!("`{}`", text.replace('\n', "\\n")),
        Value::Array(items) => {
            fn flow(value: &Value) -> String {
                match value {
                    Value::Array(items) => {
                        let items: Vec<String> = items.iter().map(flow).collect();
                        format!("[{}]", items.join(", "))
                    }
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                }
            }
            let items: Vec<String> = items.iter().map(flow).collect();
            format!("`[{}]`", items.join(", "))
        }
        other => format!("`{other}`"),
    }
}

/// One of several mappings, told apart by their first required key.
fn choice(out: &mut String, definition: &Value, sections: &Sections) {
    for form in ["anyOf", "oneOf"] {
        for alternative in definition[form].as_array().into_iter().flatten() {
            let link = (sections.short_link(alternative))
                .unwrap_or_else(|| describe(alternative, sections));
            let text = alternative["description"].as_str().unwrap_or_default();
            let text = text.split("\n\n").next().unwrap_or_default();
            out.push_str(&format!("- {link}: {text}\n"));
        }
    }
}

/// Text for a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace("\n\n", " ")
}
