//! Reading a type out of a document, with all that is wrong in one run.
//!
//! serde stops at the first problem. So a problem marks the node it belongs to as bad, and the
//! type is read again with bad nodes skipped as if they were not written, until nothing new is
//! found. A required key that is missing, or whose value is bad, is filled in with made-up text
//! in later passes, so that it hides nothing that stands after it. The document that comes out
//! knows what was left out and made up.

mod error;
mod losses;
mod mapping;
mod node_deserializer;
mod pass;
mod variant;

use serde::de::DeserializeOwned;

use super::Document;
use crate::diagnostic::{Diagnostic, sort};
use node_deserializer::{NodeDeserializer, mark};
use pass::Pass;

/// What came of reading a document.
#[derive(Debug)]
pub struct Decoded<T> {
    /// The value, as far as it could be read; without it, too much is wrong.
    pub value: Option<T>,
    /// The document without the items that could not be read: a path into the value is a path
    /// into it.
    pub document: Document,
    /// Everything that keeps the document from being a `T`.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a `T`, and says everything that is wrong with its shape. Keys at the top that start with
/// `x-` are not looked at.
pub fn decode<T: DeserializeOwned>(document: Document) -> Decoded<T> {
    let pass = Pass::default();
    let root = document.root();
    let value = loop {
        match T::deserialize(NodeDeserializer::root(root, &pass)) {
            Ok(value) => break Some(value),
            Err(error) => {
                pass.place(error, root, mark(root, None));
                if !pass.begin_next() {
                    break None;
                }
            }
        }
    };
    let document = match losses::without(root, &pass) {
        Some(root) => document.with_root(root),
        None => document,
    };
    let mut diagnostics = pass.into_diagnostics();
    sort(&mut diagnostics);
    Decoded {
        value,
        document,
        diagnostics,
    }
}
