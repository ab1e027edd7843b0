//! What an unquoted scalar is, by the core schema of YAML 1.2.

/// The type of a scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScalarKind {
    /// Text, quoted or not.
    String,
    /// A whole number.
    Integer,
    /// A number with a fraction or exponent, or an infinity.
    Float,
    /// `true` or `false`.
    Boolean,
    /// Nothing.
    Null,
    /// What one expression and nothing else became: it is whatever its key wants.
    Expanded,
}

impl ScalarKind {
    /// The noun of messages, with its article.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::String | Self::Expanded => "the text",
            Self::Integer | Self::Float => "the number",
            Self::Boolean => "the boolean",
            Self::Null => "nothing",
        }
    }

    /// The kind of a plain scalar of YAML.
    pub(super) fn of_plain(text: &str) -> Self {
        match text {
            "" | "~" | "null" | "Null" | "NULL" => Self::Null,
            "true" | "True" | "TRUE" | "false" | "False" | "FALSE" => Self::Boolean,
            _ if is_integer(text) => Self::Integer,
            _ if is_float(text) => Self::Float,
            _ => Self::String,
        }
    }
}

fn without_sign(text: &str) -> &str {
    text.strip_prefix(['-', '+']).unwrap_or(text)
}

fn digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_integer(text: &str) -> bool {
    let prefixed = |prefix, valid: fn(&u8) -> bool| {
        text.strip_prefix(prefix)
            .is_some_and(|rest: &str| !rest.is_empty() && rest.as_bytes().iter().all(valid))
    };
    let decimal = without_sign(text);
    (!decimal.is_empty() && digits(decimal))
        || prefixed("0x", u8::is_ascii_hexdigit)
        || prefixed("0o", |byte| (b'0'..=b'7').contains(byte))
}

/// `[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`, infinities, `.nan`.
fn is_float(text: &str) -> bool {
    let plain = without_sign(text);
    if matches!(plain, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let (mantissa, exponent) = match plain.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(without_sign(exponent))),
        None => (plain, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|exponent| !exponent.is_empty() && digits(exponent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_core_schema_of_yaml_1_2() {
        for (text, kind) in [
            ("", ScalarKind::Null),
            ("~", ScalarKind::Null),
            ("no", ScalarKind::String),
            ("on", ScalarKind::String),
            ("True", ScalarKind::Boolean),
            ("tRue", ScalarKind::String),
            ("0755", ScalarKind::Integer),
            ("0o755", ScalarKind::Integer),
            ("0o8", ScalarKind::String),
            ("0x", ScalarKind::String),
            ("-1", ScalarKind::Integer),
            ("--1", ScalarKind::String),
            ("3.10", ScalarKind::Float),
            (".5", ScalarKind::Float),
            ("5.", ScalarKind::Float),
            (".", ScalarKind::String),
            ("1e3", ScalarKind::Float),
            ("1e", ScalarKind::String),
            ("e3", ScalarKind::String),
            ("1.2.3", ScalarKind::String),
            ("-.inf", ScalarKind::Float),
            ("1_000", ScalarKind::String),
        ] {
            assert_eq!(ScalarKind::of_plain(text), kind, "{text}");
        }
    }
}
