//! Stable names of what can be wrong with a recipe, one file a subject, one entry a code.
//!
//! An entry is all that there is to a code: its constant, the name that scripts rely on, and what
//! `onelayer explain` and `docs/diagnostics.md` say about it. Its example is a recipe, or a part
//! of one to which `name` and `base` are added; a test reads each of them and expects the code,
//! reads what to write instead and expects that nothing is rejected.

mod accounts;
mod allowances;
mod inputs;
mod packages;
mod shape;
mod stages;
mod steps;
mod values;
mod writing;

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::{Explanation, Severity, nearest};

/// The code of a diagnostic. Names are stable: scripts and allowances rely on them.
///
/// Codes are constants (`Code::UnknownKey`) rather than variants, so that one entry is all that a
/// code needs; they can be compared, sorted and matched like variants.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(&'static Entry);

#[derive(PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Entry {
    name: &'static str,
    title: &'static str,
    class: Class,
    severity: Severity,
    cause: &'static str,
    example: &'static str,
    cure: &'static str,
    instead: &'static str,
}

/// Who can tell that a recipe has the problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// The JSON Schema of recipes refuses it too, so editors show it while one types.
    Shape,
    /// Only the command knows.
    Semantic,
}

/// Declares the codes of one subject: for each a constant and its place in the list `CODES`.
macro_rules! codes {
    ($(
        #[doc = $title:literal]
        $code:ident = $name:literal, $class:ident $severity:ident,
        cause: $cause:literal,
        example: $example:literal,
        cure: $cure:literal,
        instead: $instead:literal;
    )+) => {
        #[expect(non_upper_case_globals, reason = "codes read like the variants of an enum")]
        impl Code {$(
            #[doc = $title]
            pub const $code: Code = Code(&Entry {
                name: $name,
                title: $title,
                class: Class::$class,
                severity: Severity::$severity,
                cause: $cause,
                example: $example,
                cure: $cure,
                instead: $instead,
            });
        )+}

        pub(super) const CODES: &[Code] = &[$(Code::$code),+];
    };
}
use codes;

const SUBJECTS: [&[Code]; 9] = [
    writing::CODES,
    shape::CODES,
    values::CODES,
    stages::CODES,
    steps::CODES,
    accounts::CODES,
    inputs::CODES,
    packages::CODES,
    allowances::CODES,
];

impl Code {
    /// All codes, by subject.
    pub fn all() -> impl Iterator<Item = Code> {
        SUBJECTS.into_iter().flatten().copied()
    }

    /// The stable name.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// One line on what is wrong, without a full stop.
    pub fn title(self) -> &'static str {
        self.0.title.trim().trim_end_matches('.')
    }

    /// Who can tell.
    pub fn class(self) -> Class {
        self.0.class
    }

    /// How bad it is, always the same for one code.
    pub fn severity(self) -> Severity {
        self.0.severity
    }

    /// Why it is refused, what gives it and what to write instead.
    pub fn explanation(self) -> Explanation {
        Explanation {
            code: self,
            cause: words(self.0.cause),
            example: without_margin(self.0.example),
            cure: words(self.0.cure),
            instead: without_margin(self.0.instead),
        }
    }
}

/// The text with all its white space made single spaces.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The lines of a text without the margin that they have in the source, and a line end.
fn without_margin(text: &str) -> String {
    let lines = || text.lines().filter(|line| !line.trim().is_empty());
    let margin = lines()
        .map(|line| line.len() - line.trim_start().len())
        .min()
        .unwrap_or(0);
    lines()
        .map(|line| format!("{}\n", &line[margin..]))
        .collect()
}

/// A name that is no code's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is no code", name.escape_debug())]
pub struct UnknownCode {
    /// What was given.
    pub name: String,
    /// The code that is probably meant.
    pub meant: Option<Code>,
}

impl FromStr for Code {
    type Err = UnknownCode;

    fn from_str(name: &str) -> Result<Self, UnknownCode> {
        let named = |name: &str| Self::all().find(|code| code.name() == name);
        named(name).ok_or_else(|| UnknownCode {
            name: name.to_owned(),
            meant: nearest(name, Self::all().map(Self::name)).and_then(named),
        })
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Code({})", self.name())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kebab_case_and_unique() {
        let mut names: Vec<&str> = Code::all().map(Code::name).collect();
        let is_kebab = |name: &&str| {
            name.split('-')
                .all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase()))
        };
        assert_eq!(names.iter().find(|name| !is_kebab(name)), None);
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn codes_are_found_by_name() {
        for code in Code::all() {
            assert_eq!(code.name().parse(), Ok(code));
        }
        let error = "unknwon-key".parse::<Code>().unwrap_err();
        assert_eq!(error.meant, Some(Code::UnknownKey));
        assert_eq!(error.to_string(), "`unknwon-key` is no code");
        assert_eq!("x".parse::<Code>().unwrap_err().meant, None);
    }

    #[test]
    fn margins_of_the_source_are_no_part_of_examples() {
        let text = "\n        steps:\n          - run: a\n        ";
        assert_eq!(without_margin(text), "steps:\n  - run: a\n");
    }

    #[test]
    fn codes_can_be_matched() {
        assert!(matches!("syntax".parse(), Ok(Code::Syntax)));
    }
}
