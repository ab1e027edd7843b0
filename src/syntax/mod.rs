//! YAML and TOML: a text goes in, one tree with places comes out.
//!
//! Both formats become the same [`Document`], in which every key and value knows its bytes and
//! every scalar keeps the text that was written (`3.10` stays `3.10`). [`decode`] reads a type out
//! of it through serde and goes on after a problem, so that one run reports all of them.

mod decode;
mod document;
mod layout;
mod node;
mod path;
mod scalar_kind;
mod tag;
mod toml;
mod written;
mod yaml;

pub use decode::{Decoded, decode};
pub use document::Document;
pub use layout::Layout;
pub use path::PathSegment;
pub use scalar_kind::ScalarKind;
pub use written::Written;
