//! What registries say, made fit for a message.

use serde::Deserialize;

/// The most of an answer that is read for its message, in bytes.
pub(super) const LONGEST_ANSWER: usize = 64 << 10;
/// The most that is shown, in characters.
const LONGEST: usize = 300;
const SHOWN_ERRORS: usize = 3;

/// The body of an answer that says no ([distribution-spec, "Error Codes"]).
///
/// [distribution-spec, "Error Codes"]: https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#error-codes
#[derive(Deserialize)]
struct Errors {
    #[serde(default)]
    errors: Vec<Problem>,
    /// What servers of tokens have in its place.
    #[serde(default)]
    details: Option<String>,
    #[serde(default)]
    error_description: Option<String>,
}

#[derive(Deserialize)]
struct Problem {
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    message: Option<String>,
}

/// What the body of an answer says, without any of `hidden`; none if it says nothing in the form
/// of the specification.
pub(super) fn told(body: &[u8], hidden: &[String]) -> Option<String> {
    let errors: Errors = serde_json::from_slice(body).ok()?;
    let listed = errors
        .errors
        .iter()
        .take(SHOWN_ERRORS)
        .filter_map(|problem| {
            let message = problem.message.as_deref().filter(|text| !text.is_empty());
            match (problem.code.as_deref(), message) {
                (Some(code), Some(message)) => Some(format!("{message} ({code})")),
                (Some(one), None) | (None, Some(one)) => Some(one.to_owned()),
                (None, None) => None,
            }
        });
    let mut text = listed.collect::<Vec<_>>().join("; ");
    if text.is_empty() {
        text = errors.details.or(errors.error_description)?;
    }
    let text = shown(&text, hidden);
    (!text.is_empty()).then_some(text)
}

/// `text` in one line without control characters, not too long and without any of `hidden`.
pub(super) fn shown(text: &str, hidden: &[String]) -> String {
    let mut text = text.to_owned();
    // A short secret would be found in every other word.
    for secret in hidden.iter().filter(|secret| secret.len() >= 4) {
        text = text.replace(&**secret, "***");
    }
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        for c in word.chars() {
            match c {
                '"' | '\'' | '\\' => line.push(c),
                c => line.extend(c.escape_debug()),
            }
        }
        if line.len() > 4 * LONGEST {
            break;
        }
    }
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registries_cannot_write_to_the_terminal() {
        let body = br#"{"errors": [
            {"code": "DENIED", "message": "no\u001b[31m\n\u202eentry \"x\" hunter22"},
            {"code": "UNKNOWN"}, {"message": ""}, {"message": "fourth"}]}"#;
        assert_eq!(
            told(body, &["hunter22".to_owned(), String::new()]).unwrap(),
            r#"no\u{1b}[31m \u{202e}entry "x" *** (DENIED); UNKNOWN"#
        );
        assert_eq!(
            told(br#"{"details": "wrong password"}"#, &[]).unwrap(),
            "wrong password"
        );
        for nothing in [
            "",
            "<html>",
            "{}",
            "[]",
            r#"{"errors": []}"#,
            r#"{"errors": 1}"#,
        ] {
            assert_eq!(told(nothing.as_bytes(), &[]), None, "{nothing}");
        }
        let long = shown(&"é".repeat(10_000), &[]);
        assert_eq!(long.chars().count(), LONGEST + 1);
    }
}
