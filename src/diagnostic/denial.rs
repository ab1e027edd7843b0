//! Warnings and advice for which a recipe is rejected.

use std::str::FromStr;

use super::{Code, Diagnostic, Severity, UnknownCode};

/// What `--deny` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// All warnings.
    Warnings,
    /// All advice.
    Advice,
    /// Whatever has this code.
    Code(Code),
}

impl Denial {
    fn concerns(self, diagnostic: &Diagnostic) -> bool {
        match self {
            Self::Warnings => diagnostic.severity == Severity::Warning,
            Self::Advice => diagnostic.severity == Severity::Advice,
            Self::Code(code) => diagnostic.code == code,
        }
    }
}

impl FromStr for Denial {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        match text {
            "warnings" => Ok(Self::Warnings),
            "advice" => Ok(Self::Advice),
            code => code.parse().map(Self::Code),
        }
    }
}

/// Makes errors of the diagnostics that are denied.
pub fn deny(diagnostics: &mut [Diagnostic], denials: &[Denial]) {
    for diagnostic in diagnostics {
        if denials.iter().any(|denial| denial.concerns(diagnostic)) {
            diagnostic.severity = Severity::Error;
        }
    }
}
