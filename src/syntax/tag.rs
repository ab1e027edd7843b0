//! Tags of YAML: those of the core schema say what a value is, all others are refused.

use granit_parser::Tag;

use super::ScalarKind;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// What a scalar is: what its tag says if its text allows that, else what it looks like.
pub(super) fn scalar_kind(
    text: &str,
    is_plain: bool,
    tag: Option<&Tag>,
    span: Span,
) -> Result<ScalarKind, Box<Diagnostic>> {
    let Some(tag) = tag else {
        return Ok(if is_plain {
            ScalarKind::of_plain(text)
        } else {
            ScalarKind::String
        });
    };
    let looks = ScalarKind::of_plain(text);
    let (kind, fits) = match core(tag, span)? {
        None | Some("str") => (ScalarKind::String, true),
        Some("int") => (ScalarKind::Integer, looks == ScalarKind::Integer),
        Some("float") => {
            let is_decimal = looks == ScalarKind::Integer && !text.contains(['x', 'o']);
            (ScalarKind::Float, is_decimal || looks == ScalarKind::Float)
        }
        Some("bool") => (ScalarKind::Boolean, looks == ScalarKind::Boolean),
        Some("null") => (ScalarKind::Null, looks == ScalarKind::Null),
        Some(_) => (ScalarKind::String, false),
    };
    if fits {
        Ok(kind)
    } else {
        Err(misplaced(tag, span))
    }
}

/// Refuses a tag that does not say what a collection is: `suffix` is that of the one that does.
pub(super) fn collection(
    suffix: &str,
    tag: Option<&Tag>,
    span: Span,
) -> Result<(), Box<Diagnostic>> {
    let Some(tag) = tag else {
        return Ok(());
    };
    match core(tag, span)? {
        Some(other) if other != suffix => Err(misplaced(tag, span)),
        _ => Ok(()),
    }
}

/// The tag within the core schema; none for `!`, which says that a value is no more than it
/// looks: text, a list, a mapping.
fn core(tag: &Tag, span: Span) -> Result<Option<&str>, Box<Diagnostic>> {
    match tag.core_suffix() {
        None if tag.original() != "!" => Err(Box::new(
            Diagnostic::new(
                Code::Syntax,
                format!("tag `{}` is not known", tag.original()),
            )
            .label(span, "here")
            .help("remove the tag"),
        )),
        suffix => Ok(suffix),
    }
}

fn misplaced(tag: &Tag, span: Span) -> Box<Diagnostic> {
    Box::new(
        Diagnostic::new(
            Code::Syntax,
            format!("tag `{}` does not fit this value", tag.original()),
        )
        .label(span, "this value")
        .help("remove the tag"),
    )
}
