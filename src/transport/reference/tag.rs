//! Tags of image layouts.

use std::fmt;
use std::str::FromStr;

use crate::transport::failure::ParseReferenceError;

/// A tag: the value of `org.opencontainers.image.ref.name`, in the grammar of the image-spec's
/// [annotations.md].
///
/// [annotations.md]: https://github.com/opencontainers/image-spec/blob/v1.1.0/annotations.md#pre-defined-annotation-keys
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tag(String);

impl Tag {
    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Tag {
    type Err = ParseReferenceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.split('/').all(is_component) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ParseReferenceError::Tag {
                tag: text.to_owned(),
            })
        }
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `component ::= alphanum (separator alphanum)*`, `separator ::= [-._:@+] | "--"`.
fn is_component(component: &str) -> bool {
    let mut separators = component.split(|c: char| c.is_ascii_alphanumeric());
    let ends = component.starts_with(|c: char| c.is_ascii_alphanumeric())
        && component.ends_with(|c: char| c.is_ascii_alphanumeric());
    ends && separators
        .all(|separator| matches!(separator, "" | "-" | "." | "_" | ":" | "@" | "+" | "--"))
}
