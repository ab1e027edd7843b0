//! `onelayer validate`

use std::path::Path;

use onelayer::diagnostic::{self, Diagnostic};
use onelayer::ops::{self, Error};
use onelayer::source::SourceFile;

use super::arguments::{DiagnosticFormat, Validate};
use super::exit::Exit;
use super::terminal::Terminal;
use super::{input, print};

/// What was looked at, and what could not be.
#[derive(Default)]
struct Looked {
    checked: Vec<(SourceFile, Vec<Diagnostic>)>,
    unread: Vec<Error>,
}

pub(crate) fn run(arguments: &Validate, terminal: Terminal) -> Exit {
    let mut looked = Looked::default();
    for path in &arguments.paths {
        if path == Path::new(input::STANDARD) {
            looked.add(input::read(&arguments.stdin_name));
            continue;
        }
        for path in ops::recipes(path) {
            looked.add(path.and_then(|path| ops::load(&path)));
        }
    }
    let mut is_rejected = false;
    for (_, diagnostics) in &mut looked.checked {
        is_rejected |= arguments.strictness.rejects(diagnostics);
    }
    let printed = looked.print(arguments.format, terminal);
    // A wrong recipe stays wrong when the disk is mended, so it is the more lasting news.
    match (is_rejected, looked.unread.first()) {
        (true, _) => Exit::Rejected,
        (false, Some(error)) => Exit::from(error),
        (false, None) => printed,
    }
}

impl Looked {
    fn add(&mut self, source: Result<SourceFile, Error>) {
        match source {
            Ok(source) => {
                let found = ops::validate(&source);
                self.checked.push((source, found));
            }
            Err(Error::Rejected {
                recipe,
                diagnostics,
            }) => self.checked.push((recipe, diagnostics)),
            Err(error) => self.unread.push(error),
        }
    }

    fn print(&self, format: DiagnosticFormat, terminal: Terminal) -> Exit {
        for error in &self.unread {
            print::error(error, terminal);
        }
        let files = (self.checked.iter()).map(|(source, found)| (source, found.as_slice()));
        // Paths stay as they were given where there is no working directory.
        let here = std::env::current_dir().unwrap_or_default();
        match format {
            DiagnosticFormat::Text => {
                self.print_text(terminal);
                Exit::Success
            }
            DiagnosticFormat::Json => print::data(&diagnostic::to_json(files)),
            DiagnosticFormat::Github => print::data(&diagnostic::to_github(files, &here)),
            DiagnosticFormat::Gitlab => print::data(&diagnostic::to_gitlab(files, &here)),
            DiagnosticFormat::Sarif => {
                let unread: Vec<String> = self.unread.iter().map(print::described).collect();
                print::data(&diagnostic::to_sarif(files, &here, &unread))
            }
        }
    }

    fn print_text(&self, terminal: Terminal) {
        for (source, found) in &self.checked {
            if found.is_empty() {
                let name = diagnostic::printable(source.name());
                print::message(&format!("{name}: no problems\n"));
            } else {
                print::message(&diagnostic::to_text(source, found, terminal.style()));
            }
        }
        let all = || self.checked.iter().flat_map(|(_, found)| found);
        if all().next().is_none() {
            return;
        }
        let summary = print::summary(all());
        match self.checked.len() {
            1 => print::message(&summary),
            count => print::message(&format!("{count} recipes: {summary}")),
        }
    }
}
