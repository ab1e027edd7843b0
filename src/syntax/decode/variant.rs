//! The variants of an enum: a word, or a mapping that one of its keys tells apart.

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, EnumAccess, Error as _, Unexpected, VariantAccess, Visitor};

use super::error::Error;
use super::node_deserializer::{NodeDeserializer, mark};
use super::pass::Pass;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::syntax::node::{Entry, Node};

/// A chosen variant; its content is the whole node.
pub(super) struct Variant<'d> {
    name: &'d str,
    content: NodeDeserializer<'d>,
}

impl<'d> Variant<'d> {
    pub(super) fn new(name: &'d str, content: NodeDeserializer<'d>) -> Self {
        Self { name, content }
    }
}

/// The one key of a mapping that is among `kinds`, or what to say.
pub(super) fn kind_key<'d>(
    node: &'d Node,
    noun: &str,
    kinds: &'static [&'static str],
    pass: &Pass,
) -> Option<&'d str> {
    let present: Vec<&Entry> = node
        .entries()
        .iter()
        .filter(|entry| kinds.contains(&entry.key.as_str()))
        .collect();
    match present.as_slice() {
        [kind] => Some(&kind.key),
        [] => {
            pass.report(unknown(node, noun, kinds));
            None
        }
        [first, second, ..] => {
            pass.report(
                Diagnostic::new(
                    Code::AmbiguousStep,
                    format!("a {noun} is either `{}` or `{}`", first.key, second.key),
                )
                .label(second.key_span, "names a second kind")
                .label(first.key_span, "names a kind")
                .help(format!("write two {noun}s")),
            );
            None
        }
    }
}

fn unknown(node: &Node, noun: &str, kinds: &'static [&'static str]) -> Diagnostic {
    let slip = node
        .entries()
        .iter()
        .find_map(|entry| nearest(&entry.key, kinds.iter().copied()).map(|kind| (entry, kind)));
    match slip {
        Some((entry, kind)) => Diagnostic::new(
            Code::UnknownStep,
            format!("`{}` is no kind of {noun}", entry.key.escape_debug()),
        )
        .label(entry.key_span, "unknown kind")
        .help(format!("write `{kind}` if that is meant")),
        None => {
            let kinds: Vec<String> = kinds.iter().map(|kind| format!("`{kind}`")).collect();
            Diagnostic::new(
                Code::UnknownStep,
                format!("no key says what kind of {noun} this is"),
            )
            .label(mark(node, None), format!("this {noun}"))
            .help(format!("add one of {}", kinds.join(", ")))
        }
    }
}

impl<'de, 'd> EnumAccess<'de> for Variant<'d> {
    type Error = Error;
    type Variant = NodeDeserializer<'d>;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, NodeDeserializer<'d>), Error> {
        let variant = seed.deserialize(StrDeserializer::<Error>::new(self.name))?;
        Ok((variant, self.content))
    }
}

impl<'de, 'd> VariantAccess<'de> for NodeDeserializer<'d> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        Err(Error::invalid_type(Unexpected::TupleVariant, &visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        Err(Error::invalid_type(Unexpected::StructVariant, &visitor))
    }
}
