//! Diagnostics as text for people.

use std::fmt::{self, Write as _};

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents,
    SourceCode, SourceSpan, SpanContents,
};

use super::{Diagnostic, Severity};
use crate::source::SourceFile;

const WIDTH: usize = 80;

/// How text is to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextStyle {
    /// Whether to colour it.
    pub colour: bool,
    /// Whether to show the lines of the recipe with marks; one plain line per problem otherwise.
    pub graphics: bool,
}

/// The diagnostics of a file, in the given order.
pub fn to_text(file: &SourceFile, diagnostics: &[Diagnostic], style: TextStyle) -> String {
    let mut text = String::new();
    for diagnostic in diagnostics {
        let written = if style.graphics {
            drawn(&mut text, file, diagnostic, style.colour)
        } else {
            plain(&mut text, file, diagnostic)
        };
        // Writing to a string does not fail.
        written.unwrap_or_default();
    }
    text
}

fn place(file: &SourceFile, offset: usize) -> String {
    let position = file.position(offset);
    format!("{}:{}:{}", file.name(), position.line, position.column)
}

fn plain(text: &mut String, file: &SourceFile, diagnostic: &Diagnostic) -> fmt::Result {
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "advice",
    };
    let place = place(file, diagnostic.start());
    writeln!(
        text,
        "{place}: {severity}[{}]: {}",
        diagnostic.code, diagnostic.message
    )?;
    match &diagnostic.help {
        Some(help) => writeln!(text, "  help: {help}"),
        None => Ok(()),
    }
}

fn drawn(
    text: &mut String,
    file: &SourceFile,
    diagnostic: &Diagnostic,
    colour: bool,
) -> fmt::Result {
    let theme = if colour {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::unicode_nocolor()
    };
    let report = Report {
        diagnostic,
        source: Source(file),
    };
    GraphicalReportHandler::new_themed(theme)
        .with_width(WIDTH)
        .with_links(false)
        .without_primary_span_start()
        .with_context_lines(1)
        .render_report(text, &report)?;
    writeln!(text)
}

/// The text under a name that already says line and column: the drawing's own column would count
/// bytes.
#[derive(Debug)]
struct Source<'a>(&'a SourceFile);

impl SourceCode for Source<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let inner = self.0.text().read_span(span, before, after)?;
        Ok(Box::new(MietteSpanContents::new_named(
            place(self.0, span.offset()),
            inner.data(),
            *inner.span(),
            inner.line(),
            inner.column(),
            inner.line_count(),
        )))
    }
}

#[derive(Debug)]
struct Report<'a> {
    diagnostic: &'a Diagnostic,
    source: Source<'a>,
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
        Some(&self.source)
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
