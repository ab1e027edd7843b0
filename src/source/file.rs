//! A recipe's text and its name.

use std::ops::Range;
use std::sync::Arc;

use super::{LineIndex, Position, Span};

/// The text of one recipe, read once, with the name under which messages speak of it.
#[derive(Debug, Clone)]
pub struct SourceFile {
    name: Arc<str>,
    text: Arc<str>,
    lines: Arc<LineIndex>,
}

impl SourceFile {
    /// Takes a text and the name to show for it (a path as the user gave it, or `<stdin>`).
    pub fn new(name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        Self {
            name: name.into(),
            lines: Arc::new(LineIndex::new(&text)),
            text,
        }
    }

    /// The name to show.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Line and column of a byte offset; offsets past the end give the end.
    pub fn position(&self, offset: usize) -> Position {
        self.lines.position(&self.text, offset)
    }

    /// The bytes of a line, counted from 1, without its end.
    pub fn line_range(&self, line: usize) -> Range<usize> {
        self.lines.range(&self.text, line)
    }

    /// The text of a span, cut to the file and to whole characters.
    pub fn slice(&self, span: Span) -> &str {
        let start = self.text.floor_char_boundary(span.start);
        let end = self.text.ceil_char_boundary(span.end.max(start));
        &self.text[start..end]
    }
}
