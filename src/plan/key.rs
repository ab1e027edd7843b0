//! Step keys: equal key, equal result.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::digest::{Digest, Hasher};

use super::{Action, RootfsKind};

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

    /// The key of a root that could not be found: nothing is ever kept under it.
    pub(super) fn unknown(base: &str) -> Self {
        let mut hasher = Hasher::new();
        hasher.field(b"unknown");
        hasher.field(base.as_bytes());
        Self(hasher.finish())
    }

    /// The key of the root that layers with these `diff_id`s make, lowest first. How they are
    /// compressed and what their image is called changes nothing.
    pub(super) fn layers(diff_ids: impl Iterator<Item = Digest>) -> Self {
        let mut hasher = Hasher::new();
        hasher.field(COMPATIBILITY_LEVEL.as_bytes());
        hasher.field(b"layers");
        for diff_id in diff_ids {
            hasher.field(diff_id.hex().as_bytes());
        }
        Self(hasher.finish())
    }

    /// The key of the root that a directory or archive with this digest makes.
    pub(super) fn rootfs(kind: RootfsKind, digest: Digest) -> Self {
        let mut hasher = Hasher::new();
        hasher.field(COMPATIBILITY_LEVEL.as_bytes());
        hasher.field(match kind {
            RootfsKind::Directory => b"directory",
            RootfsKind::Archive => b"archive",
        });
        hasher.field(digest.hex().as_bytes());
        Self(hasher.finish())
    }

    /// The key of a root that is like this one before the first step: steps write files with this
    /// time.
    pub(super) fn at(self, source_date_epoch: u64) -> Self {
        let mut hasher = Hasher::new();
        hasher.field(COMPATIBILITY_LEVEL.as_bytes());
        hasher.field(self.0.hex().as_bytes());
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
