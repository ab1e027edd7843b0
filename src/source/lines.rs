//! Byte ⇄ line and column.

use std::ops::Range;

/// A place as people count it: both from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in Unicode scalar values, from 1.
    pub column: usize,
}

/// At the beginning of a file it says that the text is UTF-8, and is no part of the text.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Where each line of a text begins.
#[derive(Debug)]
pub struct LineIndex {
    starts: Vec<usize>,
}

impl LineIndex {
    /// Indexes `text`. Lines end at `\n`; a `\r` before it belongs to the line.
    pub fn new(text: &str) -> Self {
        let ends = text
            .bytes()
            .enumerate()
            .filter(|(_, byte)| *byte == b'\n')
            .map(|(offset, _)| offset + 1);
        Self {
            starts: std::iter::once(0).chain(ends).collect(),
        }
    }

    /// The bytes of line `line` of `text`, from 1, without its end.
    pub fn range(&self, text: &str, line: usize) -> Range<usize> {
        let Some(before) = line.checked_sub(1) else {
            return 0..0;
        };
        let start = self.starts.get(before).map_or(text.len(), |start| *start);
        let end = self.starts.get(line).map_or(text.len(), |next| next - 1);
        let line = &text[start..end];
        start..start + line.strip_suffix('\r').unwrap_or(line).len()
    }

    /// Line and column of byte `offset` of `text`, which must be the text that was indexed. An
    /// offset inside a character gives that character's column; one past the end gives the end.
    pub fn position(&self, text: &str, offset: usize) -> Position {
        let offset = text.floor_char_boundary(offset.min(text.len()));
        let line = self.starts.partition_point(|start| *start <= offset) - 1;
        let before = &text[self.starts[line]..offset];
        let before = match line {
            0 => before.strip_prefix(BYTE_ORDER_MARK).unwrap_or(before),
            _ => before,
        };
        Position {
            line: line + 1,
            column: before.chars().count() + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_not_bytes() {
        let text = "a: é\n日本: x\r\n";
        let index = LineIndex::new(text);
        let at = |offset| {
            let p = index.position(text, offset);
            (p.line, p.column)
        };
        assert_eq!(at(0), (1, 1));
        assert_eq!(at(5), (1, 5));
        assert_eq!(at(6), (2, 1));
        assert_eq!(at(text.find('x').unwrap()), (2, 5));
        assert_eq!(at(7), (2, 1), "inside a character");
        assert_eq!(at(usize::MAX), (3, 1));
        let marked = "\u{feff}a: b";
        let column = |offset| LineIndex::new(marked).position(marked, offset).column;
        assert_eq!([column(0), column(3), column(4)], [1, 1, 2]);
        let line = |number| &text[index.range(text, number)];
        assert_eq!(
            [line(0), line(1), line(2), line(3), line(4)],
            ["", "a: é", "日本: x", "", ""]
        );
    }
}
