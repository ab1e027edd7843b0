//! The layout of TOML.
//!
//! Expressions stay in their order and on lines of their own. Arrays stay on one line while they
//! fit and nothing in them asks for more: a comment does, and so does a line end after the opening
//! bracket. Strings, numbers and keys are never rewritten.

use toml_parser::parser::EventKind;

use super::trace::toml_events;

const INDENT: usize = 2;

/// The text in the project's layout.
pub(super) fn lay_out(text: &str, line_end: &str, width: usize) -> String {
    let layout = Layout { line_end, width };
    let mut events = Events {
        events: toml_events(text),
        next: 0,
    };
    let mut out = Lines {
        text: String::new(),
        line_end,
        last: Line::None,
        blank: false,
    };
    let mut line_ends = 0;
    while let Some((kind, text)) = events.take() {
        match kind {
            EventKind::Newline => {
                line_ends += 1;
                out.blank = line_ends > 1;
                continue;
            }
            EventKind::Comment => out.line(Line::Comment, text.trim_end()),
            EventKind::StdTableOpen | EventKind::ArrayTableOpen => {
                let header = events.header(text);
                out.blank |= out.last == Line::Entry;
                let comment = events.comment_on_this_line();
                out.line(Line::Header, &format!("{header}{comment}"));
            }
            EventKind::SimpleKey => {
                let key = events.key(text);
                let value = events.value();
                let comment = events.comment_on_this_line();
                let mut entry = format!("{key} = ");
                value.write(&mut entry, 0, comment.chars().count(), layout);
                entry.push_str(&comment);
                out.line(Line::Entry, &entry);
            }
            _ => continue,
        }
        line_ends = 0;
    }
    out.text
}

/// How lines end, and how long they may be.
#[derive(Clone, Copy)]
struct Layout<'t> {
    line_end: &'t str,
    width: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Line {
    None,
    Comment,
    Header,
    Entry,
}

struct Lines<'t> {
    text: String,
    line_end: &'t str,
    last: Line,
    /// Whether a blank line comes before the next one.
    blank: bool,
}

impl Lines<'_> {
    fn line(&mut self, kind: Line, text: &str) {
        if self.blank && self.last != Line::None {
            self.text.push_str(self.line_end);
        }
        self.text.push_str(text);
        self.text.push_str(self.line_end);
        self.last = kind;
        self.blank = false;
    }
}

struct Events<'t> {
    events: Vec<(EventKind, &'t str)>,
    next: usize,
}

impl<'t> Events<'t> {
    fn take(&mut self) -> Option<(EventKind, &'t str)> {
        let event = self.events.get(self.next).copied();
        self.next += 1;
        event
    }

    /// A header, from its opening bracket.
    fn header(&mut self, open: &str) -> String {
        let mut header = open.to_owned();
        while let Some((kind, text)) = self.take() {
            if kind != EventKind::Whitespace {
                header.push_str(text);
            }
            if matches!(
                kind,
                EventKind::StdTableClose | EventKind::ArrayTableClose | EventKind::Newline
            ) {
                break;
            }
        }
        header
    }

    /// A key, from its first part up to the sign of equality.
    fn key(&mut self, first: &str) -> String {
        let mut key = first.to_owned();
        while let Some((kind, text)) = self.take() {
            match kind {
                EventKind::KeyValSep => break,
                EventKind::Whitespace => {}
                _ => key.push_str(text),
            }
        }
        key
    }

    /// The value that comes next.
    fn value(&mut self) -> Value<'t> {
        while let Some((kind, text)) = self.take() {
            match kind {
                EventKind::Scalar => return Value::Scalar(text),
                EventKind::ArrayOpen => return self.collection(false),
                EventKind::InlineTableOpen => return self.collection(true),
                _ => {}
            }
        }
        Value::Scalar("")
    }

    /// A comment before the line ends, with the space before it.
    fn comment_on_this_line(&mut self) -> String {
        while let Some((kind, text)) = self.events.get(self.next).copied() {
            match kind {
                EventKind::Whitespace => self.next += 1,
                EventKind::Comment => {
                    self.next += 1;
                    return format!(" {}", text.trim_end());
                }
                _ => break,
            }
        }
        String::new()
    }

    /// An array or inline table, after its opening bracket.
    fn collection(&mut self, is_table: bool) -> Value<'t> {
        let mut collection = Collection {
            is_table,
            opens_line: false,
            parts: Vec::new(),
        };
        // Line ends since the last part, its comma included.
        let mut line_ends = 0;
        while let Some((kind, text)) = self.take() {
            let blank = line_ends > 1 && !collection.parts.is_empty();
            match kind {
                EventKind::Newline => {
                    collection.opens_line |= collection.parts.is_empty();
                    line_ends += 1;
                    continue;
                }
                EventKind::Comment => {
                    let text = text.trim_end();
                    match collection.parts.last_mut() {
                        Some(Part {
                            content: Content::Item { .. },
                            comment: comment @ None,
                            ..
                        }) if line_ends == 0 => *comment = Some(text),
                        _ => collection.parts.push(Part {
                            blank,
                            content: Content::Comment(text),
                            comment: None,
                        }),
                    }
                }
                EventKind::SimpleKey => {
                    let key = Some(self.key(text));
                    let value = self.value();
                    collection.push(blank, key, value);
                }
                EventKind::Scalar => collection.push(blank, None, Value::Scalar(text)),
                EventKind::ArrayOpen => {
                    let value = self.collection(false);
                    collection.push(blank, None, value);
                }
                EventKind::InlineTableOpen => {
                    let value = self.collection(true);
                    collection.push(blank, None, value);
                }
                EventKind::ArrayClose | EventKind::InlineTableClose => break,
                _ => continue,
            }
            line_ends = 0;
        }
        Value::Collection(collection)
    }
}

enum Value<'t> {
    Scalar(&'t str),
    Collection(Collection<'t>),
}

struct Collection<'t> {
    is_table: bool,
    /// Whether the line ends after the opening bracket: the user wants an item a line.
    opens_line: bool,
    parts: Vec<Part<'t>>,
}

/// An item with the comment behind it, or a comment alone.
struct Part<'t> {
    /// Whether a blank line stands before it.
    blank: bool,
    content: Content<'t>,
    comment: Option<&'t str>,
}

enum Content<'t> {
    Comment(&'t str),
    Item {
        key: Option<String>,
        value: Value<'t>,
    },
}

impl<'t> Collection<'t> {
    fn push(&mut self, blank: bool, key: Option<String>, value: Value<'t>) {
        self.parts.push(Part {
            blank,
            content: Content::Item { key, value },
            comment: None,
        });
    }

    /// All on one line, unless something in it asks for more.
    fn flat(&self) -> Option<String> {
        if self.opens_line && !self.parts.is_empty() {
            return None;
        }
        let mut items = Vec::new();
        for part in &self.parts {
            let Content::Item { key, value } = &part.content else {
                return None;
            };
            if part.comment.is_some() {
                return None;
            }
            let value = value.flat()?;
            items.push(match key {
                Some(key) => format!("{key} = {value}"),
                None => value,
            });
        }
        let items = items.join(", ");
        Some(match (self.is_table, items.is_empty()) {
            (true, true) => "{}".to_owned(),
            (true, false) => format!("{{ {items} }}"),
            (false, _) => format!("[{items}]"),
        })
    }

    /// Whether an item a line is needed: TOML 1.0 has no such inline tables, so only what is
    /// written in them asks for that.
    fn is_broken(&self) -> bool {
        (self.opens_line && !self.parts.is_empty())
            || self
                .parts
                .iter()
                .any(|part| part.comment.is_some() || matches!(part.content, Content::Comment(_)))
    }

    fn write_on_one_line(&self, out: &mut String, depth: usize, layout: Layout<'_>) {
        out.push_str(if self.is_table { "{ " } else { "[" });
        for (index, part) in self.parts.iter().enumerate() {
            if let Content::Item { key, value } = &part.content {
                out.push_str(if index == 0 { "" } else { ", " });
                if let Some(key) = key {
                    out.push_str(&format!("{key} = "));
                }
                value.write(out, depth, 0, layout);
            }
        }
        out.push_str(if self.is_table { " }" } else { "]" });
    }

    fn write_on_lines(&self, out: &mut String, depth: usize, layout: Layout<'_>) {
        out.push_str(if self.is_table { "{" } else { "[" });
        for part in &self.parts {
            out.push_str(if part.blank { layout.line_end } else { "" });
            out.push_str(layout.line_end);
            out.push_str(&" ".repeat(INDENT * (depth + 1)));
            match &part.content {
                Content::Comment(text) => out.push_str(text),
                Content::Item { key, value } => {
                    if let Some(key) = key {
                        out.push_str(&format!("{key} = "));
                    }
                    value.write(out, depth + 1, ",".len(), layout);
                    out.push(',');
                }
            }
            if let Some(comment) = part.comment {
                out.push_str(&format!(" {comment}"));
            }
        }
        out.push_str(layout.line_end);
        out.push_str(&" ".repeat(INDENT * depth));
        out.push(if self.is_table { '}' } else { ']' });
    }
}

impl Value<'_> {
    fn flat(&self) -> Option<String> {
        match self {
            Self::Scalar(text) => Some((*text).to_owned()),
            Self::Collection(collection) => collection.flat(),
        }
    }

    /// Writes it behind what `out` ends with; `after` columns must stay free behind it.
    fn write(&self, out: &mut String, depth: usize, after: usize, layout: Layout<'_>) {
        let collection = match self {
            Self::Scalar(text) => return out.push_str(text),
            Self::Collection(collection) => collection,
        };
        if let Some(flat) = collection.flat() {
            let line = out.rsplit('\n').next().unwrap_or_default();
            let end = line.chars().count() + flat.chars().count() + after;
            if !flat.contains('\n') && (end <= layout.width || collection.parts.is_empty()) {
                return out.push_str(&flat);
            }
        }
        if collection.is_table && !collection.is_broken() {
            collection.write_on_one_line(out, depth, layout);
        } else {
            collection.write_on_lines(out, depth, layout);
        }
    }
}
