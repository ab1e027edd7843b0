//! What is to be written: a document, fitted to what the other notation can say.

use std::borrow::Cow;

use super::number;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::node::{Content, Node};
use crate::syntax::{Document, Notation, ScalarKind};

/// A value without its place.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Value<'d> {
    /// A number, `true`, `false` or nothing, as it is to be written.
    Plain(Cow<'d, str>),
    /// Text, without quotes.
    Text(&'d str),
    List(Vec<Self>),
    Mapping(Vec<(&'d str, Self)>),
}

/// Mappings whose values are text even where they look like numbers, wherever they stand.
const OF_TEXT: [&str; 7] = [
    "annotations",
    "args",
    "env",
    "labels",
    "options",
    "setopts",
    "variables",
];
/// Mappings of the image's configuration in which a null unsets what the base has.
const UNSETTING: [&str; 2] = ["env", "labels"];
/// How TOML says so.
const UNSET: &str = "unset";

impl<'d> Value<'d> {
    /// The document as `to` can say it.
    pub(super) fn of(document: &'d Document, to: Notation) -> Result<Self, Vec<Diagnostic>> {
        let mut fitting = Fitting {
            to,
            path: Vec::new(),
            problems: Vec::new(),
        };
        let value = fitting.value(document.root(), Span::default());
        if fitting.problems.is_empty() {
            Ok(value)
        } else {
            Err(fitting.problems)
        }
    }

    /// Whether a document says just this; the order of keys does not count.
    pub(super) fn is(&self, document: &Document) -> bool {
        self.is_node(document.root())
    }

    fn is_node(&self, node: &Node) -> bool {
        match (self, &node.content) {
            (Self::Text(meant), Content::Scalar { text, kind }) => {
                *kind == ScalarKind::String && text == meant
            }
            (Self::Plain(meant), Content::Scalar { text, kind }) => {
                *kind != ScalarKind::String && text == meant
            }
            (Self::List(meant), Content::List(items)) => {
                meant.len() == items.len()
                    && meant.iter().zip(items).all(|(one, two)| one.is_node(two))
            }
            (Self::Mapping(meant), Content::Mapping(entries)) => {
                meant.len() == entries.len()
                    && meant.iter().all(|(key, value)| {
                        let found = entries.iter().find(|entry| entry.key == *key);
                        found.is_some_and(|entry| value.is_node(&entry.value))
                    })
            }
            _ => false,
        }
    }

    /// Whether it holds other values.
    pub(super) fn is_collection(&self) -> bool {
        matches!(self, Self::List(_) | Self::Mapping(_))
    }
}

struct Fitting<'d> {
    to: Notation,
    /// Keys down to the value at hand; items of lists have none.
    path: Vec<&'d str>,
    problems: Vec<Diagnostic>,
}

impl<'d> Fitting<'d> {
    fn value(&mut self, node: &'d Node, key: Span) -> Value<'d> {
        match &node.content {
            Content::Scalar { text, kind } => match kind {
                ScalarKind::String => Value::Text(text),
                ScalarKind::Null => self.null(node, key),
                _ => self.plain(text, *kind, node.span),
            },
            Content::List(items) => {
                Value::List(items.iter().map(|item| self.value(item, key)).collect())
            }
            Content::Mapping(entries) => {
                let mut fitted = Vec::new();
                for entry in entries {
                    self.path.push(&entry.key);
                    let value = self.value(&entry.value, entry.key_span);
                    self.path.pop();
                    fitted.push((entry.key.as_str(), value));
                }
                Value::Mapping(fitted)
            }
        }
    }

    fn plain(&mut self, text: &'d str, kind: ScalarKind, span: Span) -> Value<'d> {
        if number::is_same_in_both(text, kind) {
            return Value::Plain(text.into());
        }
        let above = self.path.split_last().map_or(&[][..], |(_, above)| above);
        if above.iter().any(|key| OF_TEXT.contains(key)) {
            return Value::Text(text);
        }
        match number::rewritten(text, kind, self.to) {
            Some(number) => Value::Plain(number.into()),
            None => {
                let message = format!("no number of TOML is as large as `{text}`");
                self.problems.push(
                    Diagnostic::new(Code::InvalidValue, message)
                        .label(span, "this number")
                        .help(format!("use a number up to {}", i64::MAX)),
                );
                Value::Text(text)
            }
        }
    }

    fn null(&mut self, node: &Node, key: Span) -> Value<'d> {
        let unsets = matches!(
            self.path.as_slice(),
            [.., "config", mapping, _] if UNSETTING.contains(mapping)
        );
        match self.to {
            Notation::Yaml => Value::Plain("null".into()),
            Notation::Toml if unsets => Value::Mapping(vec![(UNSET, Value::Plain("true".into()))]),
            Notation::Toml => {
                let span = if node.span.is_empty() { key } else { node.span };
                self.problems.push(
                    Diagnostic::new(Code::WrongType, "TOML has no word for nothing")
                        .label(span, "nothing here")
                        .help("write a value, or remove the key"),
                );
                Value::Plain("null".into())
            }
        }
    }
}
