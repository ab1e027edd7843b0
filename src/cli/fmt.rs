//! `onelayer fmt`

use std::path::Path;

use onelayer::diagnostic::printable;
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
        let all = if path == Path::new(input::STANDARD) {
            vec![standard_input(arguments)]
        } else {
            let found = ops::recipes(path).into_iter();
            found
                .map(|path| finish(arguments, &ops::format(&path?)?))
                .collect()
        };
        for one in all {
            let exit = one.unwrap_or_else(|error| print::error(&error, terminal));
            // The numbers grow with what they mean for a script that formats many files.
            if exit as u8 > worst as u8 {
                worst = exit;
            }
        }
    }
    worst
}

fn standard_input(arguments: &Fmt) -> Result<Exit, ops::Error> {
    let source = input::read(&arguments.stdin_name)?;
    let notation = Notation::of(source.name());
    let formatted = ops::format_source(source, notation)?;
    if arguments.check || arguments.diff {
        finish(arguments, &formatted)
    } else {
        tell_if_not_laid_out(&formatted);
        Ok(print::data(&formatted.text))
    }
}

/// Writes what was formatted, or only tells.
fn finish(arguments: &Fmt, formatted: &Formatted) -> Result<Exit, ops::Error> {
    tell_if_not_laid_out(formatted);
    if !formatted.is_changed() {
        return Ok(Exit::Success);
    }
    let name = printable(formatted.source.name());
    if !arguments.check && !arguments.diff {
        formatted.write()?;
        print::message(&format!("formatted: {name}\n"));
        return Ok(Exit::Success);
    }
    print::message(&format!("would change: {name}\n"));
    if arguments.diff && print::data(&diff(formatted)) != Exit::Success {
        return Ok(Exit::Io);
    }
    Ok(Exit::Rejected)
}

fn tell_if_not_laid_out(formatted: &Formatted) {
    if !formatted.is_laid_out {
        let name = printable(formatted.source.name());
        print::message(&format!(
            "not laid out: {name}, which would not say the same; lines are tidied at most\n"
        ));
    }
}

fn diff(formatted: &Formatted) -> String {
    let name = formatted.source.name();
    TextDiff::from_lines(formatted.source.text(), formatted.text.as_str())
        .unified_diff()
        .header(name, name)
        .to_string()
}
