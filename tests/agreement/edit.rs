//! Good recipes with edits to their structure.

use serde_json::{Map, Value, json};

use super::chance::Chance;

/// Values that stand where nobody expects them.
pub(super) fn odd(chance: &mut Chance) -> Value {
    let values = [
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(1),
        json!(-1),
        json!(755),
        json!(4_294_967_296_u64),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(1.5),
        json!(-0.5),
        json!(""),
        json!(" "),
        json!("a"),
        json!("no"),
        json!("3.10"),
        json!("0755"),
        json!("1.2.3"),
        json!("/"),
        json!("/a/../b"),
        json!("a b"),
        json!("A\nB"),
        json!("日本é🔑"),
        json!("\u{0}"),
        json!("${{ args.X }}"),
        json!("$${{ x"),
        json!("-x"),
        json!("root:wheel"),
        json!("10s"),
        json!("x".repeat(300)),
        json!([]),
        json!([[]]),
        json!([null]),
        json!([""]),
        json!(["a", 1]),
        json!(["a", "a"]),
        json!({}),
        json!({ "a": "b" }),
        json!({ "a": null }),
        json!({ "": "" }),
        json!({ "image": "a" }),
    ];
    chance.of(&values).clone()
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(entries) => entries.values().map(count).sum(),
        _ => 0,
    }
}

/// The value with number `number`, counted from the root on.
fn at(value: &mut Value, number: usize) -> &mut Value {
    if number == 0 {
        return value;
    }
    let mut rest = number - 1;
    let children: Vec<&mut Value> = match value {
        Value::Array(items) => items.iter_mut().collect(),
        Value::Object(entries) => entries.values_mut().collect(),
        _ => Vec::new(),
    };
    for child in children {
        let size = count(child);
        if rest < size {
            return at(child, rest);
        }
        rest -= size;
    }
    unreachable!("the number is below the count")
}

fn any<'v>(value: &'v mut Value, chance: &mut Chance) -> &'v mut Value {
    let number = chance.below(count(value));
    at(value, number)
}

/// Some mapping with keys in it; the root if none is met soon.
fn mapping<'v>(value: &'v mut Value, chance: &mut Chance) -> &'v mut Map<String, Value> {
    let mut number = 0;
    for _ in 0..20 {
        let tried = chance.below(count(value));
        if at(value, tried)
            .as_object()
            .is_some_and(|map| !map.is_empty())
        {
            number = tried;
            break;
        }
    }
    at(value, number).as_object_mut().unwrap()
}

fn key(map: &Map<String, Value>, chance: &mut Chance) -> String {
    map.keys().nth(chance.below(map.len())).unwrap().clone()
}

/// A key with a slip of the fingers.
fn slipped(key: &str, chance: &mut Chance) -> String {
    let mut letters: Vec<char> = key.chars().collect();
    let place = chance.below(letters.len().max(1));
    match chance.below(5) {
        0 if !letters.is_empty() => {
            letters.remove(place);
        }
        1 if place + 1 < letters.len() => letters.swap(place, place + 1),
        2 => return key.to_uppercase(),
        3 => letters.insert(place, '_'),
        _ => letters.push('s'),
    }
    letters.into_iter().collect()
}

fn edit(value: &mut Value, others: &[Value], chance: &mut Chance) {
    if value.as_object().is_none_or(Map::is_empty) {
        *value = odd(chance);
        return;
    }
    match chance.below(10) {
        0 => {
            let map = mapping(value, chance);
            let key = key(map, chance);
            map.shift_remove(&key);
        }
        1 => {
            let map = mapping(value, chance);
            let key = key(map, chance);
            if let Some(moved) = map.shift_remove(&key) {
                map.insert(slipped(&key, chance), moved);
            }
        }
        2 => {
            let added = odd(chance);
            let name = ["x-own", "extra", "name", "mode", "", "<<"][chance.below(6)];
            mapping(value, chance).insert(name.to_owned(), added);
        }
        3..=5 => *any(value, chance) = odd(chance),
        6 => {
            let mut other = chance.of(others).clone();
            *any(value, chance) = any(&mut other, chance).clone();
        }
        7 => {
            let mut other = chance.of(others).clone();
            let source = mapping(&mut other, chance);
            let name = key(source, chance);
            let moved = source[&name].clone();
            mapping(value, chance).insert(name, moved);
        }
        8 => {
            let place = any(value, chance);
            *place = json!([place.take()]);
        }
        _ => {
            let place = any(value, chance);
            match place {
                Value::Array(items) if !items.is_empty() => {
                    let number = chance.below(items.len());
                    let item = items[number].take();
                    *place = item;
                }
                Value::Array(items) => items.push(odd(chance)),
                Value::Number(number) => *place = json!(number.to_string()),
                Value::Bool(word) => *place = json!(word.to_string()),
                Value::String(text) => {
                    if let Ok(number) = text.parse::<u32>() {
                        *place = json!(number);
                    }
                }
                _ => {}
            }
        }
    }
}

/// One of the documents, with one to three edits.
pub(super) fn edited(documents: &[Value], chance: &mut Chance) -> Value {
    let mut value = chance.of(documents).clone();
    for _ in 0..=chance.below(3) {
        edit(&mut value, documents, chance);
    }
    value
}

/// The document as text in which one key stands twice, the second time with any value.
pub(super) fn with_a_key_twice(document: &Value, chance: &mut Chance) -> String {
    const MARK: &str = "the key that stands twice";
    let mut value = document.clone();
    let second = odd(chance);
    let map = mapping(&mut value, chance);
    let key = key(map, chance);
    map.insert(MARK.to_owned(), second);
    value
        .to_string()
        .replace(&json!(MARK).to_string(), &json!(key).to_string())
}
