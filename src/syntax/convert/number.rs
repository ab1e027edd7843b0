//! Numbers and booleans that both notations write alike, and the others rewritten.

use crate::syntax::{Notation, ScalarKind};

/// Whether both notations read the text as the same value with the same text.
pub(super) fn is_same_in_both(text: &str, kind: ScalarKind) -> bool {
    match kind {
        ScalarKind::Boolean => matches!(text, "true" | "false"),
        ScalarKind::Integer => is_plain_integer(text),
        ScalarKind::Float => {
            let (mantissa, exponent) = match text.split_once(['e', 'E']) {
                Some((mantissa, exponent)) => (mantissa, Some(exponent)),
                None => (text, None),
            };
            let (whole, fraction) = match mantissa.split_once('.') {
                Some((whole, fraction)) => (whole, Some(fraction)),
                None => (mantissa, None),
            };
            let sign = |text: &str| text.strip_prefix(['-', '+']).map_or(0, |_| 1);
            is_plain_integer(whole.strip_prefix('-').unwrap_or(whole))
                && fraction.is_none_or(is_digits)
                && exponent.is_none_or(|exponent| is_digits(&exponent[sign(exponent)..]))
                && text.parse::<f64>().is_ok_and(f64::is_finite)
        }
        _ => false,
    }
}

/// Decimal, without signs, zeros and lines that nobody needs, and of a size that both have.
fn is_plain_integer(text: &str) -> bool {
    (text.parse::<i64>()).is_ok_and(|number| number.to_string() == text)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The same value in the words of `to`; `None` if it has no such value.
pub(super) fn rewritten(text: &str, kind: ScalarKind, to: Notation) -> Option<String> {
    match kind {
        ScalarKind::Boolean => Some(text.eq_ignore_ascii_case("true").to_string()),
        ScalarKind::Integer => {
            let plain = text.replace('_', "");
            let radix = |prefix, radix| {
                let digits = plain.strip_prefix(prefix)?;
                i64::from_str_radix(digits, radix).ok()
            };
            let number = (radix("0x", 16).or_else(|| radix("0o", 8)))
                .or_else(|| radix("0b", 2))
                .or_else(|| plain.parse().ok())?;
            Some(number.to_string())
        }
        ScalarKind::Float => {
            let number: f64 = text.replace('_', "").replace(".inf", "inf").parse().ok()?;
            if number.is_finite() {
                return Some(format!("{number:?}"));
            }
            let sign = if number < 0.0 { "-" } else { "" };
            let dot = if to == Notation::Yaml { "." } else { "" };
            let word = if number.is_nan() { "nan" } else { "inf" };
            Some(format!("{sign}{dot}{word}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_write_alike() {
        for (text, kind, same) in [
            ("8080", ScalarKind::Integer, true),
            ("-1", ScalarKind::Integer, true),
            ("0755", ScalarKind::Integer, false),
            ("+1", ScalarKind::Integer, false),
            ("0x1F", ScalarKind::Integer, false),
            ("1_000", ScalarKind::Integer, false),
            ("9223372036854775808", ScalarKind::Integer, false),
            ("3.10", ScalarKind::Float, true),
            ("1e3", ScalarKind::Float, true),
            ("-1.5E-3", ScalarKind::Float, true),
            (".5", ScalarKind::Float, false),
            ("5.", ScalarKind::Float, false),
            ("01.5", ScalarKind::Float, false),
            ("1e999", ScalarKind::Float, false),
            (".inf", ScalarKind::Float, false),
            ("true", ScalarKind::Boolean, true),
            ("True", ScalarKind::Boolean, false),
        ] {
            assert_eq!(is_same_in_both(text, kind), same, "{text}");
        }
    }

    #[test]
    fn the_same_value_in_other_words() {
        for (text, kind, to, expected) in [
            ("0755", ScalarKind::Integer, Notation::Toml, Some("755")),
            ("0o755", ScalarKind::Integer, Notation::Toml, Some("493")),
            ("1_000", ScalarKind::Integer, Notation::Yaml, Some("1000")),
            ("+7", ScalarKind::Integer, Notation::Toml, Some("7")),
            (".5", ScalarKind::Float, Notation::Toml, Some("0.5")),
            ("-.inf", ScalarKind::Float, Notation::Toml, Some("-inf")),
            ("inf", ScalarKind::Float, Notation::Yaml, Some(".inf")),
            ("True", ScalarKind::Boolean, Notation::Toml, Some("true")),
            (
                "9223372036854775808",
                ScalarKind::Integer,
                Notation::Toml,
                None,
            ),
        ] {
            assert_eq!(rewritten(text, kind, to).as_deref(), expected, "{text}");
        }
    }
}
