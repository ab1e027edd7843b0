//! What squashes leave for later ones.

use crate::digest::Digest;

/// A place where the parts of layers are kept, between builds and between layers.
///
/// Nothing here fails: what cannot be kept is made again. What is given back should be what was kept,
/// byte for byte, or nothing. Damage is found by sums in what is kept; who can write there on purpose
/// can change layers.
pub trait Kept: Sync {
    /// The list of segments that was last kept under `family`.
    fn index(&self, family: &Digest) -> Option<Vec<u8>>;

    /// Keeps a list of segments, in place of the one before.
    fn keep_index(&self, family: &Digest, index: &[u8]);

    /// Replaces `blob` by the part of a blob that was kept under `name`; whether it is there.
    fn segment(&self, name: &Digest, blob: &mut Vec<u8>) -> bool;

    /// Keeps a part of a blob. Another one of this name is the same.
    fn keep_segment(&self, name: &Digest, blob: &[u8]);
}
