//! What a server wants to see before it answers: the header `WWW-Authenticate`.

use std::collections::BTreeMap;

/// One of the ways in which a server lets itself be convinced ([RFC 9110, section 11.3]).
///
/// [RFC 9110, section 11.3]: https://www.rfc-editor.org/rfc/rfc9110#section-11.3
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// Name of the way, in lower case: `basic`, `bearer`.
    pub scheme: String,
    /// What belongs to it, by names in lower case. Of a name that comes twice the first counts.
    pub parameters: BTreeMap<String, String>,
}

impl Challenge {
    /// Reads the value of one header, which may hold several challenges. What follows a place that
    /// is against the grammar is left out; nothing is wrong with an empty result.
    pub fn parse(header: &str) -> Vec<Self> {
        let mut challenges: Vec<Self> = Vec::new();
        let mut rest = header;
        loop {
            rest = rest.trim_start_matches([' ', '\t', ',']);
            let Some((name, after)) = token(rest) else {
                return challenges;
            };
            let name = name.to_ascii_lowercase();
            let spaced = after.trim_start_matches([' ', '\t']);
            if let Some(value) = spaced.strip_prefix('=') {
                let Some(challenge) = challenges.last_mut() else {
                    return challenges;
                };
                let Some((value, after)) = value_of(value.trim_start_matches([' ', '\t'])) else {
                    return challenges;
                };
                challenge.parameters.entry(name).or_insert(value);
                rest = after;
            } else {
                challenges.push(Self {
                    scheme: name,
                    parameters: BTreeMap::new(),
                });
                rest = without_token68(spaced);
            }
        }
    }
}

/// A token and what follows it.
fn token(text: &str) -> Option<(&str, &str)> {
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    let end = text.find(|c| !is_token(c)).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

/// A value, in quotes or not, and what follows it.
fn value_of(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        return token(text).map(|(value, rest)| (value.to_owned(), rest));
    };
    let mut value = String::new();
    let mut escaped = false;
    for (at, c) in quoted.char_indices() {
        match c {
            c if escaped => {
                value.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => return Some((value, &quoted[at + 1..])),
            c => value.push(c),
        }
    }
    None
}

/// `text` without the one word (token68) that some schemes have in place of parameters.
fn without_token68(text: &str) -> &str {
    let is_word = |c: char| c.is_ascii_alphanumeric() || "-._~+/".contains(c);
    let end = text.find(|c| !is_word(c)).unwrap_or(text.len());
    let after = text[end..].trim_start_matches('=');
    let ends = after.trim_start_matches([' ', '\t']);
    // A name with one `=` and a value behind it is a parameter; a word before a space would be
    // the next scheme.
    match end > 0 && (ends.is_empty() || ends.starts_with(',')) {
        true => after,
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_read_and_is_written_plainly_is_read_as_the_same(
            header in "([A-Za-z]{1,3}|[ ,=]|\"|\\\\|[-.~+/]|\\PC){0,40}"
        ) {
            let challenges = Challenge::parse(&header);
            let plain: Vec<String> = (challenges.iter())
                .map(|challenge| {
                    let pairs = challenge.parameters.iter().map(|(name, value)| {
                        let value = value.replace('\\', "\\\\").replace('"', "\\\"");
                        format!("{name}=\"{value}\"")
                    });
                    format!("{} {}", challenge.scheme, pairs.collect::<Vec<_>>().join(", "))
                })
                .collect();
            prop_assert_eq!(Challenge::parse(&plain.join(", ")), challenges);
        }
    }

    fn read(header: &str) -> Vec<(String, Vec<(String, String)>)> {
        (Challenge::parse(header).into_iter())
            .map(|challenge| (challenge.scheme, challenge.parameters.into_iter().collect()))
            .collect()
    }

    fn of(scheme: &str, parameters: &[(&str, &str)]) -> (String, Vec<(String, String)>) {
        let own = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
        (scheme.to_owned(), parameters.iter().map(own).collect())
    }

    #[test]
    fn challenges_are_read_as_they_come() {
        let bearer =
            r#"Bearer realm="https://a/token",service="reg",scope="repository:a/b:pull,push""#;
        let expected = of(
            "bearer",
            &[
                ("realm", "https://a/token"),
                ("scope", "repository:a/b:pull,push"),
                ("service", "reg"),
            ],
        );
        assert_eq!(read(bearer), std::slice::from_ref(&expected));
        let both = format!(r#"Basic realm="x, \"y\"", {bearer}, Negotiate"#);
        let basic = of("basic", &[("realm", "x, \"y\"")]);
        assert_eq!(read(&both), [basic, expected, of("negotiate", &[])]);
        assert_eq!(
            read("BASIC Realm = plain , charset=UTF-8"),
            [of("basic", &[("charset", "UTF-8"), ("realm", "plain")])]
        );
        assert_eq!(
            read("Negotiate abc+/==, Basic realm=x"),
            [of("negotiate", &[]), of("basic", &[("realm", "x")])]
        );
        assert_eq!(
            read("Basic realm=a,realm=b"),
            [of("basic", &[("realm", "a")])]
        );
    }

    #[test]
    fn what_is_against_the_grammar_ends_it() {
        assert_eq!(read(""), []);
        assert_eq!(read(", ,"), []);
        assert_eq!(read("realm=x"), []);
        assert_eq!(read("\"Basic\""), []);
        assert_eq!(read("Bearer realm=\"open"), [of("bearer", &[])]);
        assert_eq!(read("Bearer realm=\"open\\"), [of("bearer", &[])]);
        assert_eq!(
            read("Bearer realm=a \u{e9}x=y"),
            [of("bearer", &[("realm", "a")])]
        );
    }
}
