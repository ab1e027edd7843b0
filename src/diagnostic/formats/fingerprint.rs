//! What stays the same of a diagnostic while other lines come and go.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::digest::Digest;

/// Gives each diagnostic of a report a name of its own that does not depend on its line.
#[derive(Default)]
pub(super) struct Fingerprints {
    seen: BTreeMap<(Code, String, String), usize>,
}

impl Fingerprints {
    /// The fingerprint of the next diagnostic of the file at `path`, in hexadecimal digits.
    pub(super) fn next(&mut self, path: &str, diagnostic: &Diagnostic) -> String {
        let code = diagnostic.code;
        let message = &diagnostic.message;
        let occurrence = (self.seen)
            .entry((code, path.to_owned(), message.clone()))
            .or_default();
        *occurrence += 1;
        // A NUL cannot be in any of the parts.
        Digest::of(format!("{code}\0{path}\0{message}\0{occurrence}")).hex()
    }
}
