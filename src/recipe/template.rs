//! Text with expressions in it.

use std::ops::Range;

use super::Reference;
use super::scalar::ScalarProblem;

/// A text cut at its expressions: `${{ … }}` stands for a value, `$${{` for the characters `${{`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

/// One part of a [`Template`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Text that stays.
    Text(String),
    /// An expression.
    Expression(Expression),
}

/// An expression of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    /// Bytes of the text that it takes, `${{` and `}}` included.
    pub range: Range<usize>,
    /// What it names.
    pub reference: Result<Reference, ScalarProblem>,
}

/// How an expression begins.
pub const OPEN: &str = "${{";
const CLOSE: &str = "}}";

impl Template {
    /// Cuts `text`; `None` if there is nothing to replace in it.
    pub fn parse(text: &str) -> Option<Self> {
        if !text.contains(OPEN) {
            return None;
        }
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut at = 0;
        while let Some(found) = text[at..].find(OPEN) {
            let start = at + found;
            // The `$` before it, if one is there, was taken as text by now.
            if found > 0 && text[..start].ends_with('$') {
                plain.push_str(&text[at..start - 1]);
                plain.push_str(OPEN);
                at = start + OPEN.len();
                continue;
            }
            plain.push_str(&text[at..start]);
            let inner = start + OPEN.len();
            let (end, reference) = match text[inner..].find(CLOSE) {
                Some(length) => (
                    inner + length + CLOSE.len(),
                    text[inner..inner + length].trim().parse(),
                ),
                None => (
                    text.len(),
                    Err(ScalarProblem::new(
                        "the expression has no end",
                        "close it with `}}`, or write `$${{` for the characters themselves",
                    )),
                ),
            };
            if !plain.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut plain)));
            }
            parts.push(Part::Expression(Expression {
                range: start..end,
                reference,
            }));
            at = end;
        }
        plain.push_str(&text[at..]);
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Some(Self { parts })
    }

    /// Its parts, in order.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The text that it is, if there is no expression in it.
    pub fn literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Whether it is one expression and nothing else.
    pub fn is_whole(&self) -> bool {
        matches!(self.parts.as_slice(), [Part::Expression(_)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let template = Template::parse(text).unwrap();
        let parts = template.parts().iter();
        parts
            .map(|part| match part {
                Part::Text(text) => format!("t:{text}"),
                Part::Expression(expression) => match &expression.reference {
                    Ok(reference) => format!("e:{reference}@{:?}", expression.range),
                    Err(problem) => format!("!:{}", problem.message),
                },
            })
            .collect()
    }

    #[test]
    fn text_is_cut_at_expressions() {
        assert_eq!(Template::parse("$HOME ${X} {{ a }}"), None);
        assert_eq!(shown("${{args.A}}"), ["e:args.A@0..11"]);
        assert_eq!(
            shown("é${{ args.A }}-${{ platform.os }}"),
            ["t:é", "e:args.A@2..15", "t:-", "e:platform.os@16..34"]
        );
        assert_eq!(shown("a$${{ b }}"), ["t:a${{ b }}"]);
        assert_eq!(
            shown("$${{ b }} ${{ args.A }}"),
            ["t:${{ b }} ", "e:args.A@10..23"]
        );
        assert_eq!(
            shown("x ${{ args.A"),
            ["t:x ", "!:the expression has no end"]
        );
        assert_eq!(shown("${{ }}"), ["!:`` names nothing"]);
        let escaped = Template::parse("a$${{ b }}$${{").unwrap();
        assert_eq!(escaped.literal(), Some("a${{ b }}${{"));
        assert_eq!(Template::parse("a${{ args.A }}").unwrap().literal(), None);
        assert!(Template::parse("${{ args.A }}").unwrap().is_whole());
        assert!(!Template::parse(" ${{ args.A }}").unwrap().is_whole());
    }
}
