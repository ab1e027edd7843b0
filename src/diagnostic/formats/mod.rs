//! How diagnostics are written: for people, for programs, for the annotations of code hosts.
//!
//! Each form takes files with their diagnostics, in the order in which they are to appear, and
//! gives a whole document. Lines and columns count from 1, columns in characters.

mod fingerprint;
mod github;
mod gitlab;
mod json;
mod location;
mod sarif;
mod text;

pub use github::to_github;
pub use gitlab::to_gitlab;
pub use json::to_json;
pub use sarif::to_sarif;
pub use text::{TextStyle, to_text};

/// A document of JSON, with a line end.
fn document(value: &impl serde::Serialize) -> String {
    // Strings and numbers alone: there is nothing in it that JSON could refuse.
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}
