//! Changes of a mode, as chmod spells them.

use std::fmt;
use std::str::FromStr;

use super::scalar::ScalarProblem;

/// A change of a mode: `u+x`, `ug+rwX,o=`. Unlike chmod's, it does not depend on a umask: no
/// letter before the sign means `a`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SymbolicMode {
    text: String,
    clauses: Vec<Clause>,
}

/// One part between commas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Clause {
    /// The bits of the classes before the sign: 0o4700, 0o2070, 0o1007, joined.
    pub classes: u32,
    /// The sign.
    pub operator: Operator,
    /// The bits after the sign, as if for all classes.
    pub bits: u32,
    /// Whether `X` is among them: execution, for folders and for what somebody may execute.
    pub conditional_execute: bool,
}

/// What a clause does with its bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Remove,
    /// `=`
    Set,
}

const EXECUTE: u32 = 0o111;

impl SymbolicMode {
    /// The mode after the change was made to `current`.
    pub fn apply(&self, current: u32, is_directory: bool) -> u32 {
        self.clauses.iter().fold(current, |mode, clause| {
            let conditional = clause.conditional_execute && (is_directory || mode & EXECUTE != 0);
            let execute = if conditional { EXECUTE } else { 0 };
            let bits = (clause.bits | execute) & clause.classes;
            match clause.operator {
                Operator::Add => mode | bits,
                Operator::Remove => mode & !bits,
                Operator::Set => (mode & !clause.classes) | bits,
            }
        })
    }

    /// The parts between commas, in order.
    pub fn clauses(&self) -> &[Clause] {
        &self.clauses
    }
}

fn parse_clause(text: &str) -> Option<Clause> {
    let sign = text.find(['+', '-', '='])?;
    let (who, rest) = text.split_at(sign);
    let mut classes = 0;
    for class in who.chars() {
        classes |= match class {
            'u' => 0o4700,
            'g' => 0o2070,
            'o' => 0o1007,
            'a' => 0o7777,
            _ => return None,
        };
    }
    let mut letters = rest.chars();
    let operator = match letters.next()? {
        '+' => Operator::Add,
        '-' => Operator::Remove,
        _ => Operator::Set,
    };
    let mut bits = 0;
    let mut conditional_execute = false;
    for letter in letters {
        bits |= match letter {
            'r' => 0o444,
            'w' => 0o222,
            'x' => EXECUTE,
            's' => 0o6000,
            't' => 0o1000,
            'X' => {
                conditional_execute = true;
                0
            }
            _ => return None,
        };
    }
    Some(Clause {
        classes: if classes == 0 { 0o7777 } else { classes },
        operator,
        bits,
        conditional_execute,
    })
}

impl FromStr for SymbolicMode {
    type Err = ScalarProblem;

    fn from_str(text: &str) -> Result<Self, ScalarProblem> {
        let clauses: Option<Vec<Clause>> = text.split(',').map(parse_clause).collect();
        match clauses {
            Some(clauses) => Ok(Self {
                text: text.to_owned(),
                clauses,
            }),
            None => Err(ScalarProblem::new(
                format!("`{}` is not a mode", text.escape_debug()),
                "write octal digits in quotes (`\"0755\"`) or a change (`u+x`, `ug+rwX`)",
            )),
        }
    }
}

impl fmt::Display for SymbolicMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_those_of_chmod() {
        let changed = |text: &str, mode, is_directory| {
            text.parse::<SymbolicMode>()
                .unwrap()
                .apply(mode, is_directory)
        };
        assert_eq!(changed("u+x", 0o644, false), 0o744);
        assert_eq!(changed("ug+rwX", 0o600, false), 0o660);
        assert_eq!(changed("ug+rwX", 0o600, true), 0o770);
        assert_eq!(changed("ug+rwX", 0o700, false), 0o770);
        assert_eq!(changed("o=", 0o1777, false), 0o770);
        assert_eq!(changed("a-w,u=rw", 0o666, false), 0o644);
        assert_eq!(changed("+t", 0o755, true), 0o1755);
        assert_eq!(changed("u+s", 0o755, false), 0o4755);
        assert_eq!(changed("g+s", 0o755, true), 0o2755);
        for bad in ["", "u", "u+", "z+x", "u+q", "u+x,", "é"] {
            assert_eq!(bad.parse::<SymbolicMode>().is_ok(), bad == "u+", "{bad}");
        }
    }
}
