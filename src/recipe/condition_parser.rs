//! From the text of a condition to what it says.
//!
//! ```text
//! or         = and { "or" and }
//! and        = not { "and" not }
//! not        = "not" not | "(" or ")" | comparison
//! comparison = value [ ("==" | "!=") value ]
//! value      = reference | quoted text | number | "true" | "false"
//! ```

use std::fmt;

use super::Reference;
use super::condition::{Clause, Operand};
use super::reference::is_reference_character;
use super::scalar::ScalarProblem;

/// Most parts inside each other.
const MOST_LEVELS: usize = 32;

/// What the whole of a text says.
pub(super) fn parse(text: &str) -> Result<Clause, ScalarProblem> {
    let mut parser = Parser {
        tokens: tokens(text)?.into_iter().peekable(),
        level: 0,
    };
    if parser.tokens.peek().is_none() {
        return Err(problem("the condition is empty"));
    }
    let root = parser.or()?;
    match parser.tokens.next() {
        None => Ok(root),
        Some(token) => Err(problem(format!(
            "`and` or `or` is expected before `{token}`"
        ))),
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

pub(super) fn problem(message: impl Into<String>) -> ScalarProblem {
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
                if Reference::is_argument_name(word) {
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
