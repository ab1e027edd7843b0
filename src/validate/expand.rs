//! Expressions replaced by what they stand for, before anything is read.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic};
use crate::recipe::{EXPRESSION_OPEN, Expression, Part, Reference, Template};
use crate::source::{SourceFile, Span};
use crate::syntax::{Document, PathSegment, Rewritten};

use super::values::{MOST_ADDED, NoValue, Value, Values};

/// What came of replacing.
pub(super) struct Expanded {
    pub(super) document: Document,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// The first expression whose value is missing, if only whoever builds can give it.
    pub(super) open: Option<Span>,
    /// Arguments that stand in expressions.
    pub(super) used: BTreeSet<String>,
}

/// Replaces every expression in the texts of `document`.
pub(super) fn expand(document: &Document, values: &Values, file: &SourceFile) -> Expanded {
    let mut expansion = Expansion {
        values,
        file,
        diagnostics: Vec::new(),
        open: None,
        used: BTreeSet::new(),
        added: 0,
    };
    let document = document.rewrite(&mut |path, text, span| expansion.text(path, text, span));
    Expanded {
        document,
        diagnostics: expansion.diagnostics,
        open: expansion.open,
        used: expansion.used,
    }
}

struct Expansion<'a> {
    values: &'a Values,
    file: &'a SourceFile,
    diagnostics: Vec<Diagnostic>,
    open: Option<Span>,
    used: BTreeSet<String>,
    added: usize,
}

/// Whether the condition of a step stands at a path.
fn is_condition(path: &[PathSegment]) -> bool {
    matches!(
        path,
        [.., PathSegment::Key(steps), PathSegment::Index(_), PathSegment::Key(when)]
            if steps == "steps" && when == "when"
    )
}

impl Expansion<'_> {
    fn text(&mut self, path: &[PathSegment], text: &str, span: Span) -> Rewritten {
        let first = match path.first() {
            Some(PathSegment::Key(key)) => key.as_str(),
            _ => "",
        };
        // A condition is an expression as it is; keys of the user's own are not looked at.
        if first.starts_with("x-") || is_condition(path) {
            return Rewritten::Kept;
        }
        let Some(template) = Template::parse(text) else {
            return Rewritten::Kept;
        };
        if let Some(literal) = template.literal() {
            return Rewritten::Text(literal.to_owned());
        }
        // These two are read before any expression has a value.
        let early = match first {
            "args" => Some("arguments"),
            "version" => Some("the version of the language"),
            _ => None,
        };
        if let Some(what) = early {
            self.report(
                Diagnostic::new(
                    Code::InvalidExpression,
                    format!("{what} cannot depend on other values"),
                )
                .label(span, "this value")
                .help("write the value itself, and the expression where it is used"),
            );
            return Rewritten::Unknown;
        }
        // Nothing more is looked at when the recipe is too large already.
        if self.added > MOST_ADDED {
            return Rewritten::Unknown;
        }
        let (stage, below) = match path {
            [PathSegment::Key(stages), PathSegment::Key(name), below @ ..]
                if stages == "stages" =>
            {
                (Some(name.as_str()), below)
            }
            _ => (None, path),
        };
        let is_base = below.first() == Some(&"base".into());
        // Once for all of them: a text may have very many.
        let starts = self.starts(span, text);
        let mut replaced = String::new();
        let mut is_known = true;
        let mut number = 0;
        for part in template.parts() {
            let expression = match part {
                Part::Text(text) => {
                    replaced.push_str(text);
                    // An escaped one stands in the source too.
                    number += text.matches(EXPRESSION_OPEN).count();
                    continue;
                }
                Part::Expression(expression) => expression,
            };
            let place = self.place(span, starts.get(number));
            number += 1;
            match self.expression(expression, stage, is_base, place) {
                Some(value) => {
                    self.added = self.added.saturating_add(value.len());
                    replaced.push_str(&value);
                }
                None => is_known = false,
            }
            if self.added > MOST_ADDED {
                if is_known {
                    self.report(
                        Diagnostic::new(Code::Budget, "expressions make the recipe too large")
                            .label(place, "limit reached here")
                            .help("move large content to files and copy them"),
                    );
                }
                return Rewritten::Unknown;
            }
        }
        match (is_known, template.is_whole()) {
            (false, _) => Rewritten::Unknown,
            (true, true) => Rewritten::Value(replaced),
            (true, false) => Rewritten::Text(replaced),
        }
    }

    fn expression(
        &mut self,
        expression: &Expression,
        stage: Option<&str>,
        is_base: bool,
        place: Span,
    ) -> Option<Arc<str>> {
        let reference = match &expression.reference {
            Ok(reference) => reference,
            Err(problem) => {
                self.report(
                    Diagnostic::new(Code::InvalidExpression, problem.message.clone())
                        .label(place, "this expression")
                        .help(problem.help.clone()),
                );
                return None;
            }
        };
        match reference {
            Reference::Argument(name) => {
                self.used.insert(name.clone());
            }
            Reference::BaseEnv(_) if is_base => {
                self.report(
                    Diagnostic::new(
                        Code::InvalidExpression,
                        "a base cannot depend on its own environment",
                    )
                    .label(place, "this expression")
                    .help("write the value itself, or choose it with an argument"),
                );
                return None;
            }
            _ => {}
        }
        match self.values.value(reference, stage) {
            Ok(Value::Known(value)) => Some(value),
            Ok(Value::Unknown) => {
                self.open.get_or_insert(place);
                None
            }
            Err(missing) => {
                self.no_value(missing, place);
                None
            }
        }
    }

    fn no_value(&mut self, missing: NoValue, place: Span) {
        self.report(
            Diagnostic::new(missing.code, missing.problem.message)
                .label(place, "this expression")
                .help(missing.problem.help),
        );
    }

    /// One more problem; those that nobody would be told are not kept.
    fn report(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() < Document::MOST_PROBLEMS {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Where expressions begin in the source of a text; nothing if the format's escapes hide them.
    fn starts(&self, span: Span, text: &str) -> Vec<usize> {
        let source = self.file.slice(span);
        let starts = source.match_indices(EXPRESSION_OPEN);
        let starts: Vec<usize> = starts.map(|(start, _)| start).collect();
        if starts.len() == text.matches(EXPRESSION_OPEN).count() {
            starts
        } else {
            Vec::new()
        }
    }

    /// Where the expression stands that begins at `start` of the source of a text; the whole text
    /// without one.
    fn place(&self, span: Span, start: Option<&usize>) -> Span {
        let Some(start) = start else {
            return span;
        };
        let rest = &self.file.slice(span)[*start..];
        let length = rest.find("}}").map_or(rest.len(), |end| end + 2);
        Span::new(span.start + start, span.start + start + length)
    }
}
