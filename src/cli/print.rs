//! Printing, with a closed pipe taken as "enough".

use std::io::{self, Write};

use onelayer::diagnostic::{self, Diagnostic, Severity};
use onelayer::ops;
use onelayer::source::SourceFile;

use super::exit::Exit;
use super::terminal::Terminal;

/// Writes data to standard output.
pub(crate) fn data(text: &str) -> Exit {
    let mut stdout = io::stdout().lock();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Ok(()) => Exit::Success,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Success,
        Err(error) => {
            message(&format!(
                "error: cannot write to standard output: {error}\n"
            ));
            Exit::Io
        }
    }
}

/// Writes to standard error; nobody can be told when that fails.
pub(crate) fn message(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Draws diagnostics to standard error.
pub(crate) fn diagnostics(source: &SourceFile, found: &[Diagnostic], terminal: Terminal) {
    if found.is_empty() {
        return;
    }
    message(&diagnostic::to_text(source, found, terminal.style()));
    message(&summary(found));
}

/// How many problems of which severity.
pub(crate) fn summary<'d>(found: impl IntoIterator<Item = &'d Diagnostic>) -> String {
    let severities: Vec<Severity> = found.into_iter().map(|found| found.severity).collect();
    let count = |severity, name: &str| {
        let count = severities.iter().filter(|s| **s == severity).count();
        let plural = if count == 1 { "" } else { "s" };
        (count > 0).then(|| format!("{count} {name}{plural}"))
    };
    let parts: Vec<String> = [
        count(Severity::Error, "error"),
        count(Severity::Warning, "warning"),
        count(Severity::Advice, "piece of advice"),
    ]
    .into_iter()
    .flatten()
    .collect();
    format!("{}\n", parts.join(", "))
}

/// Says what went wrong and gives the exit status for it.
pub(crate) fn error(error: &ops::Error, terminal: Terminal) -> Exit {
    if let ops::Error::Rejected {
        recipe,
        diagnostics: found,
    } = error
    {
        diagnostics(recipe, found, terminal);
        return Exit::from(error);
    }
    message(&format!("error: {}\n", described(error)));
    Exit::from(error)
}

/// An error with its causes and what to do about it, without a line end.
pub(crate) fn described(error: &ops::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let line = inner.to_string();
        if !text.contains(&line) {
            text.push_str(&format!("\n  caused by: {line}"));
        }
        cause = inner.source();
    }
    if let Some(help) = error.help() {
        text.push_str(&format!("\n  help: {help}"));
    }
    // Names of files are anybody's.
    let lines: Vec<_> = text.lines().map(diagnostic::printable).collect();
    lines.join("\n")
}
