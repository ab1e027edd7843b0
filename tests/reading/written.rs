//! A value as YAML, in forms that choices pick.

use std::fmt::Write as _;

use super::value::Value;

/// An endless stream of choices.
pub(super) struct Style<'c> {
    choices: &'c [u8],
    at: usize,
}

impl<'c> Style<'c> {
    pub(super) fn new(choices: &'c [u8]) -> Self {
        Self { choices, at: 0 }
    }

    /// A number below `count`.
    fn choose(&mut self, count: u8) -> u8 {
        let choice = self.choices[self.at % self.choices.len()];
        self.at += 1;
        choice % count
    }
}

/// The document that holds `value`.
pub(super) fn written(value: &Value, style: &mut Style<'_>) -> String {
    let mut text = String::new();
    if style.choose(4) == 0 {
        text.push_str("# a comment\n---\n");
    }
    block(&mut text, value, 0, style);
    if style.choose(4) == 0 {
        text.push_str("...\n");
    }
    text
}

fn indent(text: &mut String, depth: usize) {
    text.extend(std::iter::repeat_n(' ', depth));
}

/// Writes a value at the beginning of a line, and ends the line.
fn block(text: &mut String, value: &Value, depth: usize, style: &mut Style<'_>) {
    match value {
        Value::List(items) if !items.is_empty() && style.choose(4) > 0 => {
            for item in items {
                indent(text, depth);
                text.push('-');
                after(text, item, depth, style);
            }
        }
        Value::Mapping(entries) if !entries.is_empty() && style.choose(4) > 0 => {
            for (key, value) in entries {
                indent(text, depth);
                if style.choose(6) == 0 {
                    text.push_str("? ");
                    one_line(text, key, style);
                    text.push('\n');
                    indent(text, depth);
                } else {
                    one_line(text, key, style);
                }
                text.push(':');
                after(text, value, depth, style);
            }
        }
        _ => {
            indent(text, depth);
            flow(text, value, style);
            end(text, style);
        }
    }
}

/// Writes a value after `-` or `:`, and ends the line.
fn after(text: &mut String, value: &Value, depth: usize, style: &mut Style<'_>) {
    let deeper = depth + 1 + usize::from(style.choose(4));
    match value {
        Value::List(items) if !items.is_empty() && style.choose(3) > 0 => {
            end(text, style);
            block(text, value, deeper, style);
        }
        Value::Mapping(entries) if !entries.is_empty() && style.choose(3) > 0 => {
            end(text, style);
            block(text, value, deeper, style);
        }
        Value::Text(content) if is_literal(content) && style.choose(3) > 0 => {
            literal(text, content, deeper, style);
        }
        Value::Null if style.choose(2) == 0 => end(text, style),
        _ => {
            text.push(if style.choose(5) == 0 { '\t' } else { ' ' });
            flow(text, value, style);
            end(text, style);
        }
    }
}

fn end(text: &mut String, style: &mut Style<'_>) {
    text.push_str(match style.choose(8) {
        0 => " # comment: {\n",
        1 => "  \n",
        2 => "\n\n# - comment\n",
        _ => "\n",
    });
}

/// Whether a block scalar can hold a text: not one of white space alone.
fn is_literal(content: &str) -> bool {
    content.contains(|c: char| !c.is_whitespace())
}

/// A literal block scalar: its indentation is said, so that the text may begin with spaces.
fn literal(text: &mut String, content: &str, depth: usize, style: &mut Style<'_>) {
    let (chomping, body) = match content.strip_suffix('\n') {
        Some(rest) if !rest.ends_with('\n') => ("", rest),
        Some(rest) => ("+", rest),
        None => ("-", content),
    };
    // The indicator counts from the parent, which stands at least one column before.
    let explicit = content.starts_with([' ', '\n', '\t']) || style.choose(3) == 0;
    let parent = text
        .lines()
        .last()
        .map_or(0, |line| line.len() - line.trim_start_matches(' ').len());
    text.push_str(" |");
    let depth = if explicit {
        parent + 2
    } else {
        depth.max(parent + 1)
    };
    if explicit {
        text.push('2');
    }
    text.push_str(chomping);
    text.push('\n');
    for line in body.split('\n') {
        if !line.is_empty() {
            indent(text, depth);
        }
        text.push_str(line);
        text.push('\n');
    }
}

/// A value within one line.
fn flow(text: &mut String, value: &Value, style: &mut Style<'_>) {
    match value {
        Value::Null => text.push_str(["~", "null", "Null", "NULL"][usize::from(style.choose(4))]),
        Value::Boolean(true) => {
            text.push_str(["true", "True", "TRUE"][usize::from(style.choose(3))])
        }
        Value::Boolean(false) => {
            text.push_str(["false", "False", "FALSE"][usize::from(style.choose(3))]);
        }
        Value::Integer(number) => match style.choose(4) {
            0 if *number >= 0 => write!(text, "{number:#x}").unwrap(),
            1 if *number >= 0 => write!(text, "{number:#o}").unwrap(),
            2 if *number >= 0 => write!(text, "+{number}").unwrap(),
            _ => write!(text, "{number}").unwrap(),
        },
        Value::Float(number) => match style.choose(2) {
            0 => write!(text, "{number:?}").unwrap(),
            _ => write!(text, "{number:e}").unwrap(),
        },
        Value::Text(content) => one_line(text, content, style),
        Value::List(items) => {
            text.push('[');
            for item in items {
                flow(text, item, style);
                text.push_str(if style.choose(3) == 0 { " ,  " } else { ", " });
            }
            text.push(']');
        }
        Value::Mapping(entries) => {
            text.push('{');
            for (key, value) in entries {
                one_line(text, key, style);
                text.push_str(": ");
                flow(text, value, style);
                text.push_str(", ");
            }
            text.push('}');
        }
    }
}

/// Text within one line: plain if it cannot be taken for anything else, or in quotes.
fn one_line(text: &mut String, content: &str, style: &mut Style<'_>) {
    let is_word = content.starts_with(|c: char| c.is_ascii_lowercase())
        && content
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'))
        && !matches!(content, "null" | "true" | "false");
    let is_printable = !content.contains(['\n', '\t', '\\']);
    match style.choose(3) {
        0 if is_word => text.push_str(content),
        1 if is_printable => write!(text, "'{}'", content.replace('\'', "''")).unwrap(),
        _ => double_quoted(text, content, style),
    }
}

fn double_quoted(text: &mut String, content: &str, style: &mut Style<'_>) {
    text.push('"');
    for c in content.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\t' => text.push_str("\\t"),
            c if style.choose(12) == 0 => write!(text, "\\U{:08x}", u32::from(c)).unwrap(),
            c => text.push(c),
        }
    }
    text.push('"');
}
