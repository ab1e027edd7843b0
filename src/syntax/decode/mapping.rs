//! The entries and items of a collection, as serde wants them.

use std::sync::Arc;

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, MapAccess, SeqAccess};

use super::error::Error;
use super::node_deserializer::{NodeDeserializer, mark};
use super::pass::Pass;
use crate::syntax::node::{Entry, Node};

/// The entries of a mapping that are not bad, then those that are made up.
pub(super) struct Entries<'d> {
    node: &'d Node,
    pass: &'d Pass,
    written: Vec<&'d Entry>,
    made_up: Vec<(&'static str, &'static str)>,
    value: Option<Value<'d>>,
    /// Whether the keys are the language's, not the user's.
    is_struct: bool,
}

enum Value<'d> {
    Written(&'d Entry),
    MadeUp(&'static str, &'static str),
}

impl<'d> Entries<'d> {
    /// The entries of `node` whose keys are `wanted`.
    pub(super) fn new(node: &'d Node, pass: &'d Pass, wanted: impl Fn(&Entry) -> bool) -> Self {
        let mut written: Vec<&Entry> = node
            .entries()
            .iter()
            .filter(|entry| !pass.is_bad(&entry.value) && wanted(entry))
            .collect();
        written.reverse();
        Self {
            node,
            pass,
            written,
            made_up: pass.made_up(node),
            value: None,
            is_struct: false,
        }
    }

    /// The entries of a mapping whose keys are the language's.
    pub(super) fn of_struct(
        node: &'d Node,
        pass: &'d Pass,
        wanted: impl Fn(&Entry) -> bool,
    ) -> Self {
        Self {
            is_struct: true,
            ..Self::new(node, pass, wanted)
        }
    }

    fn read<'de, V: DeserializeSeed<'de>>(
        &self,
        entry: &Entry,
        seed: V,
    ) -> Result<V::Value, Error> {
        let is_null = entry.value.is_null();
        let empty = || Error::Empty(entry.key.clone());
        if is_null && self.is_struct {
            return Err(empty());
        }
        seed.deserialize(NodeDeserializer::new(&entry.value, self.pass))
            .map_err(|error| match error {
                Error::Type { .. } if is_null => empty(),
                other => other,
            })
    }
}

impl<'de, 'd> MapAccess<'de> for Entries<'d> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        self.pass.visit();
        if let Some(entry) = self.written.pop() {
            self.value = Some(Value::Written(entry));
            seed.deserialize(StrDeserializer::new(&entry.key))
                .map(Some)
                .map_err(|error| {
                    if let Error::Key { known, .. } = &error {
                        self.pass.unknown(self.node, entry, known);
                    }
                    self.pass.place(error, &entry.value, entry.key_span)
                })
        } else if let Some((key, text)) = self.made_up.pop() {
            self.value = Some(Value::MadeUp(key, text));
            seed.deserialize(StrDeserializer::new(key)).map(Some)
        } else {
            Ok(None)
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        match self.value.take() {
            Some(Value::Written(entry)) => {
                let span = mark(&entry.value, Some(entry.key_span));
                self.read(entry, seed)
                    .map_err(|error| self.pass.place(error, &entry.value, span))
            }
            Some(Value::MadeUp(key, text)) => {
                seed.deserialize(StrDeserializer::new(text))
                    .map_err(|_: Error| {
                        self.pass.make_up(self.node, key);
                        Error::Placed
                    })
            }
            None => Err(Error::Placed),
        }
    }
}

/// The items of a list that are not bad.
pub(super) struct Items<'d> {
    pass: &'d Pass,
    items: std::slice::Iter<'d, Arc<Node>>,
}

impl<'d> Items<'d> {
    pub(super) fn new(items: &'d [Arc<Node>], pass: &'d Pass) -> Self {
        Self {
            pass,
            items: items.iter(),
        }
    }
}

impl<'de, 'd> SeqAccess<'de> for Items<'d> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let pass = self.pass;
        let Some(item) = self.items.find(|item| !pass.is_bad(item)) else {
            return Ok(None);
        };
        seed.deserialize(NodeDeserializer::new(item, pass))
            .map(Some)
            .map_err(|error| pass.place(error, item, mark(item, None)))
    }
}
