//! What a value may be, in words, with links to the sections of mappings.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// The depth below which headings are not told apart any more.
const DEEPEST: usize = 4;

/// The mappings that have a section, and how it is called.
pub(super) struct Sections {
    titles: BTreeMap<String, String>,
    /// Names of definitions with the depth of their headings, as the recipe comes upon them.
    order: Vec<(String, usize)>,
}

impl Sections {
    pub(super) fn of(schema: &Value) -> Self {
        let mut sections = Self {
            titles: BTreeMap::new(),
            order: Vec::new(),
        };
        sections.visit_properties(schema, schema, "", 2);
        sections
    }

    /// The next section that is not done: its definition, title, and depth of heading.
    pub(super) fn next(&mut self, done: &mut BTreeSet<String>) -> Option<(String, String, usize)> {
        let (name, depth) = (self.order.iter())
            .find(|(name, _)| !done.contains(name))?
            .clone();
        done.insert(name.clone());
        let title = self.titles.get(&name)?.clone();
        Some((name, title, depth))
    }

    /// Names all mappings that stand directly in this one before going into any of them: what
    /// several mappings have is called as it is in the highest.
    fn visit_properties(&mut self, root: &Value, schema: &Value, path: &str, depth: usize) {
        let kind = path.rsplit_once(": ").map(|(_, kind)| kind);
        let mut named: Vec<(String, String)> = Vec::new();
        for (key, property) in schema["properties"].as_object().into_iter().flatten() {
            let path = match kind {
                _ if path.is_empty() => key.clone(),
                Some(kind) if kind == key => key.clone(),
                _ => format!("{path}.{key}"),
            };
            for name in references(property) {
                if self.name(root, &name, &path) {
                    named.push((name, path.clone()));
                }
            }
        }
        for (name, path) in named {
            self.visit(root, &name, &path, depth);
        }
    }

    /// Gives a definition its title, if it has none and gets a section.
    fn name(&mut self, root: &Value, name: &str, path: &str) -> bool {
        let definition = &root["definitions"][name];
        let is_section =
            definition["properties"].is_object() || alternatives_of(definition).is_some();
        let is_new = is_section && !self.titles.contains_key(name);
        if is_new {
            self.titles.insert(name.to_owned(), path.to_owned());
        }
        is_new
    }

    fn visit(&mut self, root: &Value, name: &str, path: &str, depth: usize) {
        let definition = &root["definitions"][name];
        let deeper = (depth + 1).min(DEEPEST);
        self.order.push((name.to_owned(), depth));
        self.visit_properties(root, definition, path, deeper);
        for name in alternatives_of(definition).unwrap_or_default() {
            let kind = root["definitions"][&name]["required"][0].as_str();
            let path = format!("{path}: {}", kind.unwrap_or(&name));
            if self.name(root, &name, &path) {
                self.visit(root, &name, &path, deeper);
            }
        }
    }

    fn link(&self, name: &str) -> Option<String> {
        let title = self.titles.get(name)?;
        Some(format!("[{title}](#{})", anchor(title)))
    }

    /// A link that shows only what tells the mapping from its siblings.
    pub(super) fn short_link(&self, schema: &Value) -> Option<String> {
        let title = self.titles.get(references(schema).first()?)?;
        let kind = title.rsplit(": ").next()?;
        Some(format!("[`{kind}`](#{})", anchor(title)))
    }
}

/// The name that a heading gets where Markdown is shown.
fn anchor(title: &str) -> String {
    (title.to_lowercase().chars())
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

/// The mappings among which a definition lets the user choose.
fn alternatives_of(definition: &Value) -> Option<Vec<String>> {
    let forms = ["anyOf", "oneOf"];
    let alternatives = (forms.iter()).find_map(|form| definition[*form].as_array())?;
    let names: Vec<String> = alternatives.iter().flat_map(references).collect();
    (names.len() == alternatives.len()).then_some(names)
}

/// The definitions that a schema refers to, from left to right.
fn references(schema: &Value) -> Vec<String> {
    let mut names = Vec::new();
    match schema {
        Value::Object(object) => {
            if let Some(name) = reference(schema) {
                names.push(name.to_owned());
            }
            for (key, value) in object {
                if key != "properties" && key != "examples" {
                    names.extend(references(value));
                }
            }
        }
        Value::Array(items) => names.extend(items.iter().flat_map(references)),
        _ => {}
    }
    names
}

fn reference(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix("#/definitions/")
}

/// What a value may be: `text or list of text`.
pub(super) fn describe(schema: &Value, sections: &Sections) -> String {
    let mut forms: Vec<String> = Vec::new();
    collect(schema, sections, &mut forms);
    match forms.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => "anything".to_owned(),
    }
}

fn collect(schema: &Value, sections: &Sections, forms: &mut Vec<String>) {
    let mut add = |form: String| {
        if !forms.contains(&form) {
            forms.push(form);
        }
    };
    if let Some(name) = reference(schema) {
        return add(sections.link(name).unwrap_or_else(|| format!("`{name}`")));
    }
    if let Some(word) = schema.get("const") {
        return add(match word {
            Value::String(word) => format!("`{word}`"),
            other => format!("`{other}`"),
        });
    }
    if let Some(words) = schema["enum"].as_array() {
        for word in words.iter().filter_map(Value::as_str) {
            add(format!("`{word}`"));
        }
        return;
    }
    for form in ["anyOf", "oneOf", "allOf"] {
        if let Some(alternatives) = schema[form].as_array() {
            for alternative in alternatives.iter().filter(|schema| !is_expression(schema)) {
                collect(alternative, sections, forms);
            }
            return;
        }
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    for kind in kinds {
        match kind {
            "string" => add("text".to_owned()),
            "integer" => add(whole_number(schema)),
            "number" => add("number".to_owned()),
            "boolean" if kind_is_alone(schema) => {
                add("`true`".to_owned());
                add("`false`".to_owned());
            }
            "boolean" => add("boolean".to_owned()),
            "array" => add(match &schema["items"] {
                Value::Null => "list".to_owned(),
                items => format!("list of {}", several(&describe(items, sections))),
            }),
            "object" => add(match &schema["additionalProperties"] {
                values @ Value::Object(_) => {
                    format!("mapping of names to {}", describe(values, sections))
                }
                _ => "mapping".to_owned(),
            }),
            _ => {}
        }
    }
}

/// Whether it stands for an expression alone, which may stand everywhere.
fn is_expression(schema: &Value) -> bool {
    let pattern = schema["pattern"].as_str().unwrap_or_default();
    pattern.replace('\\', "").starts_with("^${{")
}

fn kind_is_alone(schema: &Value) -> bool {
    match &schema["type"] {
        Value::Array(kinds) => kinds.iter().filter(|kind| *kind != "null").count() == 1,
        _ => true,
    }
}

fn whole_number(schema: &Value) -> String {
    let bound = |key: &str| {
        schema[key]
            .as_u64()
            .or(schema[key].as_f64().map(|n| n as u64))
    };
    match (bound("minimum"), bound("maximum")) {
        (Some(least), Some(most)) => format!("whole number from {least} to {most}"),
        _ => "whole number".to_owned(),
    }
}

/// Several of what a value may be; alternatives are kept together.
fn several(forms: &str) -> String {
    if forms.contains(" or ") {
        return format!("({forms})");
    }
    match forms.strip_prefix("list of ") {
        Some(items) => format!("lists of {items}"),
        None if matches!(forms, "text" | "whole number" | "number" | "mapping") => {
            format!("{forms}s")
        }
        None => forms.to_owned(),
    }
}

/// The words that a key knows, each with what is said about it.
pub(super) fn words(schema: &Value) -> Vec<(String, Option<String>)> {
    let mut found = Vec::new();
    for form in ["anyOf", "oneOf", "allOf"] {
        for alternative in schema[form].as_array().into_iter().flatten() {
            if let Some(word) = alternative["const"].as_str() {
                let text = alternative["description"].as_str().map(str::to_owned);
                found.push((word.to_owned(), text));
            } else {
                found.extend(words(alternative));
            }
        }
    }
    found
}
