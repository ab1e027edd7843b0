//! `onelayer validate`

use onelayer::diagnostic::{self, Diagnostic, Severity};
use onelayer::ops;
use onelayer::source::SourceFile;

use super::arguments::{ReportFormat, Validate};
use super::exit::Exit;
use super::print;
use super::terminal::Terminal;

pub(crate) fn run(arguments: &Validate, terminal: Terminal) -> Exit {
    let mut checked: Vec<(SourceFile, Vec<Diagnostic>)> = Vec::new();
    for path in &arguments.paths {
        match ops::load(path) {
            Ok(source) => {
                let found = ops::validate(&source);
                checked.push((source, found));
            }
            Err(error) => return print::error(&error, terminal),
        }
    }
    let rejected =
        (checked.iter().flat_map(|(_, found)| found)).any(|d| d.severity == Severity::Error);
    let printed = match arguments.format {
        ReportFormat::Text => {
            for (source, found) in &checked {
                if found.is_empty() {
                    print::message(&format!("{}: no problems\n", source.name()));
                } else {
                    print::diagnostics(source, found, terminal);
                }
            }
            Exit::Success
        }
        ReportFormat::Json => print::data(&diagnostic::to_json(
            checked
                .iter()
                .map(|(source, found)| (source, found.as_slice())),
        )),
    };
    if rejected { Exit::Rejected } else { printed }
}
