//! YAML and TOML: a text goes in, one tree with places comes out.
//!
//! Both formats become the same [`Document`], in which every key and value knows its bytes and
//! every scalar keeps the text that was written (`3.10` stays `3.10`). [`decode`] reads a type out
//! of it through serde and goes on after a problem, so that one run reports all of them.

mod convert;
mod decode;
mod document;
mod format;
mod layout;
mod node;
mod notation;
mod path;
mod rewrite;
mod scalar_kind;
mod tag;
mod toml;
mod written;
mod yaml;

pub use convert::{ConvertProblem, convert, schema_of, yaml_text};
pub use decode::{Decoded, decode};
pub use document::Document;
pub use format::{FormattedText, comments, format};
pub use layout::Layout;
pub use notation::Notation;
pub use path::PathSegment;
pub use rewrite::Rewritten;
pub use scalar_kind::ScalarKind;
pub use written::Written;
