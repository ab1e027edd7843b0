//! The layout of YAML.

use std::panic::catch_unwind;

use pretty_yaml::config::{FormatOptions, LanguageOptions, LayoutOptions};

use super::block_scalar::{put_back, take_out};

/// How often a text is laid out again until nothing changes any more.
const ROUNDS: usize = 4;

/// The deepest indentation that the formatter can tell from others: it has a bit for each.
const DEEPEST: usize = 63;

/// The text in the project's layout, with plain line ends; `None` if the formatter cannot read it.
pub(super) fn lay_out(text: &str, width: usize) -> Option<String> {
    // YAML takes each of them for one line end, in scalars too (YAML 1.2.2, section 5.4).
    let mut text = text.replace("\r\n", "\n").replace('\r', "\n");
    for _ in 0..ROUNDS {
        let again = once(&text, width)?;
        if again == text {
            break;
        }
        text = again;
    }
    Some(text)
}

fn once(text: &str, width: usize) -> Option<String> {
    let options = FormatOptions {
        layout: LayoutOptions {
            print_width: width,
            ..LayoutOptions::default()
        },
        language: LanguageOptions {
            trim_trailing_whitespaces: false,
            ..LanguageOptions::default()
        },
    };
    let (bare, blocks) = take_out(&with_comments_first(text))?;
    if is_too_deep(&bare) {
        return None;
    }
    // It is others' code, with `unreachable!` in it for texts that it takes for something else.
    let formatted = catch_unwind(|| pretty_yaml::format_text(&bare, &options));
    let formatted = formatted.ok()?.ok()?;
    Some(put_back(&formatted, &blocks))
}

/// Whether a line begins too far to the right. What begins lists and mappings on the same line moves
/// them further.
fn is_too_deep(text: &str) -> bool {
    text.lines().any(|line| {
        let rest = line.trim_start_matches([' ', '\t', '-', '?', ':']);
        line.len() - rest.len() > DEEPEST
    })
}

/// The text with the comments before everything else at the margin, where the formatter expects
/// them.
fn with_comments_first(text: &str) -> String {
    let rest = text
        .lines()
        .position(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
        .unwrap_or(usize::MAX);
    let mut out = String::new();
    for (number, line) in text.split_inclusive('\n').enumerate() {
        out.push_str(if number < rest {
            line.trim_start_matches(' ')
        } else {
            line
        });
    }
    out
}
