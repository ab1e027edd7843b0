//! What can be done to a text without understanding it.

/// The text without spaces at the ends of lines, with at most one blank line in a row, none at the
/// beginning and none at the end.
pub(super) fn tidied(text: &str, line_end: &str) -> String {
    let mut out = String::new();
    let mut blank = false;
    for line in text.lines() {
        let line = line.trim_end_matches([' ', '\t', '\r']);
        if line.is_empty() {
            blank = !out.is_empty();
            continue;
        }
        if blank {
            out.push_str(line_end);
        }
        blank = false;
        out.push_str(line);
        out.push_str(line_end);
    }
    out
}
