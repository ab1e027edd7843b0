//! One node as a deserializer.

use serde::Deserializer;
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, Error as _, IntoDeserializer, SeqAccess, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use super::error::{Error, unknown_key};
use super::mapping::{Entries, Items};
use super::pass::Pass;
use super::variant::{Variant, kind_key};
use crate::source::Span;
use crate::syntax::node::{Content, Node};
use crate::syntax::{ScalarKind, Written};

/// Keys at the top that are the user's own.
const OWN: &str = "x-";
/// The enums whose variants are told apart by a key of a mapping, with the noun of messages; all
/// others are words.
const BY_KEY: [(&str, &str); 3] = [("Step", "step"), ("Check", "check"), ("Mount", "mount")];

#[derive(Clone, Copy)]
pub(super) struct NodeDeserializer<'d> {
    node: &'d Node,
    pass: &'d Pass,
    is_root: bool,
}

impl<'d> NodeDeserializer<'d> {
    pub(super) fn new(node: &'d Node, pass: &'d Pass) -> Self {
        pass.visit();
        Self {
            node,
            pass,
            is_root: false,
        }
    }

    pub(super) fn root(node: &'d Node, pass: &'d Pass) -> Self {
        Self {
            node,
            pass,
            is_root: true,
        }
    }

    /// What an expression became, if it is that.
    fn expanded(&self) -> Option<&'d str> {
        match &self.node.content {
            Content::Scalar {
                text,
                kind: ScalarKind::Expanded,
            } => Some(text),
            _ => None,
        }
    }

    fn is_mapping(&self) -> bool {
        matches!(self.node.content, Content::Mapping(_))
    }
}

/// Where to point when a node is wrong: a collection is too large for a mark, so its key or its
/// first one stands for it; nothing cannot be seen.
pub(super) fn mark(node: &Node, key: Option<Span>) -> Span {
    match &node.content {
        Content::Scalar { .. } if !node.span.is_empty() => node.span,
        Content::Scalar { .. } | Content::List(_) => key.unwrap_or(node.span),
        Content::Mapping(entries) => {
            let first = entries.first().map(|entry| entry.key_span);
            key.or(first).unwrap_or(node.span)
        }
    }
}

/// A number as serde's visitors take it.
fn visit_integer<'de, V: Visitor<'de>>(text: &str, visitor: V) -> Result<V::Value, Error> {
    let plain = text.replace('_', "");
    let parsed = if let Some(digits) = plain.strip_prefix("0x") {
        i128::from_str_radix(digits, 16)
    } else if let Some(digits) = plain.strip_prefix("0o") {
        i128::from_str_radix(digits, 8)
    } else if let Some(digits) = plain.strip_prefix("0b") {
        i128::from_str_radix(digits, 2)
    } else {
        plain.parse::<i128>()
    };
    let unsigned = parsed
        .as_ref()
        .ok()
        .and_then(|number| u64::try_from(*number).ok());
    let signed = parsed.ok().and_then(|number| i64::try_from(number).ok());
    match (unsigned, signed) {
        (Some(number), _) => visitor.visit_u64(number),
        (None, Some(number)) => visitor.visit_i64(number),
        (None, None) => Err(Error::invalid_value(Unexpected::Other("number"), &visitor)),
    }
}

/// A number with a fraction, or an infinity, but none that only became one because it is too large.
fn visit_float<'de, V: Visitor<'de>>(text: &str, visitor: V) -> Result<V::Value, Error> {
    // YAML writes a dot before the words: `-.inf`.
    let word = || text.replacen('.', "", 1).parse();
    match text.parse().or_else(|_| word()) {
        Ok(number) if f64::is_finite(number) || !text.contains(|c: char| c.is_ascii_digit()) => {
            visitor.visit_f64(number)
        }
        _ => Err(Error::invalid_value(Unexpected::Other("number"), &visitor)),
    }
}

/// Numbers: what an expression became is read as one where a key wants one.
macro_rules! number {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.expanded() {
                Some(text) if ScalarKind::of_plain(text) == ScalarKind::Integer => {
                    visit_integer(text, visitor)
                }
                _ => self.deserialize_any(visitor),
            }
        }
    )*};
}

impl<'de, 'd> Deserializer<'de> for NodeDeserializer<'d> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.node.content {
            Content::Scalar { text, kind } => match kind {
                ScalarKind::String | ScalarKind::Expanded => visitor.visit_str(text),
                ScalarKind::Integer => visit_integer(text, visitor),
                ScalarKind::Float => visit_float(text, visitor),
                ScalarKind::Boolean => visitor.visit_bool(text.eq_ignore_ascii_case("true")),
                ScalarKind::Null => visitor.visit_unit(),
            },
            Content::List(items) => visitor.visit_seq(Items::new(items, self.pass)),
            Content::Mapping(_) => visitor.visit_map(Entries::new(self.node, self.pass, |_| true)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.node.is_null() {
            Err(Error::Type {
                expected: "a value".to_owned(),
            })
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        let is_scalar = matches!(self.node.content, Content::Scalar { .. });
        if name == Written::OR_MAPPING && !is_scalar {
            return self.deserialize_any(visitor);
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.expanded() {
            Some("true") => visitor.visit_bool(true),
            Some("false") => visitor.visit_bool(false),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        match &self.node.content {
            Content::Scalar { text, kind } if name == Written::MARK => {
                visitor.visit_seq(WrittenParts {
                    kind: Some(*kind as u8),
                    text,
                })
            }
            _ if name == Written::MARK => Err(Error::invalid_type(Unexpected::Seq, &visitor)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if !self.is_mapping() {
            return Err(Error::Type {
                expected: "a mapping".to_owned(),
            });
        }
        let known = |key: &str| fields.contains(&key);
        for entry in self.node.entries() {
            let own = self.is_root && entry.key.starts_with(OWN);
            if !known(&entry.key) && !own && !self.pass.is_full() {
                self.pass
                    .report(unknown_key(&entry.key, fields, entry.key_span));
                self.pass.unknown(self.node, entry, fields);
            }
        }
        visitor.visit_map(Entries::of_struct(self.node, self.pass, |entry| {
            known(&entry.key)
        }))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let noun = BY_KEY.iter().find(|(by_key, _)| *by_key == name);
        let by_key = noun.is_some();
        match &self.node.content {
            Content::Scalar {
                text,
                kind: ScalarKind::String | ScalarKind::Expanded,
            } if !by_key => visitor.visit_enum(Variant::new(text, self)),
            Content::Mapping(_) if let Some((_, noun)) = noun => {
                match kind_key(self.node, noun, variants, self.pass) {
                    Some(kind) => visitor.visit_enum(Variant::new(kind, self)),
                    None => Err(Error::Reported),
                }
            }
            _ => Err(Error::Type {
                expected: if by_key { "a mapping" } else { "text" }.to_owned(),
            }),
        }
    }

    number! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
    }

    forward_to_deserialize_any! {
        f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple map identifier ignored_any
    }
}

/// A scalar for [`Written`]: its kind, then its text.
struct WrittenParts<'d> {
    kind: Option<u8>,
    text: &'d str,
}

impl<'de, 'd> SeqAccess<'de> for WrittenParts<'d> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        match self.kind.take() {
            Some(kind) => seed.deserialize(kind.into_deserializer()).map(Some),
            None => seed.deserialize(StrDeserializer::new(self.text)).map(Some),
        }
    }
}
