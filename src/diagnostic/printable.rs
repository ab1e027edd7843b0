//! Keeping a recipe's text from steering what shows it.

use std::borrow::Cow;

/// Whether a character acts on a terminal or on the text around it instead of being seen:
/// controls, and the characters by which Unicode changes the direction of writing or the line.
fn is_active(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
        )
}

/// One line of text in which active characters are written as `\n` or `\u{1b}`.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_active) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if is_active(c) {
            safe.extend(c.escape_default());
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// The text with a mark of as many bytes in place of each active character, but for tabs and the
/// ends of lines: places in it stay what they are.
pub(super) fn masked(text: &str) -> Cow<'_, str> {
    let is_kept = |at: usize, c: char| match c {
        '\t' | '\n' => true,
        '\u{feff}' => at == 0,
        '\r' => text[at..].starts_with("\r\n"),
        c => !is_active(c),
    };
    if text.char_indices().all(|(at, c)| is_kept(at, c)) {
        return Cow::Borrowed(text);
    }
    let mask = |(at, c): (usize, char)| match c.len_utf8() {
        _ if is_kept(at, c) => c,
        1 => '?',
        2 => '¿',
        _ => '\u{fffd}',
    };
    Cow::Owned(text.char_indices().map(mask).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_is_written_out() {
        assert_eq!(printable("é日`a\"b`"), "é日`a\"b`");
        assert_eq!(
            printable("\u{1b}[2J\n\u{9b}\u{202e}"),
            "\\u{1b}[2J\\n\\u{9b}\\u{202e}"
        );
    }

    #[test]
    fn masks_have_the_same_bytes() {
        let text = "a\tb\r\nc\rd\u{1b}\u{85}\u{202e}é\u{feff}\0";
        let masked = masked(text);
        assert_eq!(masked, "a\tb\r\nc?d?¿\u{fffd}é\u{fffd}?");
        assert_eq!(masked.len(), text.len());
    }
}
