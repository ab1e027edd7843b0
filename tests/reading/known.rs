//! Where our reading of YAML differs from serde_yaml's, and why ours is meant.

use super::value::{Reading, ours, serde_yaml, shown};

/// One kind of difference, with a document that shows it.
struct Difference {
    text: &'static str,
    ours: &'static str,
    theirs: &'static str,
    reason: &'static str,
    /// Whether another document may show the same, by its text and the two readings.
    sign: Sign,
}

type Sign = fn(&str, &Reading, &Reading) -> bool;

const REFUSED: &str = "refused";

fn refuses(reading: &Reading, reason: &str) -> bool {
    matches!(reading, Err(message) if message.contains(reason))
}

/// No sign of its own: one of the others shows in the text, or it is too rare to meet by chance.
const NEVER: Sign = |_, _, _| false;

/// Whether a name after an anchor or alias goes on with what libyaml takes for its end.
const ODD_ANCHOR: Sign = |text, _, _| {
    text.match_indices(['&', '*']).any(|(at, _)| {
        let name = text[at + 1..]
            .trim_start_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        !name.is_empty() && !name.starts_with([' ', '\t', '\n', ',', '[', ']', '{', '}'])
    })
};

/// Whether the text holds a number as serde_yaml and the core schema see differently.
const ODD_NUMBER: Sign = |text, _, _| {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '+' || c == '-'))
        .any(|word| {
            let digits = word.trim_start_matches(['+', '-']);
            let prefixed = ["0x", "0o", "0b"]
                .iter()
                .any(|prefix| digits.starts_with(prefix));
            let signed = digits.len() < word.len();
            (prefixed && (signed || digits.starts_with("0b")))
                || (digits.starts_with('0')
                    && digits[1..].starts_with(|c: char| c.is_ascii_digit()))
        })
};

const KNOWN: &[Difference] = &[
    Difference {
        text: "a: 0755\nb: -012\n",
        ours: r#"{"a": 755, "b": -12}"#,
        theirs: r#"{"a": "0755", "b": "-012"}"#,
        reason: "the core schema has decimal numbers with leading zeros; keys that want a mode refuse them",
        sign: ODD_NUMBER,
    },
    Difference {
        text: "a: 0b11\nb: -0x1f\nc: +0o7\n",
        ours: r#"{"a": "0b11", "b": "-0x1f", "c": "+0o7"}"#,
        theirs: r#"{"a": 3, "b": -31, "c": 7}"#,
        reason: "the core schema has neither binary numbers nor signs before a prefix",
        sign: ODD_NUMBER,
    },
    Difference {
        text: "a: |\n  text",
        ours: r#"{"a": "text\n"}"#,
        theirs: r#"{"a": "text"}"#,
        reason: "an editor that adds the last line end of a file must not change what it means",
        sign: |text, _, _| !text.ends_with('\n'),
    },
    Difference {
        text: "",
        ours: REFUSED,
        theirs: "null",
        reason: "an empty file is no recipe",
        sign: |_, own, _| refuses(own, "the recipe is empty"),
    },
    Difference {
        text: "a: !custom b\n",
        ours: REFUSED,
        theirs: r#"{"a": {"!custom": "b"}}"#,
        reason: "recipes have no tags of their own; one that is ignored would promise something",
        sign: |text, _, _| text.contains('!'),
    },
    Difference {
        text: "a: !!binary aGk=\n",
        ours: REFUSED,
        theirs: r#"{"a": "aGk="}"#,
        reason: "recipes have no tags but those of the core schema",
        sign: NEVER,
    },
    Difference {
        text: "a: ! 12\n",
        ours: r#"{"a": "12"}"#,
        theirs: r#"{"a": {"!!": 12}}"#,
        reason: "the tag without a name says that a scalar is text",
        sign: NEVER,
    },
    Difference {
        text: "a: !!map x\n",
        ours: REFUSED,
        theirs: r#"{"a": "x"}"#,
        reason: "a tag that its value contradicts is a mistake",
        sign: NEVER,
    },
    Difference {
        text: "1: a\ntrue: b\n",
        ours: r#"{"1": "a", "true": "b"}"#,
        theirs: r#"{"1": "a", "true": "b"}"#,
        reason: "equal: a key is the text that was written, and these are shown by the same",
        sign: NEVER,
    },
    Difference {
        text: "~: a\n0x10: b\n",
        ours: r#"{"0x10": "b", "~": "a"}"#,
        theirs: r#"{"16": "b", "null": "a"}"#,
        reason: "a key is the text that was written",
        sign: |_, _, theirs| shown(theirs).contains("\"null\": "),
    },
    Difference {
        text: "[a]: b\n",
        ours: REFUSED,
        theirs: r#"{"[\"a\"]": "b"}"#,
        reason: "keys are text",
        sign: |_, own, _| refuses(own, "a key is not text"),
    },
    Difference {
        text: "a: 'b'#c\n",
        ours: REFUSED,
        theirs: r#"{"a": "b"}"#,
        reason: "a comment begins after white space (YAML 1.2, 6.6)",
        sign: |_, own, _| refuses(own, "comments must be separated"),
    },
    Difference {
        text: "a: [?b]\n",
        ours: r#"{"a": ["?b"]}"#,
        theirs: r#"{"a": [{"b": null}]}"#,
        reason: "a question mark begins a key only before white space (YAML 1.2, 7.4)",
        sign: |text, _, _| text.contains('?'),
    },
    Difference {
        text: "a: &x:y b\n",
        ours: r#"{"a": "b"}"#,
        theirs: r#"{"a": ":y b"}"#,
        reason: "names of anchors end at white space and flow indicators (YAML 1.2, 6.9.2)",
        sign: ODD_ANCHOR,
    },
    Difference {
        text: "a: &é b\nc: *é\n",
        ours: r#"{"a": "b", "c": "b"}"#,
        theirs: REFUSED,
        reason: "names of anchors may have any letters (YAML 1.2, 6.9.2)",
        sign: NEVER,
    },
    Difference {
        text: "a: &x 1\nb: &x 2\nc: &y 3\nd: *x\n",
        ours: r#"{"a": 1, "b": 2, "c": 3, "d": 2}"#,
        theirs: r#"{"a": 1, "b": 2, "c": 3, "d": 3}"#,
        reason: "serde_yaml gives the next anchor the number of one that is defined again",
        sign: |text, _, _| text.matches('&').count() > 1,
    },
    Difference {
        text: "a: &a {<<: {x: 1}}\nb: {<<: *a}\n",
        ours: r#"{"a": {"x": 1}, "b": {"x": 1}}"#,
        theirs: r#"{"a": {"x": 1}, "b": {"<<": {"x": 1}}}"#,
        reason: "serde_yaml does not merge what merges something itself",
        sign: |text, _, _| text.contains("<<"),
    },
    Difference {
        text: "{\"<<\": {x: 1}}\n",
        ours: r#"{"<<": {"x": 1}}"#,
        theirs: r#"{"x": 1}"#,
        reason: "a key in quotes is text and nothing else",
        sign: NEVER,
    },
    Difference {
        text: "a: -9223372036854775809\n",
        ours: REFUSED,
        theirs: REFUSED,
        reason: "equal: a whole number does not lose digits in silence; where text is wanted it is taken as written",
        sign: NEVER,
    },
    Difference {
        text: "a: 1e999\n",
        ours: REFUSED,
        theirs: r#"{"a": "1e999"}"#,
        reason: "the core schema has a number there; one that is too large is neither infinite nor text",
        sign: NEVER,
    },
    Difference {
        text: "a:\n|\n",
        ours: REFUSED,
        theirs: r#"{"a": ""}"#,
        reason: "a block scalar stands deeper than its key, with its indicator too (YAML 1.2, 8.2)",
        sign: |text, _, _| text.contains("\n|") || text.contains("\n>"),
    },
    Difference {
        text: "-\ta\n",
        ours: r#"["a"]"#,
        theirs: REFUSED,
        reason: "tabs may separate tokens (YAML 1.2, 6.2)",
        sign: NEVER,
    },
    Difference {
        text: "a: [\n\tb]\n",
        ours: REFUSED,
        theirs: r#"{"a": ["b"]}"#,
        reason: "a tab indents nothing, a flow list below a key neither (YAML 1.2, 6.1)",
        sign: |_, own, _| refuses(own, "tabs disallowed within this context"),
    },
    Difference {
        text: "a: [\"b\":c]\n",
        ours: r#"{"a": [{"b": "c"}]}"#,
        theirs: r#"{"a": [{"b": "c"}]}"#,
        reason: "equal: after a key in quotes the colon needs no space",
        sign: NEVER,
    },
    Difference {
        text: "\u{feff}a: b\n",
        ours: r#"{"a": "b"}"#,
        theirs: r#"{"a": "b"}"#,
        reason: "equal: a byte order mark is no text",
        sign: NEVER,
    },
    Difference {
        text: "a: b\na: c\n",
        ours: REFUSED,
        theirs: REFUSED,
        reason: "equal: a key stands once",
        sign: NEVER,
    },
    Difference {
        text: "a: b\n---\nc: d\n",
        ours: REFUSED,
        theirs: REFUSED,
        reason: "equal: one document",
        sign: NEVER,
    },
];

/// Whether two readings may differ for a known reason.
pub(super) fn is_known(text: &str, own: &Reading, theirs: &Reading) -> bool {
    KNOWN
        .iter()
        .any(|difference| (difference.sign)(text, own, theirs))
}

#[test]
fn known_differences_are_as_the_table_says() {
    let mut faults = Vec::new();
    for Difference {
        text,
        ours: own,
        theirs,
        reason,
        ..
    } in KNOWN
    {
        let is_equal = reason.starts_with("equal: ");
        assert_eq!(own == theirs, is_equal, "{text:?}");
        let found = (shown(&ours("r.yaml", text)), shown(&serde_yaml(text)));
        if found != ((*own).to_owned(), (*theirs).to_owned()) {
            faults.push(format!("{text:?}: ours {}, theirs {}", found.0, found.1));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
