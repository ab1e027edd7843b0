//! The layout of YAML.

use pretty_yaml::config::{FormatOptions, LanguageOptions, LayoutOptions};

use super::block_scalar::{put_back, take_out};

/// How often a text is laid out again until nothing changes any more.
const ROUNDS: usize = 4;

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
    let (bare, blocks) = take_out(&with_comments_first(text));
    let formatted = pretty_yaml::format_text(&bare, &options).ok()?;
    Some(put_back(&formatted, &blocks))
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
