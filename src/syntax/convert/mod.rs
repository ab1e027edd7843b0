//! One document in the other notation.
//!
//! A [`Document`] goes in, a text comes out that says the same: anchors and merges written out,
//! keys in their order (but that TOML has a table's plain values before its tables), numbers as
//! they were written. Where the text of a number counts and the other notation would not give it
//! back, it becomes text. Comments are not part of a document.
//!
//! What was written is read again, and unless it is what was meant, there is no text.

mod number;
mod toml;
mod value;
mod yaml;

use super::format::{comments, format};
use super::{Document, Notation};
use crate::diagnostic::Diagnostic;
use crate::source::SourceFile;
use value::Value;
pub use yaml::yaml_text;

/// Why a document was not converted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConvertProblem {
    /// The other notation has no way to say it.
    Unsayable(Vec<Diagnostic>),
    /// The result would not say the same: a fault of the writer, not of the document.
    Unfaithful,
}

/// The document in the notation `to`, in the project's layout; `schema` is named in its first
/// line.
///
/// # Errors
/// [`ConvertProblem::Unsayable`] for a null that is not one of the language's, and for a number that
/// is too large, in TOML.
pub fn convert(
    document: &Document,
    to: Notation,
    schema: Option<&str>,
) -> Result<String, ConvertProblem> {
    let meant = Value::of(document, to).map_err(ConvertProblem::Unsayable)?;
    let body = match to {
        Notation::Yaml => yaml::write(&meant),
        Notation::Toml => toml::write(&meant),
    };
    let first = schema.map(|schema| to.schema_line(schema));
    let text = first.unwrap_or_default() + &body;
    let text = match format(&SourceFile::new("", text.as_str()), to) {
        Ok(formatted) => formatted.text,
        Err(_) => text,
    };
    let (written, diagnostics) = Document::parse_as(&SourceFile::new("", text.as_str()), to);
    match written {
        Some(written) if diagnostics.is_empty() && meant.is(&written) => Ok(text),
        _ => Err(ConvertProblem::Unfaithful),
    }
}

/// What begins the comment that names the schema, after `#` and spaces.
const YAML_SCHEMA: &str = "yaml-language-server: $schema=";
const TOML_SCHEMA: &str = ":schema ";

impl Notation {
    /// The first line of a document, from which editors learn its schema.
    pub fn schema_line(self, schema: &str) -> String {
        match self {
            Self::Yaml => format!("# {YAML_SCHEMA}{schema}\n"),
            Self::Toml => format!("#{TOML_SCHEMA}{schema}\n"),
        }
    }
}

/// The schema that a comment of the text names for editors.
pub fn schema_of(text: &str, notation: Notation) -> Option<String> {
    let prefix = match notation {
        Notation::Yaml => YAML_SCHEMA,
        Notation::Toml => TOML_SCHEMA,
    };
    comments(text, notation)
        .iter()
        .find_map(|comment| Some(comment.strip_prefix(prefix)?.trim().to_owned()))
}
