//! TOML from values.
//!
//! Steps are `[[steps]]`, mappings are tables; within an item of a list what fits on a line stays
//! on it. Text of several lines is a multi-line string, literal if it can be.

use toml_writer::{ToTomlKey, ToTomlValue, TomlKeyBuilder, TomlStringBuilder};

use super::value::Value;
use crate::syntax::format::WIDTH;

/// The text of a mapping; anything else is no document.
pub(super) fn write(value: &Value<'_>) -> String {
    let mut out = String::new();
    if let Value::Mapping(entries) = value {
        table(&mut out, "", entries, Place::default());
    }
    out
}

type Entry<'v> = (&'v str, Value<'v>);

/// How a value stands in its table.
enum Form<'v> {
    /// On the line of its key.
    Line(String),
    Table(&'v [Entry<'v>]),
    Tables(Vec<&'v [Entry<'v>]>),
}

/// Where a table stands.
#[derive(Clone, Copy, Default)]
struct Place {
    /// Number of tables around it.
    depth: usize,
    /// Whether one of them is an item of a list, which should not fall apart.
    in_item: bool,
}

/// The contents of the table called `path`.
fn table(out: &mut String, path: &str, entries: &[Entry<'_>], place: Place) {
    let forms: Vec<(String, Form<'_>)> = entries
        .iter()
        .map(|(name, value)| {
            let name = key(name);
            let form = form(&name, value, place);
            (name, form)
        })
        .collect();
    for (name, form) in &forms {
        if let Form::Line(value) = form {
            out.push_str(&format!("{name} = {value}\n"));
        }
    }
    let inner = Place {
        depth: place.depth + 1,
        ..place
    };
    for (name, form) in &forms {
        let path = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{name}")
        };
        match form {
            Form::Line(_) => {}
            Form::Table(entries) => {
                let has_lines = (entries.iter())
                    .any(|(name, value)| matches!(form_of(name, value, inner), Form::Line(_)));
                if has_lines {
                    // Below an item without lines of its own the first table is what the item is.
                    let opens_item = out
                        .lines()
                        .last()
                        .is_some_and(|line| line.starts_with("[["));
                    out.push_str(if opens_item { "" } else { "\n" });
                    out.push_str(&format!("[{path}]\n"));
                }
                table(out, &path, entries, inner);
            }
            Form::Tables(items) => {
                for item in items {
                    out.push_str(&format!("\n[[{path}]]\n"));
                    table(
                        out,
                        &path,
                        item,
                        Place {
                            in_item: true,
                            ..inner
                        },
                    );
                }
            }
        }
    }
}

fn form_of<'v>(name: &str, value: &'v Value<'v>, place: Place) -> Form<'v> {
    form(&key(name), value, place)
}

fn form<'v>(name: &str, value: &'v Value<'v>, place: Place) -> Form<'v> {
    let fits = |value: &Value<'_>, line: &str| {
        !has_long_text(value) && name.chars().count() + " = ".len() + line.chars().count() <= WIDTH
    };
    match value {
        Value::Plain(text) => Form::Line(text.to_string()),
        Value::Text(text) => Form::Line(string(text)),
        Value::Mapping(entries) => {
            let line = inline(value);
            let is_flat = entries.iter().all(|(_, value)| !value.is_collection());
            let is_near = place.in_item || (place.depth > 1 && is_flat);
            if entries.is_empty() || (is_near && fits(value, &line)) {
                Form::Line(line)
            } else {
                Form::Table(entries)
            }
        }
        Value::List(items) => {
            let tables: Option<Vec<&[Entry<'_>]>> = items
                .iter()
                .map(|item| match item {
                    Value::Mapping(entries) => Some(entries.as_slice()),
                    _ => None,
                })
                .collect();
            let are_short = place.in_item && items.iter().all(|item| fits(item, &inline(item)));
            match tables {
                Some(tables) if !tables.is_empty() && !are_short => Form::Tables(tables),
                _ => Form::Line(inline(value)),
            }
        }
    }
}

/// Whether there is text in it that wants lines of its own.
fn has_long_text(value: &Value<'_>) -> bool {
    match value {
        Value::Plain(_) => false,
        Value::Text(text) => has_lines(text),
        Value::List(items) => items.iter().any(has_long_text),
        Value::Mapping(entries) => entries.iter().any(|(_, value)| has_long_text(value)),
    }
}

fn has_lines(text: &str) -> bool {
    text.trim_end_matches('\n').contains('\n')
}

fn inline(value: &Value<'_>) -> String {
    match value {
        Value::Plain(text) => text.to_string(),
        Value::Text(text) => one_line(text),
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(inline).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Mapping(entries) if entries.is_empty() => "{}".to_owned(),
        Value::Mapping(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(name, value)| format!("{} = {}", key(name), inline(value)))
                .collect();
            format!("{{ {} }}", entries.join(", "))
        }
    }
}

fn key(name: &str) -> String {
    TomlKeyBuilder::new(name).as_default().to_toml_key()
}

fn one_line(text: &str) -> String {
    let builder = TomlStringBuilder::new(text);
    (builder.as_basic_pretty())
        .or_else(|| builder.as_literal())
        .unwrap_or_else(|| builder.as_basic())
        .to_toml_value()
}

fn string(text: &str) -> String {
    if !has_lines(text) {
        return one_line(text);
    }
    let builder = TomlStringBuilder::new(text);
    (builder.as_ml_literal())
        .unwrap_or_else(|| builder.as_ml_basic())
        .to_toml_value()
}
