//! YAML from values.
//!
//! Mappings and lists of mappings are blocks, lists of words stay on a line while they fit. Text
//! stands without quotes where no reader of YAML, old or new, can take it for something else, and
//! text of several lines is a block scalar where nothing in it needs an escape.

use super::value::Value;
use crate::syntax::ScalarKind;
use crate::syntax::format::WIDTH;

const INDENT: usize = 2;

/// A text as it stands in YAML: in quotes, where any reader would take it for something else
/// without them.
pub fn yaml_text(text: &str) -> String {
    quoted_if_needed(text, false)
}

/// The text of a value.
pub(super) fn write(value: &Value<'_>) -> String {
    let mut out = String::new();
    match value {
        Value::Mapping(entries) if !entries.is_empty() => groups(&mut out, entries),
        other => {
            after_key(&mut out, other, 0);
            out = out.trim_start().to_owned();
        }
    }
    out
}

/// The keys at the top, with a blank line around those that hold several lines.
fn groups(out: &mut String, entries: &[(&str, Value<'_>)]) {
    let mut last_is_block = false;
    for (index, (key, value)) in entries.iter().enumerate() {
        let mut entry = key_text(key);
        after_key(&mut entry, value, 0);
        let is_block = value.is_collection() && entry.trim_end().contains('\n');
        if index > 0 && (is_block || last_is_block) {
            out.push('\n');
        }
        out.push_str(&entry);
        last_is_block = is_block;
    }
}

fn mapping(out: &mut String, entries: &[(&str, Value<'_>)], indent: usize) {
    for (index, (key, value)) in entries.iter().enumerate() {
        if index > 0 {
            out.push_str(&" ".repeat(indent));
        }
        out.push_str(&key_text(key));
        after_key(out, value, indent);
    }
}

/// The colon, the value, and the line's end.
fn after_key(out: &mut String, value: &Value<'_>, indent: usize) {
    let column = out.rsplit('\n').next().unwrap_or_default().chars().count();
    out.push(':');
    let deeper = indent + INDENT;
    match value {
        Value::Mapping(entries) if !entries.is_empty() => {
            out.push_str(&format!("\n{}", " ".repeat(deeper)));
            mapping(out, entries, deeper);
        }
        _ => after_mark(out, value, deeper, column + 1),
    }
}

/// A value behind `:` or `-`, which end at `column`.
fn after_mark(out: &mut String, value: &Value<'_>, indent: usize, column: usize) {
    match value {
        Value::Plain(text) => out.push_str(&format!(" {text}\n")),
        Value::Text(text) => match block(text, indent) {
            Some(block) => out.push_str(&format!(" {block}")),
            None => out.push_str(&format!(" {}\n", quoted_if_needed(text, false))),
        },
        Value::Mapping(entries) if entries.is_empty() => out.push_str(" {}\n"),
        Value::Mapping(entries) => {
            out.push(' ');
            mapping(out, entries, indent);
        }
        Value::List(items) => match flow(items, WIDTH.saturating_sub(column + 1)) {
            Some(list) => out.push_str(&format!(" {list}\n")),
            None => {
                out.push('\n');
                for item in items {
                    out.push_str(&format!("{}-", " ".repeat(indent)));
                    let deeper = indent + INDENT;
                    after_mark(out, item, deeper, deeper);
                }
            }
        },
    }
}

/// A list on one line, if it is one of words and short enough.
fn flow(items: &[Value<'_>], width: usize) -> Option<String> {
    let mut words = Vec::new();
    for item in items {
        words.push(match item {
            Value::Plain(text) => text.to_string(),
            Value::Text(text) if !has_lines(text) => quoted_if_needed(text, true),
            _ => return None,
        });
    }
    let list = format!("[{}]", words.join(", "));
    (list.chars().count() <= width || words.is_empty()).then_some(list)
}

fn key_text(key: &str) -> String {
    quoted_if_needed(key, true)
}

fn has_lines(text: &str) -> bool {
    text.contains('\n')
}

/// Text of several lines as a literal block scalar, header and line end included.
fn block(text: &str, indent: usize) -> Option<String> {
    let body = text.strip_suffix('\n').unwrap_or(text);
    let first = body.chars().next()?;
    let is_fit = has_lines(text)
        && !first.is_whitespace()
        && !body.ends_with('\n')
        && body.split('\n').all(|line| {
            line.chars().all(|c| c == '\t' || is_printable(c))
                && (line.is_empty() || !line.trim().is_empty())
        });
    if !is_fit {
        return None;
    }
    let mut out = String::from(if text.ends_with('\n') { "|\n" } else { "|-\n" });
    for line in body.split('\n') {
        if !line.is_empty() {
            out.push_str(&" ".repeat(indent));
            out.push_str(line);
        }
        out.push('\n');
    }
    Some(out)
}

/// What may stand in YAML as it is (YAML 1.2.2, section 5.1) and is seen by whoever reads it.
fn is_printable(c: char) -> bool {
    !c.is_control()
        && !matches!(
            c,
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
        )
}

fn quoted_if_needed(text: &str, in_flow: bool) -> String {
    if is_plain(text, in_flow) {
        text.to_owned()
    } else {
        quoted(text)
    }
}

/// Whether every reader takes the text without quotes for the same text.
fn is_plain(text: &str, in_flow: bool) -> bool {
    const WORDS: [&str; 10] = [
        "y", "n", "yes", "no", "on", "off", "true", "false", "null", "none",
    ];
    let first_is_safe = text.starts_with(|c: char| {
        c.is_alphanumeric() || matches!(c, '/' | '_' | '.' | '$' | '(' | '+' | '~')
    }) || text.starts_with("--");
    // Numbers, times and dates of any version of YAML begin like one and have no other letters.
    let like_a_number = text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c))
        && text
            .chars()
            .all(|c| c.is_ascii_hexdigit() || "+-._:xoTZ infaINFA".contains(c));
    first_is_safe
        && (text.chars()).all(|c| c.is_alphanumeric() || c == ' ' || c.is_ascii_punctuation())
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && !matches!(text, "---" | "...")
        && !text.starts_with("--- ")
        && !text.starts_with("... ")
        && !(in_flow && text.contains([',', '[', ']', '{', '}', ':', '"', '\'']))
        && ScalarKind::of_plain(text) == ScalarKind::String
        && !WORDS.contains(&text.to_lowercase().as_str())
        && !like_a_number
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if is_printable(c) => out.push(c),
            c => out.push_str(&match u32::from(c) {
                code @ 0..=0xff => format!("\\x{code:02X}"),
                code @ 0..=0xffff => format!("\\u{code:04X}"),
                code => format!("\\U{code:08X}"),
            }),
        }
    }
    out.push('"');
    out
}
