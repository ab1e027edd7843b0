//! Why a value could not be read.

use std::fmt;

use serde::de::{self, Expected, Unexpected};

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::source::Span;
use crate::syntax::ScalarKind;
use crate::syntax::node::{Content, Node};

/// A problem on its way out of serde; it gets its place at the first node that it passes.
#[derive(Debug)]
pub(super) enum Error {
    /// The value has another type than its key wants.
    Type { expected: String },
    /// The value has the type and is refused; the help may follow on a line of its own.
    Value(String),
    /// Text that is none of the words that the key knows.
    Word {
        word: String,
        known: Vec<&'static str>,
    },
    /// A key with nothing after it.
    Empty(String),
    /// A key that the mapping does not know.
    Key {
        key: String,
        known: Vec<&'static str>,
    },
    /// A key that the mapping must have.
    Missing(&'static str),
    /// It was reported where it was found; only the node is still to be marked.
    Reported,
    /// It has its place: it was reported if it had to be, and the next pass goes around it.
    Placed,
}

/// Identity of a node within one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NodeId(usize);

impl NodeId {
    pub(super) fn of(node: &Node) -> Self {
        Self(std::ptr::from_ref(node).addr())
    }
}

impl Error {
    /// What to report about `node`, whose mark is `span`.
    pub(super) fn diagnostic(&self, node: &Node, span: Span) -> Option<Diagnostic> {
        Some(match self {
            Self::Type { expected } => wrong_type(expected, node, span),
            Self::Value(text) => {
                let (message, help) = match text.split_once('\n') {
                    Some((message, help)) => (message, Some(help)),
                    None => (text.as_str(), None),
                };
                let diagnostic =
                    Diagnostic::new(Code::InvalidValue, message).label(span, "this value");
                match help {
                    Some(help) => diagnostic.help(help),
                    None => diagnostic,
                }
            }
            Self::Word { word, known } => {
                let word_shown = word.escape_debug();
                let message = match either(known) {
                    Some(known) => format!("`{word_shown}` is not {known}"),
                    None => format!("`{word_shown}` is not known here"),
                };
                Diagnostic::new(Code::InvalidValue, message)
                    .label(span, "this value")
                    .help(one_of("write", word, known))
            }
            Self::Empty(key) => {
                let message = format!("key `{}` has no value", key.escape_debug());
                Diagnostic::new(Code::WrongType, message)
                    .label(span, "nothing here")
                    .help("write a value, or remove the key")
            }
            Self::Key { key, known } => unknown_key(key, known, span),
            Self::Missing(key) => {
                Diagnostic::new(Code::MissingKey, format!("key `{key}` is missing"))
                    .label(span, "in this mapping")
                    .help(format!("add `{key}`"))
            }
            Self::Reported | Self::Placed => return None,
        })
    }
}

/// A key that its mapping does not know.
pub(super) fn unknown_key(key: &str, known: &[&str], span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::UnknownKey,
        format!("key `{}` is not known here", key.escape_debug()),
    )
    .label(span, "unknown key")
    .help(one_of("use", key, known))
}

/// `a`, `b` or `c`, if they are few.
fn either(words: &[&str]) -> Option<String> {
    const FEW: usize = 4;
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last()? {
        (last, []) => Some(last.clone()),
        (last, rest) if rest.len() < FEW => Some(format!("{} or {last}", rest.join(", "))),
        _ => None,
    }
}

/// "did you mean", or the list of what is known.
pub(super) fn one_of(verb: &str, word: &str, known: &[&str]) -> String {
    let list = |words: &[&str]| {
        let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
        quoted.join(", ")
    };
    match (nearest(word, known.iter().copied()), known) {
        (Some(meant), _) => format!("{verb} `{meant}` if that is meant"),
        (None, []) => "remove it".to_owned(),
        (None, [only]) => format!("{verb} `{only}`"),
        (None, _) => format!("{verb} one of {}", list(known)),
    }
}

fn wrong_type(expected: &str, node: &Node, span: Span) -> Diagnostic {
    let message = format!("{expected} is expected, not {}", node.found());
    // What an argument brought is no matter of the recipe's shape.
    let code = match &node.content {
        Content::Scalar {
            kind: ScalarKind::Expanded,
            ..
        } => Code::InvalidValue,
        _ => Code::WrongType,
    };
    let diagnostic = Diagnostic::new(code, message).label(span, "this value");
    let wants_text = expected.starts_with("text");
    let quotes = match expected {
        "`true` or `false`" => ", without quotes",
        _ => "",
    };
    let wants_list = expected.contains("list");
    match &node.content {
        Content::Scalar {
            kind: ScalarKind::Null,
            ..
        } => diagnostic.help("write a value, or remove the key"),
        Content::Scalar { text, .. } if wants_text && !text.is_empty() => {
            diagnostic.help(format!("put it in quotes: `\"{text}\"`"))
        }
        Content::Scalar {
            kind: ScalarKind::Expanded,
            ..
        } => diagnostic.help(format!("choose another value: {expected} is needed here")),
        Content::Scalar { text, .. } if wants_list && text.len() <= 40 => {
            diagnostic.help(format!("write a list: `[{}]`", text.escape_debug()))
        }
        Content::Scalar { text, kind } if *kind == ScalarKind::String => {
            let bare = ScalarKind::of_plain(text) != ScalarKind::String;
            diagnostic.help(if bare {
                format!("remove the quotes: `{text}`")
            } else {
                format!("write {expected}{quotes}")
            })
        }
        _ => diagnostic.help(format!("write {expected}")),
    }
}

/// serde's own words for what is expected, in the words of recipes.
fn plain(expected: &dyn Expected) -> String {
    let text = expected.to_string();
    let largest = match text.as_str() {
        "u8" => u64::from(u8::MAX),
        "u16" => u64::from(u16::MAX),
        "u32" => u64::from(u32::MAX),
        "u64" => return "a whole number from 0 on".to_owned(),
        "a string" => return "text".to_owned(),
        "a boolean" => return "`true` or `false`".to_owned(),
        "a sequence" => return "a list".to_owned(),
        "a map" => return "a mapping".to_owned(),
        _ if text.starts_with("struct ") || text.starts_with("newtype variant") => {
            return "a mapping".to_owned();
        }
        _ => return text,
    };
    format!("a whole number from 0 to {largest}")
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Error {}

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Value(message.to_string())
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::Type {
            expected: plain(expected),
        }
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let expected = plain(expected);
        Self::Value(format!("this is not {expected}\nwrite {expected}"))
    }

    fn unknown_variant(word: &str, known: &'static [&'static str]) -> Self {
        Self::Word {
            word: word.to_owned(),
            known: known.to_vec(),
        }
    }

    fn unknown_field(key: &str, known: &'static [&'static str]) -> Self {
        Self::Key {
            key: key.to_owned(),
            known: known.to_vec(),
        }
    }

    fn missing_field(key: &'static str) -> Self {
        Self::Missing(key)
    }
}
