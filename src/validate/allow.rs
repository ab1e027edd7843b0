//! `# onelayer: allow CODE, CODE`: the author of a recipe has seen a warning and means it.
//!
//! At the end of a line the comment holds for that line, on a line of its own for the next line
//! that is no comment; a text of several lines counts as one. It silences warnings and advice whose
//! primary place begins there. What silences nothing is itself worth a warning, since it would hide
//! the next mistake.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::source::{SourceFile, Span};
use crate::syntax::{Document, Layout};

const ADDRESS: &str = "onelayer:";
const VERB: &str = "allow";

/// A code that is allowed on a line.
struct Allowance {
    code: Code,
    /// Where the code stands in the comment.
    span: Span,
    line: usize,
    is_used: bool,
}

/// Takes out what comments allow, and adds what is wrong with the comments. `is_open` says that a
/// value is not known yet.
pub(super) fn apply(
    file: &SourceFile,
    layout: &Layout,
    is_open: bool,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut problems = Vec::new();
    let mut allowances = read(file, layout.comments(), &mut problems);
    diagnostics.retain(|diagnostic| {
        let lines = lines(file, layout, diagnostic.start());
        let mut is_allowed = false;
        for allowance in &mut allowances {
            if diagnostic.severity != Severity::Error
                && allowance.code == diagnostic.code
                && lines.contains(&allowance.line)
            {
                allowance.is_used = true;
                is_allowed = true;
            }
        }
        !is_allowed
    });
    // Where something could not be read, or is not known yet, the rule that would warn may not have
    // looked.
    let is_rejected = (diagnostics.iter()).any(|found| found.severity == Severity::Error);
    if !is_rejected && !is_open {
        let unused = allowances.iter().filter(|allowance| !allowance.is_used);
        problems.extend(unused.map(|allowance| {
            let message = format!("nothing here gives `{}`", allowance.code);
            Diagnostic::new(Code::UnusedAllow, message)
                .label(allowance.span, "allows nothing")
                .help("remove it, or move it to the line that is meant")
        }));
    }
    diagnostics.append(&mut problems);
}

/// The lines whose comments hold for a place: its own, or all of the text that it is in, since no
/// line within a text can have a comment.
fn lines(file: &SourceFile, layout: &Layout, offset: usize) -> RangeInclusive<usize> {
    let line = |offset| file.position(offset).line;
    match layout.long_scalar(offset) {
        Some(text) => line(text.start)..=line(text.end),
        None => line(offset)..=line(offset),
    }
}

fn read(file: &SourceFile, comments: &[Span], problems: &mut Vec<Diagnostic>) -> Vec<Allowance> {
    let after = lines_after(file, comments);
    let mut allowances = Vec::new();
    for comment in comments {
        if problems.len() >= Document::MOST_PROBLEMS {
            break;
        }
        let Some(codes) = codes(file, *comment, problems) else {
            continue;
        };
        let own = file.position(comment.start).line;
        let line = after.get(&own).copied().unwrap_or(own);
        for span in codes {
            match file.slice(span).parse::<Code>() {
                Ok(code) if code.severity() == Severity::Error => problems.push(
                    Diagnostic::new(Code::AllowedError, format!("`{code}` is an error"))
                        .label(span, "cannot be allowed")
                        .help("remove it, and correct the error where there is one"),
                ),
                Ok(code) => allowances.push(Allowance {
                    code,
                    span,
                    line,
                    is_used: false,
                }),
                Err(error) => {
                    let help = match error.meant {
                        Some(code) => format!("write `{code}` if that is meant"),
                        None => "write a code; `onelayer explain` lists them".to_owned(),
                    };
                    problems.push(
                        Diagnostic::new(Code::UnknownAllow, error.to_string())
                            .label(span, "no such code")
                            .help(help),
                    );
                }
            }
        }
    }
    allowances
}

/// Of each line that is only a comment, the next one that is not.
fn lines_after(file: &SourceFile, comments: &[Span]) -> BTreeMap<usize, usize> {
    let mut after = BTreeMap::new();
    // From the last on, so that of a thousand lines of comments each is looked at once.
    for comment in comments.iter().rev() {
        if is_alone(file, *comment) {
            let line = file.position(comment.start).line;
            let next = after.get(&(line + 1)).copied().unwrap_or(line + 1);
            after.insert(line, next);
        }
    }
    after
}

/// Whether there is nothing else on the line of a comment.
fn is_alone(file: &SourceFile, comment: Span) -> bool {
    let before = file.slice(Span::new(0, comment.start));
    let line = before.rsplit(['\n', '\r']).next().unwrap_or_default();
    line.trim().is_empty()
}

/// Where the codes of a comment stand, if it speaks to onelayer.
fn codes(file: &SourceFile, comment: Span, problems: &mut Vec<Diagnostic>) -> Option<Vec<Span>> {
    let text = file.slice(comment);
    let place = |part: &str| {
        let start = comment.start + (part.as_ptr().addr() - text.as_ptr().addr());
        Span::new(start, start + part.len())
    };
    let order = text.trim_start_matches('#').trim().strip_prefix(ADDRESS)?;
    let order = order.trim();
    let codes = order
        .strip_prefix(VERB)
        .filter(|rest| rest.starts_with(char::is_whitespace));
    let Some(codes) = codes else {
        let message = format!(
            "`{}` is nothing that onelayer can be told",
            order.escape_debug()
        );
        problems.push(
            Diagnostic::new(Code::UnknownAllow, message)
                .label(place(text.trim_end()), "this comment")
                .help("write `# onelayer: allow CODE`, with a code of a warning"),
        );
        return None;
    };
    Some(codes.split(',').map(|code| place(code.trim())).collect())
}
