//! Reading a type out of a document, with all that is wrong in one run.
//!
//! serde stops at the first problem. So a problem marks the node it belongs to as bad, and the
//! type is read again with bad nodes skipped as if they were not written, until nothing new is
//! found. A required key that is missing, or whose value is bad, is filled in with made-up text
//! in later passes, so that it hides nothing that stands after it.

mod error;
mod mapping;
mod node_deserializer;
mod pass;
mod variant;

use serde::de::DeserializeOwned;

use super::Document;
use crate::diagnostic::{Diagnostic, sort};
use node_deserializer::{NodeDeserializer, mark};
use pass::Pass;

/// Reads a `T`, or says everything that keeps the document from being one. Keys at the top that
/// start with `x-` are not looked at.
pub fn decode<T: DeserializeOwned>(document: &Document) -> (Option<T>, Vec<Diagnostic>) {
    let pass = Pass::default();
    let value = loop {
        match T::deserialize(NodeDeserializer::root(document.root(), &pass)) {
            Ok(value) => break Some(value),
            Err(error) => {
                pass.place(error, document.root(), mark(document.root(), None));
                if !pass.begin_next() {
                    break None;
                }
            }
        }
    };
    let mut diagnostics = pass.into_diagnostics();
    sort(&mut diagnostics);
    (value.filter(|_| diagnostics.is_empty()), diagnostics)
}
