//! Paths as messages show them.

use std::fmt::{self, Write};

/// A path inside a root, shown absolute, with everything a terminal or a log line could trip over
/// (control characters, bytes that are no UTF-8, backslashes) escaped.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a>(&'a [u8]);

/// Shows `path`, which is relative to its root.
pub fn display(path: &[u8]) -> Shown<'_> {
    Shown(path)
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('/')?;
        for chunk in self.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                if c.is_control() || c == '\\' {
                    write!(f, "{}", c.escape_default())?;
                } else {
                    f.write_char(c)?;
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_names_are_escaped() {
        for (path, shown) in [
            (&b""[..], "/"),
            (b"usr/bin/caf\xc3\xa9", "/usr/bin/café"),
            (b"a\nb\x1b[1m\\", r"/a\nb\u{1b}[1m\\"),
            (b"\xff/x", r"/\xff/x"),
        ] {
            assert_eq!(display(path).to_string(), shown);
        }
    }
}
