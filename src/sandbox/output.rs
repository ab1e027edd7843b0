//! A stream of bytes, cut into lines with bounded memory.

/// No more than this is kept of a line that does not end.
const LONGEST: usize = 64 << 10;

/// Collects bytes until a line is complete.
#[derive(Default)]
pub(super) struct Lines {
    pending: Vec<u8>,
}

impl Lines {
    /// Takes bytes and gives every line that they complete, without its newline; a line of more
    /// than 64 KiB in pieces.
    pub(super) fn push(&mut self, mut bytes: &[u8], line: &mut dyn FnMut(&[u8])) {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            self.extend(&bytes[..end], line);
            line(&self.pending);
            self.pending.clear();
            bytes = &bytes[end + 1..];
        }
        self.extend(bytes, line);
    }

    fn extend(&mut self, mut bytes: &[u8], line: &mut dyn FnMut(&[u8])) {
        while self.pending.len() + bytes.len() > LONGEST {
            let (now, later) = bytes.split_at(LONGEST - self.pending.len());
            self.pending.extend_from_slice(now);
            line(&self.pending);
            self.pending.clear();
            bytes = later;
        }
        self.pending.extend_from_slice(bytes);
    }

    /// Gives the last line if nothing ended it.
    pub(super) fn finish(self, line: &mut dyn FnMut(&[u8])) {
        if !self.pending.is_empty() {
            line(&self.pending);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, Lines};

    fn cut(pieces: &[&[u8]]) -> Vec<Vec<u8>> {
        let mut seen = Vec::new();
        let mut lines = Lines::default();
        for piece in pieces {
            lines.push(piece, &mut |line| seen.push(line.to_vec()));
        }
        lines.finish(&mut |line| seen.push(line.to_vec()));
        seen
    }

    #[test]
    fn lines_may_come_in_pieces() {
        assert_eq!(
            cut(&[b"a\nb", b"c\n\n", b"d"]),
            [&b"a"[..], b"bc", b"", b"d"]
        );
        assert!(cut(&[b""]).is_empty());
    }

    #[test]
    fn a_long_line_is_cut() {
        let long = vec![b'x'; LONGEST + 1];
        let seen = cut(&[&long, b"\n"]);
        let lengths: Vec<usize> = seen.iter().map(Vec::len).collect();
        assert_eq!(lengths, [LONGEST, 1]);
        let full = vec![b'x'; LONGEST];
        assert_eq!(cut(&[&full, b"\n"]).len(), 1);
    }
}
