//! Scalars of YAML mean what serde_yaml takes them for.

use std::collections::BTreeMap;

use onelayer::source::SourceFile;
use onelayer::syntax::{Document, Written, decode};
use proptest::prelude::*;
use serde::{Deserialize, Deserializer};

struct Any(Written);

impl<'de> Deserialize<'de> for Any {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Written::expecting(deserializer, "a scalar").map(Any)
    }
}

fn ours(text: &str) -> Option<Written> {
    let (document, _) = Document::parse(&SourceFile::new("r.yaml", text));
    let decoded = decode::<BTreeMap<String, Any>>(document?);
    decoded.value?.remove("value").map(|value| value.0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn scalars_are_those_of_serde_yaml(
        scalar in r#"[-+]?(0x|0o)?[0-9]{0,3}\.?[0-9a-f]{0,2}|true|False|no|~|null|\.inf|"[a-z0-9 é\\n]{0,4}"|'[a-z0-9'']{0,3}'|[a-zé][a-z0-9:._/ -]{0,8}[a-z]"#
    ) {
        let text = format!("value: {scalar}\n");
        let Ok(theirs) = serde_yaml::from_str::<serde_yaml::Value>(&text) else {
            prop_assert!(true);
            return Ok(());
        };
        let theirs = &theirs["value"];
        // Of numbers with leading zeros, a sign before a prefix and the like serde_yaml thinks
        // otherwise than the core schema; where it sees text we may see a number.
        if let Some(written) = ours(&text) {
            use onelayer::syntax::ScalarKind as Kind;
            match theirs {
                serde_yaml::Value::Bool(_) => prop_assert_eq!(written.kind, Kind::Boolean),
                serde_yaml::Value::Null => prop_assert_eq!(written.kind, Kind::Null),
                serde_yaml::Value::String(text) => {
                    prop_assert_eq!(&written.text, text);
                    prop_assert!(!matches!(written.kind, Kind::Boolean | Kind::Null));
                }
                serde_yaml::Value::Number(number) if number.is_i64() && written.kind == Kind::Integer => {
                    if let Ok(value) = written.text.parse::<i64>() {
                        prop_assert_eq!(number.as_i64(), Some(value));
                    }
                }
                serde_yaml::Value::Number(_) => {
                    let signed_prefix = written.text.contains('x') || written.text.contains('o');
                    prop_assert!(
                        signed_prefix || matches!(written.kind, Kind::Integer | Kind::Float),
                        "{:?}", written
                    );
                }
                _ => {}
            }
        } else {
            prop_assert!(theirs.is_mapping() || theirs.is_sequence() || theirs.is_null(), "{:?}", theirs);
        }
    }
}
