//! When a step is made.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Reference;
use super::reference::{is_argument_name, is_reference_character};
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

/// Most parts inside each other.
const MOST_LEVELS: usize = 32;

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

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    Equal,
    Unequal,
    And,
    Or,
    Not,
    Operand(Operand),
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "(",
            Self::Close => ")",
            Self::Equal => "==",
            Self::Unequal => "!=",
            Self::And => "and",
            Self::Or => "or",
            Self::Not => "not",
            Self::Operand(Operand::Reference(reference)) => return reference.fmt(f),
            Self::Operand(Operand::Literal(text)) => text,
        })
    }
}

fn problem(message: impl Into<String>) -> ScalarProblem {
    const FORMS: &str =
        "write a condition such as `args.X == \"y\" and not platform.arch == \"arm64\"`";
    ScalarProblem::new(message, FORMS)
}

fn tokens(text: &str) -> Result<Vec<Token>, ScalarProblem> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = if rest.starts_with("==") {
            (Token::Equal, 2)
        } else if rest.starts_with("!=") {
            (Token::Unequal, 2)
        } else if first == '(' {
            (Token::Open, 1)
        } else if first == ')' {
            (Token::Close, 1)
        } else if matches!(first, '"' | '\'') {
            let Some(length) = rest[1..].find(first) else {
                return Err(problem(format!("the text after `{first}` has no end")));
            };
            let literal = rest[1..=length].to_owned();
            (Token::Operand(Operand::Literal(literal)), length + 2)
        } else if is_reference_character(first) {
            let length = rest
                .find(|c: char| !is_reference_character(c))
                .unwrap_or(rest.len());
            (word(&rest[..length])?, length)
        } else {
            return Err(unexpected(rest, first));
        };
        found.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(found)
}

fn word(word: &str) -> Result<Token, ScalarProblem> {
    Ok(match word {
        "and" => Token::And,
        "or" => Token::Or,
        "not" => Token::Not,
        "true" | "false" => Token::Operand(Operand::Literal(word.to_owned())),
        _ if word.starts_with(|c: char| c.is_ascii_digit()) => {
            Token::Operand(Operand::Literal(word.to_owned()))
        }
        _ => {
            let reference: Result<Reference, ScalarProblem> = word.parse();
            let reference = reference.map_err(|mut problem| {
                if is_argument_name(word) {
                    problem.help =
                        format!("write `args.{word}` for the argument, `\"{word}\"` for the text");
                } else if !word.contains('.') {
                    problem.help = format!("write `\"{word}\"` for the text");
                }
                problem
            })?;
            Token::Operand(Operand::Reference(reference))
        }
    })
}

fn unexpected(rest: &str, first: char) -> ScalarProblem {
    for (wrong, right) in [("&&", "and"), ("||", "or"), ("!", "not"), ("=", "==")] {
        if rest.starts_with(wrong) {
            return ScalarProblem::new(
                format!("`{wrong}` is not known in conditions"),
                format!("write `{right}`"),
            );
        }
    }
    if rest.starts_with(super::template::OPEN) {
        return ScalarProblem::new(
            "a condition is an expression already",
            "write the name without `${{` and `}}`: `args.X == \"y\"`",
        );
    }
    problem(format!(
        "`{}` is not known in conditions",
        first.escape_debug()
    ))
}

struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    level: usize,
}

impl Parser {
    fn or(&mut self) -> Result<Clause, ScalarProblem> {
        let mut clauses = vec![self.and()?];
        while self.tokens.next_if_eq(&Token::Or).is_some() {
            clauses.push(self.and()?);
        }
        Ok(single(clauses, Clause::Or))
    }

    fn and(&mut self) -> Result<Clause, ScalarProblem> {
        let mut clauses = vec![self.not()?];
        while self.tokens.next_if_eq(&Token::And).is_some() {
            clauses.push(self.not()?);
        }
        Ok(single(clauses, Clause::And))
    }

    fn not(&mut self) -> Result<Clause, ScalarProblem> {
        self.level += 1;
        if self.level > MOST_LEVELS {
            return Err(problem("the condition is nested too deeply"));
        }
        let clause = if self.tokens.next_if_eq(&Token::Not).is_some() {
            Clause::Not(Box::new(self.not()?))
        } else if self.tokens.next_if_eq(&Token::Open).is_some() {
            let inner = self.or()?;
            match self.tokens.next() {
                Some(Token::Close) => inner,
                _ => return Err(problem("a `(` is not closed")),
            }
        } else {
            self.comparison()?
        };
        self.level -= 1;
        Ok(clause)
    }

    fn comparison(&mut self) -> Result<Clause, ScalarProblem> {
        let left = self.operand()?;
        let equal = match self.tokens.peek() {
            Some(Token::Equal) => true,
            Some(Token::Unequal) => false,
            _ => return Ok(Clause::Value(left)),
        };
        self.tokens.next();
        let right = self.operand()?;
        Ok(Clause::Compare { left, equal, right })
    }

    fn operand(&mut self) -> Result<Operand, ScalarProblem> {
        match self.tokens.next() {
            Some(Token::Operand(operand)) => Ok(operand),
            Some(token) => Err(problem(format!("a value is expected before `{token}`"))),
            None => Err(problem("a value is missing at the end")),
        }
    }
}

fn single(mut clauses: Vec<Clause>, join: fn(Vec<Clause>) -> Clause) -> Clause {
    match clauses.len() {
        1 => clauses.remove(0),
        _ => join(clauses),
    }
}

impl FromStr for Condition {
    type Err = ScalarProblem;

    fn from_str(text: &str) -> Result<Self, ScalarProblem> {
        let mut parser = Parser {
            tokens: tokens(text)?.into_iter().peekable(),
            level: 0,
        };
        if parser.tokens.peek().is_none() {
            return Err(problem("the condition is empty"));
        }
        let root = parser.or()?;
        match parser.tokens.next() {
            None => Ok(Self {
                text: text.trim().to_owned(),
                root,
            }),
            Some(token) => Err(problem(format!(
                "`and` or `or` is expected before `{token}`"
            ))),
        }
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
