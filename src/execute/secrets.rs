//! What the caller trusts commands with, and nobody else.

use std::collections::BTreeMap;
use std::fmt;

/// Most bytes of a secret: it is held in memory, and searched for in output.
pub const LARGEST_SECRET: usize = 1 << 20;

/// The values of secrets, by their ids. What it prints of itself has no value in it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secrets(BTreeMap<String, Vec<u8>>);

impl Secrets {
    /// Adds one, or replaces it.
    pub fn insert(&mut self, id: String, value: Vec<u8>) {
        self.0.insert(id, value);
    }

    /// The value of `id`.
    pub fn get(&self, id: &str) -> Option<&[u8]> {
        self.0.get(id).map(Vec::as_slice)
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_not_shown() {
        let mut secrets = Secrets::default();
        secrets.insert("token".to_owned(), b"hunter2".to_vec());
        assert_eq!(format!("{secrets:?}"), r#"{"token"}"#);
        assert_eq!(secrets.get("token"), Some(&b"hunter2"[..]));
        assert_eq!(secrets.get("other"), None);
    }
}
