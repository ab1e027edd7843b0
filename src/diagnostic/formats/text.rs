//! Diagnostics as text for people.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents,
    SourceCode, SourceSpan, SpanContents,
};

use crate::diagnostic::printable::masked;
use crate::diagnostic::{Diagnostic, Label, Severity, printable};
use crate::source::SourceFile;

const WIDTH: usize = 80;
/// Bytes of a line above which a drawing shows nothing any more; at 65536 columns there can be none.
const LONGEST_DRAWN: usize = 1000;
/// Lines of a place above which a drawing would fill the screen and show nothing.
const MOST_DRAWN: usize = 30;
/// Characters of a line that are told before a place, and at most from it on.
const TOLD: usize = 60;

/// How text is to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextStyle {
    /// Whether to colour it.
    pub colour: bool,
    /// Whether to draw the lines of the recipe with marks below; otherwise every place is told in
    /// words, as screen readers and logs want it.
    pub graphics: bool,
}

/// The diagnostics of a file, in the given order.
pub fn to_text(file: &SourceFile, diagnostics: &[Diagnostic], style: TextStyle) -> String {
    let source = Source {
        file,
        text: masked(file.text()),
    };
    let mut text = String::new();
    for diagnostic in diagnostics {
        let written = if style.graphics && source.can_draw(diagnostic) {
            source.draw(&mut text, diagnostic, style.colour)
        } else {
            source.narrate(&mut text, diagnostic)
        };
        // Writing to a string does not fail.
        written.unwrap_or_default();
    }
    text
}

/// A recipe's text without what could steer a terminal; places are those of the file.
#[derive(Debug)]
struct Source<'a> {
    file: &'a SourceFile,
    text: Cow<'a, str>,
}

impl Source<'_> {
    /// Where the drawing's header says that the problem is.
    fn place(&self, offset: usize) -> String {
        let position = self.file.position(offset);
        let name = printable(self.file.name());
        format!("{name}:{}:{}", position.line, position.column)
    }

    /// Whether all lines that a drawing would show are short enough.
    fn can_draw(&self, diagnostic: &Diagnostic) -> bool {
        let line = |offset| self.file.position(offset).line;
        let labels = diagnostic.labels.iter();
        let first = labels.clone().map(|label| line(label.span.start)).min();
        let last = labels.map(|label| line(label.span.end)).max();
        let (Some(first), Some(last)) = (first, last) else {
            return true;
        };
        let mut spans = diagnostic.labels.iter().map(|label| label.span);
        spans.all(|span| line(span.end) - line(span.start) <= MOST_DRAWN)
            && (first.saturating_sub(1)..=last + 1)
                .all(|line| self.file.line_range(line).len() <= LONGEST_DRAWN)
    }

    fn narrate(&self, text: &mut String, diagnostic: &Diagnostic) -> fmt::Result {
        let severity = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Advice => "advice",
        };
        let place = self.place(diagnostic.start());
        writeln!(
            text,
            "{place}: {severity}[{}]: {}",
            diagnostic.code, diagnostic.message
        )?;
        for label in &diagnostic.labels {
            self.narrate_label(text, label)?;
        }
        match &diagnostic.help {
            Some(help) => writeln!(text, "  help: {help}"),
            None => Ok(()),
        }
    }

    fn narrate_label(&self, text: &mut String, label: &Label) -> fmt::Result {
        let start = self.file.position(label.span.start);
        let end = self.file.position(label.span.end);
        let (line, column) = (start.line, start.column);
        if line != end.line {
            write!(text, "  line {line}, column {column} to line {}", end.line)?;
        } else if end.column > column + 1 {
            write!(
                text,
                "  line {line}, columns {column} to {}",
                end.column - 1
            )?;
        } else {
            write!(text, "  line {line}, column {column}")?;
        }
        let written: String = self.text[self.file.line_range(line)]
            .chars()
            .skip(column.saturating_sub(TOLD))
            .take(2 * TOLD)
            .collect();
        writeln!(text, ": {}: `{}`", label.message, written.trim())
    }

    fn draw(&self, text: &mut String, diagnostic: &Diagnostic, colour: bool) -> fmt::Result {
        let theme = if colour {
            GraphicalTheme::unicode()
        } else {
            GraphicalTheme::unicode_nocolor()
        };
        GraphicalReportHandler::new_themed(theme)
            .with_width(WIDTH)
            .with_links(false)
            .without_primary_span_start()
            .with_context_lines(1)
            .render_report(
                text,
                &Report {
                    diagnostic,
                    source: self,
                },
            )?;
        writeln!(text)
    }
}

/// The text under a name that already says line and column: the drawing's own column would count
/// bytes.
impl SourceCode for Source<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        // Only the lines around it: counting from the file's beginning for every label would take
        // time in the square of a recipe's length.
        let line = |offset| self.file.position(offset).line;
        let first = line(span.offset()).saturating_sub(before).max(1);
        let last = line(span.offset() + span.len()) + after;
        let from = self.file.line_range(first).start;
        let window = &self.text[from..self.file.line_range(last + 1).start];
        let inner = window.read_span(&(span.offset() - from, span.len()).into(), before, after)?;
        Ok(Box::new(MietteSpanContents::new_named(
            self.place(span.offset()),
            inner.data(),
            (inner.span().offset() + from, inner.span().len()).into(),
            inner.line() + first - 1,
            inner.column(),
            inner.line_count(),
        )))
    }
}

#[derive(Debug)]
struct Report<'a> {
    diagnostic: &'a Diagnostic,
    source: &'a Source<'a>,
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.diagnostic.message)
    }
}

impl std::error::Error for Report<'_> {}

impl miette::Diagnostic for Report<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.diagnostic.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Advice => miette::Severity::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.diagnostic
            .help
            .as_ref()
            .map(|help| Box::new(help) as _)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.diagnostic.labels.iter().enumerate().map(
            |(index, label)| {
                let message = Some(label.message.clone());
                let span = SourceSpan::from(label.span.range());
                if index == 0 {
                    LabeledSpan::new_primary_with_span(message, span)
                } else {
                    LabeledSpan::new_with_span(message, span)
                }
            },
        )))
    }
}
