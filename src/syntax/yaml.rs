//! YAML to nodes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use granit_parser::{Event, Options, Parser, ScalarStyle, ScanError};

use super::node::{Content, Entry, MAX_DEPTH, MAX_NODES, MOST_PROBLEMS, Node};
use super::{Layout, tag};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// Reads the one document of a text. Keys that stand twice are reported and reading goes on with
/// the first; every other problem ends it.
pub(super) fn read(text: &str) -> (Option<Arc<Node>>, Layout, Vec<Diagnostic>) {
    let mut reader = Reader {
        text,
        open: Vec::new(),
        anchors: BTreeMap::new(),
        count: 0,
        root: None,
        layout: Layout::default(),
        diagnostics: Vec::new(),
    };
    match reader.read() {
        Ok(()) => (reader.root, reader.layout, reader.diagnostics),
        Err(diagnostic) => {
            reader.diagnostics.push(*diagnostic);
            (None, reader.layout, reader.diagnostics)
        }
    }
}

/// How an expression begins.
const EXPRESSION: &str = "${{";

type Read<T> = Result<T, Box<Diagnostic>>;

/// A collection whose end has not been met.
struct Open {
    anchor: usize,
    start: usize,
    content: Content,
    /// Of a mapping: the key whose value comes next.
    key: Option<(String, Span)>,
    /// Of a mapping: where its keys stand.
    keys: BTreeMap<String, Span>,
}

struct Reader<'t> {
    text: &'t str,
    open: Vec<Open>,
    anchors: BTreeMap<usize, Arc<Node>>,
    /// Keys and values so far, each use of an anchor counted in full.
    count: usize,
    root: Option<Arc<Node>>,
    layout: Layout,
    diagnostics: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn read(&mut self) -> Read<()> {
        let mut options = Options::default();
        options.set_emit_comments(true);
        // No more than there can be: each has a byte.
        options.max_buffered_comment_events = self.text.len();
        options.flow_nesting_limit = MAX_DEPTH;
        options.block_nesting_limit = MAX_DEPTH;
        for event in Parser::new_from_str_with_options(self.text, options) {
            let (event, span) = event.map_err(|error| self.syntax(&error))?;
            let span = self.clamp(span.byte_range().map_or(Span::default(), Span::from));
            self.event(event, span)?;
        }
        if self.root.is_none() {
            return Err(Box::new(
                Diagnostic::new(Code::MissingKey, "the recipe is empty")
                    .label(Span::default(), "nothing here")
                    .help("write at least `name` and `base`"),
            ));
        }
        Ok(())
    }

    fn event(&mut self, event: Event<'_>, span: Span) -> Read<()> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.note_length(style, span);
                let is_plain = style == ScalarStyle::Plain;
                let kind = tag::scalar_kind(&text, is_plain, tag.as_deref(), span)?;
                self.done(anchor, Node::scalar(span, text, kind))
            }
            Event::Alias(anchor) => {
                let Some(node) = self.anchors.get(&anchor).cloned() else {
                    return Err(Box::new(
                        Diagnostic::new(Code::Syntax, "the anchor is used inside itself")
                            .label(span, "here")
                            .help("write the value out here"),
                    ));
                };
                // Itself it is counted where it is put.
                self.count += node.weight - 1;
                if self.count >= MAX_NODES || self.open.len() + node.depth > MAX_DEPTH {
                    return Err(budget("this alias expands too far", span));
                }
                self.done(0, node)
            }
            Event::SequenceStart(_, anchor, tag) => {
                tag::collection("seq", tag.as_deref(), span)?;
                self.begin(anchor, span, Content::List(Vec::new()))
            }
            Event::MappingStart(_, anchor, tag) => {
                tag::collection("map", tag.as_deref(), span)?;
                self.begin(anchor, span, Content::Mapping(Vec::new()))
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            Event::DocumentStart(..) if self.root.is_some() => Err(Box::new(
                Diagnostic::new(Code::Syntax, "a second document begins")
                    .label(span, "here")
                    .help("write one recipe per file"),
            )),
            Event::Comment(..) => {
                self.layout.comments.push(span);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Remembers a scalar that goes over several lines.
    fn note_length(&mut self, style: ScalarStyle, span: Span) {
        let start = match style {
            // The span begins with the content. Between that and the `|` there is at most a
            // comment, on the same line as the `|`.
            ScalarStyle::Literal | ScalarStyle::Folded => self.text[..span.start]
                .rfind(['|', '>'])
                .unwrap_or(span.start),
            _ => span.start,
        };
        // A block scalar ends after its last line's end, where the next line begins.
        let text = self.text[start..span.end].trim_end();
        if text.contains('\n') {
            let span = Span::new(start, start + text.len());
            self.layout.long_scalars.push(span);
        }
    }

    fn begin(&mut self, anchor: usize, span: Span, content: Content) -> Read<()> {
        if self.open.len() >= MAX_DEPTH {
            return Err(budget("collections are nested too deeply", span));
        }
        self.open.push(Open {
            anchor,
            start: span.start,
            content,
            key: None,
            keys: BTreeMap::new(),
        });
        Ok(())
    }

    fn end(&mut self, span: Span) -> Read<()> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        // Block collections end after the line's end; a label on that would begin a line too far.
        let inner = self
            .text
            .get(open.start..span.end.max(open.start))
            .unwrap_or_default();
        let span = Span::new(open.start, open.start + inner.trim_end().len());
        let content = match open.content {
            Content::Mapping(entries) => Content::Mapping(merge(entries, self.text)?),
            other => other,
        };
        self.done(open.anchor, Node::new(span, content))
    }

    /// Puts a complete node where it belongs.
    fn done(&mut self, anchor: usize, node: Arc<Node>) -> Read<()> {
        self.count += 1;
        // A merge adds to what was counted.
        if self.count > MAX_NODES || node.weight > MAX_NODES {
            return Err(budget("the recipe has too many values", node.span));
        }
        if anchor > 0 {
            self.anchors.insert(anchor, Arc::clone(&node));
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        let entries = match &mut open.content {
            Content::List(items) => {
                items.push(node);
                return Ok(());
            }
            Content::Mapping(entries) => entries,
            Content::Scalar { .. } => return Ok(()),
        };
        let Some((key, key_span)) = open.key.take() else {
            let Content::Scalar { text, .. } = &node.content else {
                return Err(Box::new(
                    Diagnostic::new(Code::Syntax, "a key is not text")
                        .label(node.span, "this key")
                        .help("put it in quotes if text with brackets is meant"),
                ));
            };
            open.key = Some((text.clone(), node.span));
            return Ok(());
        };
        if let Some(first) = open.keys.get(&key) {
            if self.diagnostics.len() < MOST_PROBLEMS {
                self.diagnostics.push(
                    Diagnostic::new(Code::DuplicateKey, format!("key `{key}` stands twice"))
                        .label(key_span, "here again")
                        .label(*first, "here first")
                        .help("remove one of the two"),
                );
            }
        } else {
            open.keys.insert(key.clone(), key_span);
            entries.push(Entry {
                key,
                key_span,
                value: node,
            });
        }
        Ok(())
    }

    fn syntax(&self, error: &ScanError) -> Box<Diagnostic> {
        let marker = error.marker();
        let start = marker.byte_offset().unwrap_or_else(|| {
            let offsets = self.text.char_indices().map(|(offset, _)| offset);
            offsets
                .chain([self.text.len()])
                .nth(marker.index())
                .unwrap_or(self.text.len())
        });
        let span = self.clamp(Span::new(start, start + 1));
        let message = error.info();
        if message.contains("recursion") || message.contains("nesting") {
            return budget("collections are nested too deeply", span);
        }
        // Within brackets, the braces of an expression end the text before them.
        let expression = start.saturating_sub(1);
        if self
            .text
            .get(expression..)
            .is_some_and(|rest| rest.starts_with(EXPRESSION))
        {
            return self.unquoted_expression(expression);
        }
        Box::new(
            Diagnostic::new(Code::Syntax, format!("this is no YAML: {message}"))
                .label(span, "here")
                .help("correct the syntax; nothing after it can be read until then"),
        )
    }

    fn unquoted_expression(&self, start: usize) -> Box<Diagnostic> {
        let rest = &self.text[start..];
        let line = rest.lines().next().unwrap_or_default();
        let length = line.find("}}").map_or(line.len(), |end| end + 2);
        // All of the text that the expression is part of belongs in the quotes.
        let is_end = |c: char| c.is_whitespace() || matches!(c, ',' | '[' | ']' | '{' | '}' | ':');
        let before = self.text[..start].rfind(is_end);
        let begin = before.map_or(0, |at| {
            at + self.text[at..].chars().next().map_or(1, char::len_utf8)
        });
        let after = &line[length..];
        let end = start + length + after.find(is_end).unwrap_or(after.len());
        let value = self.text[begin..end]
            .replace('\\', "\\\\")
            .replace('"', "\\\"");
        Box::new(
            Diagnostic::new(
                Code::UnquotedExpression,
                "an expression within brackets is not in quotes",
            )
            .label(Span::new(start, start + length), "this expression")
            .help(format!("write `\"{value}\"`")),
        )
    }

    /// The span within the text, on whole characters.
    fn clamp(&self, span: Span) -> Span {
        let start = self.text.floor_char_boundary(span.start);
        Span::new(start, self.text.ceil_char_boundary(span.end.max(start)))
    }
}

fn budget(message: &str, span: Span) -> Box<Diagnostic> {
    Box::new(
        Diagnostic::new(Code::Budget, message)
            .label(span, "limit reached here")
            .help(format!(
                "keep below {MAX_NODES} values, uses of anchors included, and {MAX_DEPTH} levels"
            )),
    )
}

/// Carries out `<<` where it stands without quotes: keys of the mapping itself win, then those of
/// earlier sources.
fn merge(entries: Vec<Entry>, text: &str) -> Read<Vec<Entry>> {
    const MERGE: &str = "<<";
    let merges =
        |entry: &Entry| entry.key == MERGE && text.get(entry.key_span.range()) == Some(MERGE);
    if !entries.iter().any(merges) {
        return Ok(entries);
    }
    let (sources, mut own): (Vec<Entry>, Vec<Entry>) = entries.into_iter().partition(merges);
    let mut keys: BTreeSet<String> = own.iter().map(|entry| entry.key.clone()).collect();
    for source in &sources {
        let single = std::slice::from_ref(&source.value);
        let mappings = match &source.value.content {
            Content::List(items) => items.as_slice(),
            _ => single,
        };
        for mapping in mappings {
            let Content::Mapping(added) = &mapping.content else {
                return Err(Box::new(
                    Diagnostic::new(
                        Code::WrongType,
                        format!("`<<` cannot merge {}", mapping.found()),
                    )
                    .label(source.value.span, "not a mapping")
                    .help("write an alias of a mapping, or a list of such"),
                ));
            };
            for entry in added {
                if keys.insert(entry.key.clone()) {
                    own.push(entry.clone());
                }
            }
        }
    }
    Ok(own)
}
