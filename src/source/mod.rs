//! Recipe texts and places in them.
//!
//! A [`Span`] is a range of bytes; [`LineIndex`] is the only place that turns bytes into lines and
//! columns.

mod file;
mod lines;
mod span;

pub use file::SourceFile;
pub use lines::{LineIndex, Position};
pub use span::Span;
