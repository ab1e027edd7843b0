//! Block scalars, which every layout must leave alone: their lines are content.
//!
//! They are taken out before a text is laid out, each leaving its header and one word, and put
//! back after it, indented as that word is then.

use granit_parser::{Event, Parser, ScalarStyle};

/// What stands in for the lines of a block scalar, followed by its number.
const STAND_IN: &str = "onelayer-block-scalar-";

/// The lines of a block scalar without their indentation.
pub(super) struct Block {
    lines: Vec<String>,
}

/// The text with a word for each block scalar, and quotes for those without content. Those whose
/// header names the indentation stay. `None` if another one would have to: the layout engine takes
/// the lines of those apart, and panics where it misjudges how far they are indented.
pub(super) fn take_out(text: &str) -> Option<(String, Vec<Block>)> {
    let mut out = String::new();
    let mut blocks = Vec::new();
    let mut done = 0;
    if text.contains(STAND_IN) {
        return None;
    }
    // Where what came before ends: the parser's place of a block scalar is that of its lines.
    let mut before = 0;
    for (event, span) in Parser::new_from_str(text).flatten() {
        let Some(range) = span.byte_range() else {
            continue;
        };
        let is_block = matches!(
            &event,
            Event::Scalar(_, ScalarStyle::Literal | ScalarStyle::Folded, ..)
        );
        let between = before..range.start;
        before = range.end;
        if !is_block {
            continue;
        }
        let header = header(text, between.start, between.end)?;
        if matches!(&event, Event::Scalar(content, ..) if content.is_empty()) {
            out.push_str(text.get(done..header).unwrap_or_default());
            out.push_str("\"\"");
            let rest = text.get(header..).unwrap_or_default();
            let indicators =
                rest.trim_start_matches(|c: char| "|>+-".contains(c) || c.is_ascii_digit());
            done = text.len() - indicators.len();
            continue;
        }
        if names_indentation(text, header) {
            continue;
        }
        let found = Found::at(text, header)?;
        out.push_str(text.get(done..found.body).unwrap_or_default());
        let indentation = " ".repeat(found.indentation);
        out.push_str(&format!("{indentation}{STAND_IN}{}\n", blocks.len()));
        out.push_str(if found.leaves_blank { "\n" } else { "" });
        blocks.push(Block { lines: found.lines });
        done = found.end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    Some((out, blocks))
}

/// Whether the header says how far the lines are indented.
fn names_indentation(text: &str, header: usize) -> bool {
    let indicators = text.get(header..).unwrap_or_default().chars();
    indicators.skip(1).take(2).any(|c| c.is_ascii_digit())
}

/// Puts the lines back where [`take_out`] has left a word for them.
pub(super) fn put_back(text: &str, blocks: &[Block]) -> String {
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        let word = line.trim();
        let block = (word.strip_prefix(STAND_IN))
            .and_then(|number| blocks.get(number.parse::<usize>().ok()?));
        let Some(block) = block else {
            out.push_str(line);
            continue;
        };
        let indentation = line.len() - line.trim_start().len();
        for content in &block.lines {
            if !content.is_empty() {
                out.push_str(&" ".repeat(indentation));
                out.push_str(content);
            }
            out.push('\n');
        }
    }
    out
}

/// Where the header stands between the end of what comes before and the lines.
fn header(text: &str, before: usize, lines: usize) -> Option<usize> {
    let between = text.get(before..lines)?;
    let mut offset = before;
    for line in between.split_inclusive('\n') {
        let code = line.find(" #").map_or(line, |comment| &line[..comment]);
        let indicator = code
            .match_indices(['|', '>'])
            .map(|(at, _)| at)
            .find(|at| *at == 0 || code[..*at].ends_with([' ', '\t']));
        if let Some(at) = indicator {
            return Some(offset + at);
        }
        offset += line.len();
    }
    None
}

/// A block scalar in a text, by byte offsets.
struct Found {
    /// Of the line after the header.
    body: usize,
    /// Of the first line that does not belong to it.
    end: usize,
    indentation: usize,
    lines: Vec<String>,
    /// Whether lines without content follow.
    leaves_blank: bool,
}

impl Found {
    fn at(text: &str, header: usize) -> Option<Self> {
        let from_header = text.get(header..)?;
        let header_end = from_header.find('\n')? + 1;
        let head = from_header.get(..header_end)?;
        if !head.starts_with(['|', '>']) {
            return None;
        }
        let keeps = head.as_bytes().get(1) == Some(&b'+');
        let body = header + header_end;
        let rest = text.get(body..)?;
        let first = rest
            .lines()
            .find(|line| !line.trim_matches(' ').is_empty())?;
        let indentation = first.len() - first.trim_start_matches(' ').len();
        let mut lines: Vec<String> = Vec::new();
        let mut end = body;
        for line in rest.split_inclusive('\n') {
            let content = line.strip_suffix('\n').unwrap_or(line);
            let spaces = content.len() - content.trim_start_matches(' ').len();
            if spaces < indentation && spaces < content.len() {
                break;
            }
            lines.push(content.get(indentation..).unwrap_or_default().to_owned());
            end += line.len();
        }
        let written = lines.len();
        if !keeps {
            while lines.last().is_some_and(String::is_empty) {
                lines.pop();
            }
        }
        (indentation > 0 && !lines.is_empty()).then_some(Self {
            body,
            end,
            indentation,
            leaves_blank: lines.len() < written,
            lines,
        })
    }
}
