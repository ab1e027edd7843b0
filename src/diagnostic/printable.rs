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

/// One line that a command printed, for a terminal: what sets colours is left out, tabs stay, and
/// other active characters are written out as [`printable`] does it.
pub fn harmless(line: &str) -> Cow<'_, str> {
    let is_kept = |c: char| c == '\t' || !is_active(c);
    if line.chars().all(is_kept) {
        return Cow::Borrowed(line);
    }
    let mut safe = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = after_colour(rest) {
            rest = after;
            continue;
        }
        match is_kept(c) {
            true => safe.push(c),
            false => safe.extend(c.escape_default()),
        }
        rest = &rest[c.len_utf8()..];
    }
    Cow::Owned(safe)
}

/// What comes after the "select graphic rendition" that a text begins with (ECMA-48, 8.3.117).
fn after_colour(text: &str) -> Option<&str> {
    let parameters = text.strip_prefix("\u{1b}[")?;
    let is_parameter = |c: char| c.is_ascii_digit() || matches!(c, ';' | ':');
    (parameters.trim_start_matches(is_parameter)).strip_prefix('m')
}

/// A JSON text in which all active characters of its strings are escaped: JSON asks that of the first
/// thirty-two only.
pub fn harmless_json(json: &str) -> Cow<'_, str> {
    if !json.contains(is_active) {
        return Cow::Borrowed(json);
    }
    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        // But for ends of lines they stand in strings alone, and all of them are of the first plane.
        match is_active(c) && c != '\n' {
            true => safe.push_str(&format!("\\u{:04x}", u32::from(c))),
            false => safe.push(c),
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
    fn a_command_s_line_acts_on_no_terminal() {
        for (line, shown) in [
            ("a\tb é", "a\tb é"),
            ("\u{1b}[1;31mred\u{1b}[0m \u{1b}[m\u{1b}[38:5:1mx", "red x"),
            ("10 %\r20 %", "10 %\\r20 %"),
            ("\u{1b}]0;title\u{7}", "\\u{1b}]0;title\\u{7}"),
            ("\u{1b}[2J\u{1b}[31", "\\u{1b}[2J\\u{1b}[31"),
            ("\u{9b}2J\u{8}\u{202e}", "\\u{9b}2J\\u{8}\\u{202e}"),
        ] {
            assert_eq!(harmless(line), shown);
        }
    }

    #[test]
    fn json_stays_what_it_says() {
        let json = serde_json::to_string("\u{1b}é\u{7f}\u{9b}\u{202e}").unwrap();
        let safe = harmless_json(&json);
        assert_eq!(safe, r#""\u001bé\u007f\u009b\u202e""#);
        let (before, after): (String, String) = (
            serde_json::from_str(&json).unwrap(),
            serde_json::from_str(&safe).unwrap(),
        );
        assert_eq!(before, after);
    }

    #[test]
    fn masks_have_the_same_bytes() {
        let text = "a\tb\r\nc\rd\u{1b}\u{85}\u{202e}é\u{feff}\0";
        let masked = masked(text);
        assert_eq!(masked, "a\tb\r\nc?d?¿\u{fffd}é\u{fffd}?");
        assert_eq!(masked.len(), text.len());
    }
}
