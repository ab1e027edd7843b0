//! Documents grown from a schema: what it requires, some of what it allows, and now and then what
//! it does not.

use proptest::strategy::{Strategy, ValueTree};
use proptest::string::string_regex;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};

use super::chance::Chance;
use super::edit::odd;

/// Of collections inside each other; deeper ones stay as small as they may be.
const DEEPEST: usize = 6;

pub(super) struct Grower<'s> {
    root: &'s Value,
    chance: Chance,
    /// For texts of patterns.
    runner: TestRunner,
    /// A violation comes once in so many values.
    rarity: usize,
}

impl<'s> Grower<'s> {
    pub(super) fn new(root: &'s Value, seed: u64) -> Self {
        Self {
            root,
            chance: Chance::new(seed),
            runner: TestRunner::deterministic(),
            rarity: 1,
        }
    }

    pub(super) fn document(&mut self) -> Value {
        self.rarity = *self.chance.of(&[15, 60, 100_000]);
        self.value(self.root, 0)
    }

    fn value(&mut self, schema: &'s Value, depth: usize) -> Value {
        if depth > 0 && self.chance.once_in(self.rarity) {
            return odd(&mut self.chance);
        }
        let Some(schema) = schema.as_object() else {
            return odd(&mut self.chance);
        };
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let root = self.root;
            let target = root.pointer(reference.trim_start_matches('#')).unwrap();
            return self.value(target, depth);
        }
        if let Some(all) = schema.get("allOf").and_then(Value::as_array) {
            return self.value(&all[0], depth);
        }
        for choice in ["anyOf", "oneOf"] {
            if let Some(choices) = schema.get(choice).and_then(Value::as_array) {
                let index = self.chance.below(choices.len());
                return self.value(&choices[index], depth);
            }
        }
        if let Some(only) = schema.get("const") {
            return only.clone();
        }
        if let Some(words) = schema.get("enum").and_then(Value::as_array) {
            return self.chance.of(words).clone();
        }
        let kind = match schema.get("type") {
            Some(Value::Array(kinds)) => self.chance.of(kinds).as_str().unwrap(),
            Some(Value::String(kind)) => kind,
            _ => return odd(&mut self.chance),
        };
        match kind {
            "object" => self.object(schema, depth),
            "array" => self.array(schema, depth),
            "string" => json!(self.text(schema)),
            "integer" => json!(self.integer(schema)),
            "number" => json!(*self.chance.of(&[0.5, -1.5, 3.1, 1e-7])),
            "boolean" => json!(self.chance.once_in(2)),
            _ => json!(null),
        }
    }

    fn object(&mut self, schema: &'s Map<String, Value>, depth: usize) -> Value {
        let mut object = Map::new();
        let required: Vec<&str> = schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let properties = schema.get("properties").and_then(Value::as_object);
        for (key, property) in properties.into_iter().flatten() {
            let must = required.contains(&key.as_str());
            let wanted = if must {
                !self.chance.once_in(self.rarity)
            } else {
                depth < DEEPEST && self.chance.once_in(if depth == 0 { 2 } else { 5 })
            };
            if wanted {
                let value = self.value(property, depth + 1);
                object.insert(key.clone(), value);
            }
        }
        let others = schema.get("additionalProperties");
        if let Some(others) = others.filter(|others| others.is_object()) {
            for _ in 0..self.chance.below(3) {
                let key = *self.chance.of(&["a", "PATH", "a.b", "org.x/y", "A_1"]);
                let value = self.value(others, depth + 1);
                object.insert(key.to_owned(), value);
            }
        }
        if self.chance.once_in(self.rarity) {
            object.insert("unknown".to_owned(), odd(&mut self.chance));
        }
        Value::Object(object)
    }

    fn array(&mut self, schema: &'s Map<String, Value>, depth: usize) -> Value {
        let least = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0);
        let mut count = usize::try_from(least).unwrap();
        if depth < DEEPEST {
            count += self.chance.below(3);
        }
        if self.chance.once_in(self.rarity) {
            count = 0;
        }
        let any = &Value::Null;
        let items = schema.get("items").unwrap_or(any);
        (0..count).map(|_| self.value(items, depth + 1)).collect()
    }

    fn text(&mut self, schema: &Map<String, Value>) -> String {
        let examples = schema.get("examples").and_then(Value::as_array);
        let example = |chance: &mut Chance| {
            let examples = examples.filter(|examples| !examples.is_empty())?;
            chance.of(examples).as_str().map(str::to_owned)
        };
        if self.chance.once_in(2)
            && let Some(example) = example(&mut self.chance)
        {
            return example;
        }
        let words = [
            "a",
            "bash",
            "/a/b",
            "b c",
            "é",
            "x=y",
            "https://x.example/y",
            "a.b-c_d",
        ];
        let Some(pattern) = schema.get("pattern").and_then(Value::as_str) else {
            return (*self.chance.of(&words)).to_owned();
        };
        let is_open = !pattern.ends_with('$') || pattern.ends_with(r"\$");
        let inner = pattern.trim_start_matches('^');
        let inner = if is_open {
            inner
        } else {
            &inner[..inner.len() - 1]
        };
        let grown = string_regex(inner)
            .ok()
            .and_then(|strategy| Some(strategy.new_tree(&mut self.runner).ok()?.current()));
        match (grown, is_open) {
            (Some(text), true) => text + *self.chance.of(&words),
            (Some(text), false) => text,
            (None, _) => example(&mut self.chance).unwrap_or_default(),
        }
    }

    fn integer(&mut self, schema: &Map<String, Value>) -> i64 {
        let bound = |key: &str, otherwise: i64| {
            let bound = schema.get(key).and_then(Value::as_f64);
            #[expect(
                clippy::cast_possible_truncation,
                reason = "bounds are small whole numbers"
            )]
            bound.map_or(otherwise, |bound| bound as i64)
        };
        let (least, most) = (bound("minimum", -2), bound("maximum", 100_000));
        let numbers = [
            least,
            least.saturating_add(1),
            most,
            most.saturating_sub(1),
            1,
            8080,
        ];
        *self.chance.of(&numbers)
    }
}
