//! Modes of files.

use std::fmt;
use std::str::FromStr;

use super::scalar::{Scalar, ScalarProblem, scalar};
use super::symbolic_mode::SymbolicMode;

/// The mode of a file: octal digits in quotes (`"0755"`), or a change as chmod has it (`ug+rwX`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// All twelve bits.
    Octal(u32),
    /// A change to the mode that is there.
    Symbolic(SymbolicMode),
}

const ALL_BITS: u32 = 0o7777;

impl Mode {
    /// The mode after it was applied to a file with mode `current`.
    pub fn apply(&self, current: u32, is_directory: bool) -> u32 {
        match self {
            Self::Octal(bits) => *bits,
            Self::Symbolic(change) => change.apply(current, is_directory),
        }
    }
}

impl Scalar for Mode {
    const WHAT: &'static str = "a mode";
    const NUMBERS: bool = false;
    const PATTERN: &'static str = "^(0?[0-7]{3,4}|[ugoa]*[+=-][rwxXst]*(,[ugoa]*[+=-][rwxXst]*)*)$";
    const EXAMPLES: &'static [&'static str] = &["0755", "0644", "ug+rwX"];

    fn unquoted(text: &str) -> ScalarProblem {
        let digits = text.trim_start_matches("0o");
        let digits = if digits.len() == 3 {
            format!("0{digits}")
        } else {
            digits.to_owned()
        };
        ScalarProblem::new(
            format!("mode `{text}` is not in quotes"),
            if digits.parse::<Self>().is_ok() {
                format!("write `\"{digits}\"`: a number could be read as decimal")
            } else {
                "write octal digits in quotes: `\"0755\"`".to_owned()
            },
        )
    }
}

impl FromStr for Mode {
    type Err = ScalarProblem;

    fn from_str(text: &str) -> Result<Self, ScalarProblem> {
        let octal = text.starts_with(|c: char| c.is_ascii_digit());
        if octal {
            let digits =
                (3..=5).contains(&text.len()) && text.bytes().all(|b| (b'0'..=b'7').contains(&b));
            return match u32::from_str_radix(text, 8) {
                Ok(bits) if digits && bits <= ALL_BITS => Ok(Self::Octal(bits)),
                _ => Err(ScalarProblem::new(
                    format!("`{}` is not a mode", text.escape_debug()),
                    "write three or four octal digits in quotes: `\"0755\"`",
                )),
            };
        }
        text.parse().map(Self::Symbolic)
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Octal(bits) => write!(f, "{bits:04o}"),
            Self::Symbolic(change) => change.fmt(f),
        }
    }
}

scalar!(Mode);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octal_modes_have_three_to_four_digits() {
        for (good, bits) in [
            ("755", 0o755),
            ("0755", 0o755),
            ("4755", 0o4755),
            ("04755", 0o4755),
        ] {
            assert_eq!(good.parse(), Ok(Mode::Octal(bits)), "{good}");
        }
        for bad in [
            "", "7", "0o755", "0888", "77777", "0755x", "+0755", "000755",
        ] {
            assert!(bad.parse::<Mode>().is_err(), "{bad}");
        }
        assert_eq!(Mode::Octal(0o64).to_string(), "0064");
        assert!(Mode::unquoted("755").help.contains("\"0755\""));
        assert!(Mode::unquoted("0o755").help.contains("\"0755\""));
    }
}
