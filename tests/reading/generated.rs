//! Generated documents: edited ones, which both readers must take alike, and ones written from a
//! value, which both must read back.

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::corpus::all;
use super::known::is_known;
use super::value::{Value, ours, serde_yaml, shown, toml_crate};
use super::written::{Style, written};

/// Where to cut, how much, and what to put there.
type Edit = (Index, usize, String);

fn edited(mut text: String, edits: Vec<Edit>) -> String {
    for (at, cut, inserted) in edits {
        let start = text.floor_char_boundary(at.index(text.len() + 1));
        let end = text.ceil_char_boundary((start + cut).min(text.len()));
        text.replace_range(start..end, &inserted);
    }
    text
}

/// Some lines of a document, edited.
fn excerpts(kind: &str, inserted: &'static str) -> impl Strategy<Value = String> + use<> {
    let lines: Vec<String> = all(kind)
        .iter()
        .flat_map(|(_, text)| text.lines().map(str::to_owned))
        .collect();
    let edits = prop::collection::vec((any::<Index>(), 0..4_usize, inserted), 0..3);
    (any::<Index>(), 1..6_usize, edits).prop_map(move |(at, count, edits)| {
        let start = at.index(lines.len());
        let end = (start + count).min(lines.len());
        edited(lines[start..end].join("\n"), edits) + "\n"
    })
}

/// What serde_yaml accepts, ours reads alike, unless a known difference shows.
#[test]
fn edited_yaml_is_read_alike() {
    let documents = excerpts("yaml", r#"[&*\[\]{}:#"'|>~?%@`\-+\t\n a<0-9x.,=_é]{0,4}"#);
    let mut runner = TestRunner::deterministic();
    let (mut alike, mut faults) = (0, Vec::new());
    for _ in 0..20_000 {
        let text = documents.new_tree(&mut runner).unwrap().current();
        let (own, theirs) = (ours("r.yaml", &text), serde_yaml(&text));
        if theirs.is_err() || is_known(&text, &own, &theirs) {
            continue;
        }
        if own == theirs {
            alike += 1;
        } else {
            let (reason, own, theirs) = (own.as_ref().err(), shown(&own), shown(&theirs));
            faults.push(format!(
                "{text:?}\n  ours   {own} {reason:?}\n  theirs {theirs}"
            ));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(alike > 5_000, "only {alike} documents were compared");
}

/// The same of TOML, in which only dates are known to differ, and no refusal may.
#[test]
fn edited_toml_is_read_alike() {
    let documents = excerpts("toml", r#"[\[\]{}#"'\\\-+\t\n a0-9xbe.,=_é]{0,4}"#);
    let mut runner = TestRunner::deterministic();
    let (mut alike, mut faults) = (0, Vec::new());
    for _ in 0..20_000 {
        let text = documents.new_tree(&mut runner).unwrap().current();
        let (own, theirs) = (ours("r.toml", &text), toml_crate(&text));
        if shown(&theirs).contains("{\"date\": ") {
            assert!(own.is_err(), "{text:?}");
            continue;
        }
        // The largest number of ours is that of 64 bits without a sign.
        let is_large = matches!(&theirs, Err(reason) if reason.contains("too large"));
        if own != theirs && (own.is_ok() || theirs.is_ok()) && !is_large {
            faults.push(format!("{text:?}\n  ours   {own:?}\n  theirs {theirs:?}"));
        }
        alike += usize::from(own.is_ok());
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(alike > 5_000, "only {alike} documents were compared");
}

fn values() -> impl Strategy<Value = Value> {
    let text = r#"[a-zé世🔑0-9 :#,\[\]{}&*!|>'"%@`?\\\t\n.=~<_/$-]{0,12}"#;
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Boolean),
        any::<i64>().prop_map(|number| Value::Integer(number.into())),
        (-1e9..1e9_f64).prop_map(Value::Float),
        text.prop_map(Value::Text),
        "[a-z]{1,8}".prop_map(Value::Text),
    ];
    scalar.prop_recursive(5, 40, 5, move |inner| {
        let key = prop_oneof!["[a-z]{1,6}", text];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::List),
            prop::collection::btree_map(key, inner, 0..5).prop_map(Value::Mapping),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_was_written_is_read_back(value in values(), choices in prop::collection::vec(any::<u8>(), 1..40)) {
        let text = written(&value, &mut Style::new(&choices));
        let own = ours("r.yaml", &text);
        prop_assert!(own.as_ref() == Ok(&value), "{text}\n  ours   {own:?}\n  meant  {value}");
        // A key that is text is not all that serde_yaml takes for `<<`, and null for it is none.
        let theirs = serde_yaml(&text);
        prop_assert!(theirs.is_err() || theirs.as_ref() == Ok(&value) || text.contains("<<"),
            "{text}\n  theirs {theirs:?}\n  meant  {value}");
    }

    #[test]
    fn scalars_are_those_of_serde_yaml(
        scalar in r#"[-+]?(0x|0o)?[0-9]{0,3}\.?[0-9a-f]{0,2}|true|False|no|~|null|[-+]?\.(inf|nan)|"[a-z0-9 é\\n]{0,4}"|'[a-z0-9'']{0,3}'|[a-zé][a-z0-9:._/ -]{0,8}[a-z]"#
    ) {
        let text = format!("value: {scalar}\n");
        let (own, theirs) = (ours("r.yaml", &text), serde_yaml(&text));
        if theirs.is_ok() && !is_known(&text, &own, &theirs) {
            prop_assert!(own == theirs, "{text}  ours   {own:?}\n  theirs {theirs:?}");
        }
    }
}
