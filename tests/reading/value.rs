//! A document without its places: what two readers must agree on.

use std::collections::BTreeMap;
use std::fmt;

use onelayer::source::SourceFile;
use onelayer::syntax::{Document, decode};
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

#[derive(Debug, Clone)]
pub(crate) enum Value {
    Null,
    Boolean(bool),
    Integer(i128),
    Float(f64),
    Text(String),
    List(Vec<Value>),
    /// A mapping; the order of keys means nothing.
    Mapping(BTreeMap<String, Value>),
}

/// As values are: no number is one, and equal to itself.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Boolean(a), Self::Boolean(b)) => a == b,
            (Self::Integer(a), Self::Integer(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a == b || (a.is_nan() && b.is_nan()),
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::List(a), Self::List(b)) => a == b,
            (Self::Mapping(a), Self::Mapping(b)) => a == b,
            _ => false,
        }
    }
}

/// As JSON, but for infinities and the like.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value:?}"),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::List(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if index == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
            Self::Mapping(entries) => {
                f.write_str("{")?;
                for (index, (key, value)) in entries.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}{key:?}: {value}")?;
                }
                f.write_str("}")
            }
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValueVisitor;

        impl<'de> Visitor<'de> for ValueVisitor {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_unit<E: Error>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }

            fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
                Ok(Value::Boolean(value))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
                Ok(Value::Integer(value.into()))
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
                Ok(Value::Integer(value.into()))
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
                Ok(Value::Float(value))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
                Ok(Value::Text(text.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    items.push(item);
                }
                Ok(Value::List(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
                let mut entries = BTreeMap::new();
                while let Some((key, value)) = map.next_entry()? {
                    entries.insert(key, value);
                }
                Ok(Value::Mapping(entries))
            }
        }

        deserializer.deserialize_any(ValueVisitor)
    }
}

impl From<serde_yaml::Value> for Value {
    /// A key that is no text becomes what its value is written as; a tag, a key.
    fn from(value: serde_yaml::Value) -> Self {
        use serde_yaml::Value as Theirs;
        match value {
            Theirs::Null => Self::Null,
            Theirs::Bool(value) => Self::Boolean(value),
            Theirs::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(number), _) => Self::Integer(number.into()),
                (None, Some(number)) => Self::Integer(number.into()),
                (None, None) => Self::Float(number.as_f64().unwrap()),
            },
            Theirs::String(text) => Self::Text(text),
            Theirs::Sequence(items) => Self::List(items.into_iter().map(Self::from).collect()),
            Theirs::Mapping(entries) => {
                let entry = |(key, value)| {
                    let key = match Self::from(key) {
                        Self::Text(text) => text,
                        other => other.to_string(),
                    };
                    (key, Self::from(value))
                };
                Self::Mapping(entries.into_iter().map(entry).collect())
            }
            Theirs::Tagged(tagged) => Self::Mapping(BTreeMap::from([(
                tagged.tag.to_string(),
                Self::from(tagged.value),
            )])),
        }
    }
}

impl From<toml::Value> for Value {
    /// A date becomes a key with its text, so that it equals nothing else.
    fn from(value: toml::Value) -> Self {
        match value {
            toml::Value::String(text) => Self::Text(text),
            toml::Value::Integer(number) => Self::Integer(number.into()),
            toml::Value::Float(number) => Self::Float(number),
            toml::Value::Boolean(value) => Self::Boolean(value),
            toml::Value::Datetime(time) => Self::Mapping(BTreeMap::from([(
                "date".to_owned(),
                Self::Text(time.to_string()),
            )])),
            toml::Value::Array(items) => Self::List(items.into_iter().map(Self::from).collect()),
            toml::Value::Table(table) => {
                let entries = table.into_iter();
                Self::Mapping(entries.map(|(key, value)| (key, value.into())).collect())
            }
        }
    }
}

/// What a reader made of a text, or why it refused it.
pub(crate) type Reading = Result<Value, String>;

/// Our reading. Whatever is said about the text is a refusal, even where reading went on.
pub(crate) fn ours(name: &str, text: &str) -> Reading {
    let (document, diagnostics) = Document::parse(&SourceFile::new(name, text));
    if let Some(first) = diagnostics.into_iter().next() {
        return Err(first.message);
    }
    let decoded = decode::<Value>(document.ok_or("neither a document nor a reason")?);
    if let Some(first) = decoded.diagnostics.into_iter().next() {
        return Err(first.message);
    }
    decoded.value.ok_or("neither a value nor a reason".into())
}

/// The reading of serde_yaml, merge keys carried out.
pub(crate) fn serde_yaml(text: &str) -> Reading {
    let mut value: serde_yaml::Value =
        serde_yaml::from_str(text).map_err(|error| error.to_string())?;
    value.apply_merge().map_err(|error| error.to_string())?;
    Ok(value.into())
}

/// The reading of the toml crate's own deserializer.
pub(crate) fn toml_crate(text: &str) -> Reading {
    let table: toml::Table = text
        .parse()
        .map_err(|error: toml::de::Error| error.message().to_owned())?;
    Ok(toml::Value::Table(table).into())
}

/// A reading as the tables of known differences spell it.
pub(crate) fn shown(reading: &Reading) -> String {
    match reading {
        Ok(value) => value.to_string(),
        Err(_) => "refused".to_owned(),
    }
}
