//! When a step is made.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Reference;
use super::condition_parser::{parse, problem};
use super::scalar::ScalarProblem;
use crate::syntax::{ScalarKind, Written};

/// Whether a step is made, decided while the recipe is planned:
/// `args.X == "y"`, `platform.arch != "arm64"`, with `and`, `or`, `not` and parentheses.
///
/// Two values are compared as text. A value alone must be `true` or `false`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    text: String,
    root: Clause,
}

/// A part of a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clause {
    /// One of them holds.
    Or(Vec<Clause>),
    /// All of them hold.
    And(Vec<Clause>),
    /// It does not hold.
    Not(Box<Clause>),
    /// Both values are the same text, or with `equal: false` they are not.
    Compare {
        /// The value before the sign.
        left: Operand,
        /// `==` instead of `!=`.
        equal: bool,
        /// The value after the sign.
        right: Operand,
    },
    /// The value is `true`.
    Value(Operand),
}

/// A value in a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operand {
    /// What a reference stands for.
    Reference(Reference),
    /// A text in quotes, a number, `true` or `false`.
    Literal(String),
}

impl Condition {
    /// The condition as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What it says.
    pub fn root(&self) -> &Clause {
        &self.root
    }

    /// Everything that it asks for.
    pub fn references(&self) -> Vec<&Reference> {
        let mut found = Vec::new();
        self.root.collect(&mut found);
        found
    }
}

impl Clause {
    fn collect<'c>(&'c self, found: &mut Vec<&'c Reference>) {
        let mut operand = |operand: &'c Operand| {
            if let Operand::Reference(reference) = operand {
                found.push(reference);
            }
        };
        match self {
            Self::Or(clauses) | Self::And(clauses) => {
                clauses.iter().for_each(|clause| clause.collect(found));
            }
            Self::Not(clause) => clause.collect(found),
            Self::Compare { left, right, .. } => {
                operand(left);
                operand(right);
            }
            Self::Value(value) => operand(value),
        }
    }
}

impl FromStr for Condition {
    type Err = ScalarProblem;

    fn from_str(text: &str) -> Result<Self, ScalarProblem> {
        Ok(Self {
            text: text.trim().to_owned(),
            root: parse(text)?,
        })
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let written = Written::expecting(deserializer, "a condition")?;
        let condition: Result<Self, ScalarProblem> = match written.kind {
            ScalarKind::Null | ScalarKind::Integer | ScalarKind::Float => {
                Err(problem(format!("`{}` is not a condition", written.text)))
            }
            // `when: true` is a boolean of YAML and means what it says.
            ScalarKind::Boolean => written.text.to_lowercase().parse(),
            ScalarKind::String | ScalarKind::Expanded => written.text.parse(),
        };
        condition.map_err(D::Error::custom)
    }
}

impl Serialize for Condition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl schemars::JsonSchema for Condition {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Condition".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": ["string", "boolean"],
            "minLength": 1,
            "examples": ["args.FLAVOUR == \"debug\"", "platform.arch != \"arm64\" and not args.SMALL"],
        })
    }

    fn inline_schema() -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn or_binds_weaker_than_and_weaker_than_not() {
        let condition: Condition = r#"not args.A and args.B == "x y" or (args.C != 3)"#
            .parse()
            .unwrap();
        let Clause::Or(or) = condition.root() else {
            panic!("{condition:?}");
        };
        let [Clause::And(and), Clause::Compare { equal: false, .. }] = or.as_slice() else {
            panic!("{condition:?}");
        };
        assert!(matches!(
            and.as_slice(),
            [Clause::Not(_), Clause::Compare { equal: true, .. }]
        ));
        let names: Vec<String> = condition
            .references()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(names, ["args.A", "args.B", "args.C"]);
    }

    #[test]
    fn slips_are_named() {
        for (text, message) in [
            ("", "the condition is empty"),
            ("args.A ==", "a value is missing at the end"),
            ("== 1", "a value is expected before `==`"),
            ("args.A args.B", "`and` or `or` is expected before `args.B`"),
            ("(args.A", "a `(` is not closed"),
            ("args.A == \"x", "the text after `\"` has no end"),
            ("args.A = 1", "`=` is not known in conditions"),
            ("args.A && args.B", "`&&` is not known in conditions"),
            ("!args.A", "`!` is not known in conditions"),
            ("${{ args.A }}", "a condition is an expression already"),
            ("debug", "`debug` names nothing"),
            ("é", "`é` is not known in conditions"),
        ] {
            assert_eq!(
                text.parse::<Condition>().unwrap_err().message,
                message,
                "{text}"
            );
        }
        let deep = "(".repeat(5000);
        assert!(deep.parse::<Condition>().is_err());
        let nots = "not ".repeat(5000);
        assert!(nots.parse::<Condition>().is_err());
    }
}
