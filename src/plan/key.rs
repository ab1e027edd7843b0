//! Step keys: equal key, equal result.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::digest::{Digest, Hasher};

use super::Action;

/// Raised whenever the meaning of a plan changes, so that no result of an older onelayer is taken
/// for one of this.
const COMPATIBILITY_LEVEL: &str = "onelayer step 1";

/// The digest of all that can change a step's result: the step before it, the step as resolved,
/// the content of its inputs, and onelayer's compatibility level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct StepKey(Digest);

impl StepKey {
    /// The key of an empty root, from which `base: scratch` starts. The time that files get when a
    /// step writes them goes in here, once for all steps.
    pub(super) fn scratch(source_date_epoch: u64) -> Self {
        let mut hasher = Hasher::new();
        hasher.field(COMPATIBILITY_LEVEL.as_bytes());
        hasher.field(b"scratch");
        hasher.field(&source_date_epoch.to_le_bytes());
        Self(hasher.finish())
    }

    /// The key of a root that another base gives. What that base is, its text says.
    pub(super) fn base(base: &str, source_date_epoch: u64) -> Self {
        let mut hasher = Hasher::new();
        hasher.field(COMPATIBILITY_LEVEL.as_bytes());
        hasher.field(b"base");
        hasher.field(base.as_bytes());
        hasher.field(&source_date_epoch.to_le_bytes());
        Self(hasher.finish())
    }

    /// The key of `action` on top of what has this key.
    ///
    /// The action is hashed in its JSON form: struct fields come in declaration order and maps are
    /// sorted, so equal actions give equal bytes. What stages are called is left out.
    pub(super) fn then(self, action: &Action) -> Self {
        let json = serde_json::to_vec(&action.nameless()).expect("an action has only text keys");
        let mut hasher = Hasher::new();
        hasher.field(COMPATIBILITY_LEVEL.as_bytes());
        hasher.field(self.0.hex().as_bytes());
        hasher.field(&json);
        Self(hasher.finish())
    }

    /// As a digest, for naming things in the store.
    pub fn digest(&self) -> Digest {
        self.0
    }

    /// The first twelve digits, for people.
    pub fn short(&self) -> String {
        self.0.hex()[..12].to_owned()
    }
}

impl fmt::Display for StepKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for StepKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}
