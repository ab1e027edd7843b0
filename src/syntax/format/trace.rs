//! What formatting must keep beside the tree: anchors, aliases, tags and comments.

use granit_parser::{Event, Options, Parser};
use toml_parser::Source;
use toml_parser::parser::{Event as TomlEvent, EventKind, parse_document};

use crate::syntax::Notation;

/// Everything in a text that is not layout, in its order, comments apart.
#[derive(Debug, PartialEq, Eq, Default)]
pub(super) struct Trace {
    values: Vec<String>,
    comments: Vec<String>,
}

/// Everything in a text that is not layout.
pub(super) fn trace(text: &str, notation: Notation) -> Trace {
    match notation {
        Notation::Yaml => of_yaml(text),
        Notation::Toml => of_toml(text),
    }
}

/// The comments of a text in their order, without `#` and the spaces around them.
pub fn comments(text: &str, notation: Notation) -> Vec<String> {
    trace(text, notation).comments
}

fn of_yaml(text: &str) -> Trace {
    let mut trace = Trace::default();
    let mut options = Options::default();
    options.set_emit_comments(true);
    options.emit_anchor_events = true;
    for event in Parser::new_from_str_with_options(text, options) {
        match event {
            Ok((Event::Comment(text, _), _)) => trace.comments.push(text.trim().to_owned()),
            // The notation of a scalar or collection is layout; whether it is plain is not, and
            // the tree says that.
            Ok((Event::Scalar(text, _, anchor, tag), _)) => {
                trace.values.push(format!("{text:?} &{anchor} {tag:?}"));
            }
            Ok((Event::SequenceStart(_, anchor, tag), _)) => {
                trace.values.push(format!("[ &{anchor} {tag:?}"));
            }
            Ok((Event::MappingStart(_, anchor, tag), _)) => {
                trace.values.push(format!("{{ &{anchor} {tag:?}"));
            }
            Ok((event, _)) => trace.values.push(format!("{event:?}")),
            Err(error) => trace.values.push(format!("{error:?}")),
        }
    }
    trace
}

fn of_toml(text: &str) -> Trace {
    let mut trace = Trace::default();
    for (kind, text) in toml_events(text) {
        match kind {
            EventKind::Comment => {
                let text = text.trim_start_matches('#');
                trace.comments.push(text.trim().to_owned());
            }
            EventKind::Whitespace | EventKind::Newline | EventKind::ValueSep => {}
            _ => trace.values.push(text.to_owned()),
        }
    }
    trace
}

/// The events of a TOML text with what each of them covers.
pub(super) fn toml_events(text: &str) -> Vec<(EventKind, &str)> {
    let source = Source::new(text);
    let tokens = source.lex().into_vec();
    let mut events: Vec<TomlEvent> = Vec::new();
    let mut receiver = |event: TomlEvent| events.push(event);
    parse_document(&tokens, &mut receiver, &mut ());
    events
        .into_iter()
        .map(|event| {
            let covered = source.get(event.span()).map_or("", |raw| raw.as_str());
            (event.kind(), covered)
        })
        .collect()
}
