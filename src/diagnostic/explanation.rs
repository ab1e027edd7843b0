//! What there is to know about a code, for the terminal and for the manual.

use std::fmt;

use super::{Class, Code, Severity};

/// Why a code is given, with an example and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The code.
    pub code: Code,
    /// Why it is refused, or worth a second look.
    pub cause: String,
    /// A recipe, or a part of one, that gives it.
    pub example: String,
    /// What to do.
    pub cure: String,
    /// The example as it should be.
    pub instead: String,
}

/// As `onelayer explain` prints it.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.code, self.code.title())?;
        writeln!(f, "{}", self.kind())?;
        writeln!(f, "\n{}", folded(&self.cause, TERMINAL))?;
        writeln!(f, "\nFor example:\n\n{}", indented(&self.example))?;
        writeln!(f, "{}\n", folded(&self.cure, TERMINAL))?;
        write!(f, "{}", indented(&self.instead))
    }
}

impl Explanation {
    /// As a section of the manual.
    pub fn to_markdown(&self) -> String {
        format!(
            "## {}\n\n{}. {}\n\n{}\n\n```yaml\n{}```\n\n{}\n\n```yaml\n{}```\n",
            self.code,
            self.code.title(),
            self.kind(),
            folded(&self.cause, MANUAL),
            self.example,
            folded(&self.cure, MANUAL),
            self.instead,
        )
    }

    fn kind(&self) -> &'static str {
        match (self.code.severity(), self.code.class()) {
            (Severity::Error, Class::Shape) => {
                "An error, which editors show as well, by the schema."
            }
            (Severity::Error, Class::Semantic) => "An error.",
            (Severity::Warning, _) => "A warning.",
            (Severity::Advice, _) => "Advice.",
        }
    }
}

/// The manual's page of all codes.
pub fn manual() -> String {
    let mut page = String::from(
        "# Diagnostics\n\n\
         Everything that onelayer can say about a recipe. `onelayer explain CODE` prints the same.\n\n\
         An error rejects the recipe. A warning or advice does so where `--deny` asks for it, and is silenced by a\n\
         comment `# onelayer: allow CODE` at the end of its line, or on a line of its own above it.\n\n\
         | code | |\n|---|---|\n",
    );
    for code in Code::all() {
        page.push_str(&format!("| [`{code}`](#{code}) | {} |\n", code.title()));
    }
    for code in Code::all() {
        page.push('\n');
        page.push_str(&code.explanation().to_markdown());
    }
    page
}

/// Columns of a terminal, with a margin.
const TERMINAL: usize = 78;
/// Columns of the manual's text.
const MANUAL: usize = 116;

/// The words of a text in lines of at most `width` characters.
fn folded(text: &str, width: usize) -> String {
    let mut folded = String::new();
    let mut column = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > width {
            folded.push('\n');
            column = 0;
        } else if column > 0 {
            folded.push(' ');
            column += 1;
        }
        folded.push_str(word);
        column += length;
    }
    folded
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}
