//! A scalar as it stands in the document.

use std::fmt;

use serde::Deserializer;
use serde::de::{Error, SeqAccess, Visitor};

use super::ScalarKind;

/// A scalar as it stands in the document: its text, and what it is without regard to its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The text as written, without quotes and escapes.
    pub text: String,
    /// What the format takes it for.
    pub kind: ScalarKind,
}

impl Written {
    /// The name by which the deserializer of documents knows that the text is wanted as written.
    pub(super) const MARK: &'static str = "onelayer::Written";

    /// The name by which it knows that any scalar goes to `visit_newtype_struct`.
    pub(super) const OR_MAPPING: &'static str = "onelayer::WrittenOrMapping";

    /// Reads a value that is a scalar or a mapping: a scalar is given to the visitor's
    /// `visit_newtype_struct`, which reads it with [`Written::expecting`].
    pub fn or_mapping<'de, D: Deserializer<'de>, V: Visitor<'de>>(
        deserializer: D,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        deserializer.deserialize_newtype_struct(Self::OR_MAPPING, visitor)
    }

    /// Reads any scalar; `what` is the noun of the message if there is none.
    pub fn expecting<'de, D: Deserializer<'de>>(
        deserializer: D,
        what: &'static str,
    ) -> Result<Self, D::Error> {
        deserializer.deserialize_tuple_struct(Self::MARK, 2, WrittenVisitor { what })
    }
}

struct WrittenVisitor {
    what: &'static str,
}

impl<'de> Visitor<'de> for WrittenVisitor {
    type Value = Written;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }

    /// Where the text went through another deserializer it was text before.
    fn visit_str<E: Error>(self, text: &str) -> Result<Written, E> {
        Ok(Written {
            text: text.to_owned(),
            kind: ScalarKind::String,
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Written, A::Error> {
        let (Some(kind), Some(text)) = (parts.next_element::<u8>()?, parts.next_element()?) else {
            return Err(A::Error::invalid_length(0, &self));
        };
        let kind = match kind {
            0 => ScalarKind::String,
            1 => ScalarKind::Integer,
            2 => ScalarKind::Float,
            3 => ScalarKind::Boolean,
            4 => ScalarKind::Null,
            _ => ScalarKind::Expanded,
        };
        Ok(Written { text, kind })
    }
}
