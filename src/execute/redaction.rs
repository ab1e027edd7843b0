//! Secrets in what a command prints, replaced.
//!
//! Output comes in lines, and a very long line in pieces, so a value is looked for line by line,
//! and what may be the beginning of one at the end of a piece waits for the next piece. This catches
//! what is printed by mistake. A command that wants to tell can write it in another way.

use memchr::memmem::Finder;

/// What stands where a secret was.
const MARK: &[u8] = b"***";
/// Shorter lines of a secret with several are words like any other.
const SHORTEST_LINE: usize = 4;
/// Pieces of this length may go on: no other piece is without an end of line.
const PIECE: usize = 64 << 10;

/// Takes secrets out of lines.
#[derive(Default)]
pub(super) struct Redaction {
    /// Longest first.
    needles: Vec<Finder<'static>>,
    /// The end of the last piece, if a secret may begin in it.
    held: Vec<u8>,
}

impl Redaction {
    /// For the values of some secrets.
    pub(super) fn new<'s>(secrets: impl Iterator<Item = &'s [u8]>) -> Self {
        let mut lines: Vec<&[u8]> = secrets.flat_map(lines).collect();
        lines.sort_by_key(|line| std::cmp::Reverse(line.len()));
        lines.dedup();
        Self {
            needles: (lines.into_iter())
                .map(|line| Finder::new(line).into_owned())
                .collect(),
            held: Vec::new(),
        }
    }

    /// What may be shown of a line, or of a piece of one.
    pub(super) fn line(&mut self, piece: &[u8]) -> Vec<u8> {
        if self.needles.is_empty() {
            return piece.to_vec();
        }
        let mut text = std::mem::take(&mut self.held);
        text.extend_from_slice(piece);
        let mut shown = Vec::with_capacity(text.len());
        let mut rest = text.as_slice();
        while let Some((start, length)) = self.first(rest) {
            shown.extend_from_slice(&rest[..start]);
            shown.extend_from_slice(MARK);
            rest = &rest[start + length..];
        }
        let kept = if piece.len() == PIECE {
            self.beginning(rest)
        } else {
            0
        };
        let (now, later) = rest.split_at(rest.len() - kept);
        shown.extend_from_slice(now);
        self.held = later.to_vec();
        shown
    }

    /// What is left when there is no more output.
    pub(super) fn finish(&mut self) -> Option<Vec<u8>> {
        let held = std::mem::take(&mut self.held);
        (!held.is_empty()).then_some(held)
    }

    /// The first secret in a text, the longest of those that begin there.
    fn first(&self, text: &[u8]) -> Option<(usize, usize)> {
        let found = self.needles.iter().filter_map(|needle| {
            let length = needle.needle().len();
            Some((needle.find(text)?, length))
        });
        found.min_by_key(|(start, length)| (*start, std::cmp::Reverse(*length)))
    }

    /// How much of the end of a text is the beginning of a secret.
    fn beginning(&self, text: &[u8]) -> usize {
        let longest = |needle: &Finder<'_>| {
            let needle = needle.needle();
            let most = text.len().min(needle.len() - 1);
            (1..=most)
                .rev()
                .find(|length| text.ends_with(&needle[..*length]))
        };
        self.needles.iter().filter_map(longest).max().unwrap_or(0)
    }
}

/// What is looked for of a secret.
fn lines(secret: &[u8]) -> impl Iterator<Item = &[u8]> {
    let whole = secret.trim_ascii_end();
    let least = if whole.contains(&b'\n') {
        SHORTEST_LINE
    } else {
        1
    };
    let lines = whole.split(|byte| *byte == b'\n');
    lines
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .filter(move |line| line.len() >= least)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(secrets: &[&[u8]], pieces: &[&[u8]]) -> Vec<String> {
        let mut redaction = Redaction::new(secrets.iter().copied());
        let mut all: Vec<Vec<u8>> = pieces.iter().map(|piece| redaction.line(piece)).collect();
        all.extend(redaction.finish());
        let text = |line: &Vec<u8>| String::from_utf8_lossy(line).into_owned();
        all.iter().map(text).collect()
    }

    #[test]
    fn a_secret_is_replaced_wherever_it_stands() {
        let lines: [&[u8]; 3] = [b"a hunter2hunter2 b", b"hunter", b"2"];
        assert_eq!(
            shown(&[b"hunter2\n"], &lines),
            ["a ****** b", "hunter", "2"]
        );
        assert_eq!(shown(&[b"", b"\n"], &[b"as it is"]), ["as it is"]);
    }

    #[test]
    fn the_longest_wins_and_lines_count_singly() {
        let key = b"-----BEGIN-----\r\nAAAABBBB\nab\n-----END-----\n";
        let lines: [&[u8]; 3] = [b"AAAABBBB", b"x-----BEGIN-----", b"about"];
        assert_eq!(shown(&[key], &lines), ["***", "x***", "about"]);
        assert_eq!(shown(&[b"to", b"token"], &[b"token to"]), ["*** ***"]);
    }

    #[test]
    fn a_secret_in_two_pieces_of_a_line_is_found() {
        let mut first = vec![b'x'; PIECE - 3];
        first.extend(b"hun");
        let all = shown(&[b"hunter2"], &[&first, b"ter2 y"]);
        assert_eq!(all, ["x".repeat(PIECE - 3), "*** y".to_owned()]);
        // And what only looked like one is not lost.
        let all = shown(&[b"hunter2"], &[&first]);
        assert_eq!(all, ["x".repeat(PIECE - 3), "hun".to_owned()]);
    }

    #[test]
    fn a_secret_may_be_longer_than_a_piece() {
        let secret: Vec<u8> = (0..3 * PIECE).map(|at| b'a' + (at % 23) as u8).collect();
        let pieces: Vec<&[u8]> = secret.chunks(PIECE).collect();
        let text = shown(&[&secret], &[pieces.as_slice(), &[b"end"]].concat());
        assert_eq!(text.concat(), "***end");
    }
}
