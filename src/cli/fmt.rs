//! `onelayer fmt`

use std::path::Path;

use onelayer::ops::{self, Formatted};
use onelayer::syntax::Notation;
use similar::TextDiff;

use super::arguments::Fmt;
use super::exit::Exit;
use super::terminal::Terminal;
use super::{input, print};

pub(crate) fn run(arguments: &Fmt, terminal: Terminal) -> Exit {
    let mut worst = Exit::Success;
    for path in &arguments.paths {
        let exit = match one(arguments, path) {
            Ok(exit) => exit,
            Err(error) => print::error(&error, terminal),
        };
        // The numbers grow with what they mean for a script that formats many files.
        if exit as u8 > worst as u8 {
            worst = exit;
        }
    }
    worst
}

fn one(arguments: &Fmt, path: &Path) -> Result<Exit, ops::Error> {
    let from_standard_input = path == Path::new(input::STANDARD);
    let formatted = if from_standard_input {
        let source = input::read(&arguments.stdin_name)?;
        let notation = Notation::of(source.name());
        ops::format_source(source, notation)?
    } else {
        ops::format(path)?
    };
    let name = formatted.source.name();
    if arguments.check || arguments.diff {
        if !formatted.is_changed() {
            return Ok(Exit::Success);
        }
        print::message(&format!("would change: {name}\n"));
        if arguments.diff && print::data(&diff(&formatted)) != Exit::Success {
            return Ok(Exit::Io);
        }
        return Ok(Exit::Rejected);
    }
    if from_standard_input {
        return Ok(print::data(&formatted.text));
    }
    formatted.write()?;
    if formatted.is_changed() {
        print::message(&format!("formatted: {name}\n"));
    }
    Ok(Exit::Success)
}

fn diff(formatted: &Formatted) -> String {
    let name = formatted.source.name();
    TextDiff::from_lines(formatted.source.text(), formatted.text.as_str())
        .unified_diff()
        .header(name, name)
        .to_string()
}
