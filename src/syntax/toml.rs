//! TOML to nodes.

use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toml_parser::Source;
use toml_parser::lexer::TokenKind;

use super::node::{Content, Entry, MAX_NODES, MOST_PROBLEMS, Node};
use super::{Layout, ScalarKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// Bytes of a text up to which all of its errors are told.
const RECOVERED: usize = 256 << 10;
/// A value has a comma, a key an equals sign, and the header of a table four brackets at most.
const MOST_TOKENS: usize = 5 * MAX_NODES;

/// Reads a text, or says everything about it that is not TOML.
pub(super) fn read(text: &str) -> (Option<Arc<Node>>, Layout, Vec<Diagnostic>) {
    let layout = match layout(text) {
        Ok(layout) => layout,
        Err(diagnostic) => return (None, Layout::default(), vec![*diagnostic]),
    };
    let (table, errors) = parse(text);
    // Of two equal keys the first is kept; anything else leaves nothing to go on with.
    let is_usable = errors.is_empty() || (is_recovered(text) && errors.iter().all(is_duplicate));
    let mut diagnostics: Vec<Diagnostic> = errors
        .iter()
        .take(MOST_PROBLEMS)
        .map(|error| problem(text, table.get_ref(), error))
        .collect();
    let mut reader = Reader {
        text,
        diagnostics: Vec::new(),
    };
    let root = reader.table(table.get_ref(), table.span().into());
    diagnostics.append(&mut reader.diagnostics);
    (is_usable.then_some(root), layout, diagnostics)
}

/// All errors of a text of ordinary size; of a larger one, which may have an error in every byte,
/// the first.
fn parse(text: &str) -> (Spanned<DeTable<'_>>, Vec<toml::de::Error>) {
    if is_recovered(text) {
        return DeTable::parse_recoverable(text);
    }
    match DeTable::parse(text) {
        Ok(table) => (table, Vec::new()),
        Err(error) => (Spanned::new(0..0, DeTable::new()), vec![error]),
    }
}

fn is_recovered(text: &str) -> bool {
    text.len() <= RECOVERED
}

/// A `#` in a text begins no comment, so only the lexer can tell. It also tells soon of a text with
/// far more keys and values than there may be.
fn layout(text: &str) -> Result<Layout, Box<Diagnostic>> {
    let mut layout = Layout::default();
    let mut count = 0;
    for token in Source::new(text).lex() {
        let span = Span::new(token.span().start(), token.span().end());
        match token.kind() {
            TokenKind::Comment => layout.comments.push(span),
            TokenKind::MlBasicString | TokenKind::MlLiteralString => layout.long_scalars.push(span),
            _ => {}
        }
        count += usize::from(!matches!(
            token.kind(),
            TokenKind::Whitespace | TokenKind::Newline | TokenKind::Comment
        ));
        if count > MOST_TOKENS {
            return Err(Box::new(
                Diagnostic::new(Code::Budget, "the recipe has too many values")
                    .label(span, "limit reached here")
                    .help(format!("keep below {MAX_NODES} values")),
            ));
        }
    }
    Ok(layout)
}

fn is_duplicate(error: &toml::de::Error) -> bool {
    error.message().contains("duplicate key")
}

fn problem(text: &str, table: &DeTable<'_>, error: &toml::de::Error) -> Diagnostic {
    let span = error
        .span()
        .map_or(Span::new(text.len(), text.len()), Span::from);
    let message = error.message();
    if is_duplicate(error) {
        let key = text
            .get(span.range())
            .unwrap_or_default()
            .trim_matches(['"', '\'']);
        let diagnostic = Diagnostic::new(Code::DuplicateKey, format!("key `{key}` stands twice"))
            .label(span, "here again")
            .help("remove one of the two");
        return match last_before(table, key, span.start) {
            Some(first) => diagnostic.label(first, "here first"),
            None => diagnostic,
        };
    }
    Diagnostic::new(
        Code::Syntax,
        format!("this is no TOML: {}", one_line(message)),
    )
    .label(span, "here")
    .help("correct the syntax; nothing after it can be relied on until then")
}

/// The last place before `offset` at which a key of this name stands.
fn last_before(table: &DeTable<'_>, key: &str, offset: usize) -> Option<Span> {
    let here = table
        .iter()
        .filter(|(name, _)| name.get_ref() == key && name.span().start < offset)
        .map(|(name, _)| Span::from(name.span()));
    let below = table
        .values()
        .filter_map(|value| last_in_value(value.get_ref(), key, offset));
    here.chain(below).max()
}

fn last_in_value(value: &DeValue<'_>, key: &str, offset: usize) -> Option<Span> {
    match value {
        DeValue::Table(table) => last_before(table, key, offset),
        DeValue::Array(items) => items
            .iter()
            .filter_map(|item| last_in_value(item.get_ref(), key, offset))
            .max(),
        _ => None,
    }
}

fn one_line(message: &str) -> String {
    message.lines().collect::<Vec<_>>().join(", ")
}

struct Reader<'t> {
    text: &'t str,
    diagnostics: Vec<Diagnostic>,
}

impl Reader<'_> {
    /// The text at `span` if line ends in it are those of Windows: they become line feeds, as YAML
    /// reads them, so that a checkout with other line ends gives the same image. Escaped ones stay.
    fn with_line_feeds(&self, span: Span) -> Option<String> {
        let written = self.text.get(span.range())?;
        if !written.contains("\r\n") {
            return None;
        }
        let written = written.replace("\r\n", "\n");
        match DeValue::parse(&written).ok()?.into_inner() {
            DeValue::String(text) => Some(text.into_owned()),
            _ => None,
        }
    }

    fn table(&mut self, table: &DeTable<'_>, span: Span) -> Arc<Node> {
        let mut entries: Vec<Entry> = table
            .iter()
            .map(|(key, value)| Entry {
                key: key.get_ref().to_string(),
                key_span: key.span().into(),
                value: self.value(value.get_ref(), value.span().into()),
            })
            .collect();
        entries.sort_by_key(|entry| entry.key_span);
        Node::new(span, Content::Mapping(entries))
    }

    fn value(&mut self, value: &DeValue<'_>, span: Span) -> Arc<Node> {
        match value {
            DeValue::String(text) => {
                let text = self
                    .with_line_feeds(span)
                    .unwrap_or_else(|| text.to_string());
                Node::scalar(span, text, ScalarKind::String)
            }
            DeValue::Boolean(value) => Node::scalar(span, value.to_string(), ScalarKind::Boolean),
            DeValue::Integer(number) => {
                let prefix = match number.radix() {
                    2 => "0b",
                    8 => "0o",
                    16 => "0x",
                    _ => "",
                };
                let text = format!("{prefix}{}", number.as_str());
                Node::scalar(span, text, ScalarKind::Integer)
            }
            DeValue::Float(number) => Node::scalar(span, number.as_str(), ScalarKind::Float),
            DeValue::Datetime(time) => {
                if self.diagnostics.len() < MOST_PROBLEMS {
                    self.diagnostics.push(
                        Diagnostic::new(Code::WrongType, "recipes have no dates")
                            .label(span, "this date")
                            .help(format!("put it in quotes: `\"{time}\"`")),
                    );
                }
                let (text, kind) = (time.to_string(), ScalarKind::String);
                Node::with_losses(span, Content::Scalar { text, kind }, vec![span])
            }
            DeValue::Array(items) => {
                let items = items
                    .iter()
                    .map(|item| self.value(item.get_ref(), item.span().into()))
                    .collect();
                Node::new(span, Content::List(items))
            }
            DeValue::Table(table) => self.table(table, span),
        }
    }
}
