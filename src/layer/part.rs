//! Parts of blobs with a sum behind them, by which one that was damaged is told from one that was
//! kept.

use crate::digest::Digest;

use super::kept::Kept;

const SUM: usize = 4;

/// Replaces `part` by what was kept under `name`; whether that is there, as it was.
pub(super) fn find(kept: &dyn Kept, name: &Digest, part: &mut Vec<u8>) -> bool {
    if !kept.segment(name, part) {
        return false;
    }
    let is_whole = is_part(part);
    part.truncate(part.len().saturating_sub(SUM));
    is_whole
}

/// Whether these bytes, as [`Kept`] has them, are a part of a blob as it was kept.
pub fn is_part(kept: &[u8]) -> bool {
    kept.split_last_chunk::<SUM>()
        .is_some_and(|(bytes, sum)| libdeflater::crc32(bytes).to_le_bytes() == *sum)
}

/// Keeps `part`, which is as before afterwards.
pub(super) fn keep(kept: &dyn Kept, name: &Digest, part: &mut Vec<u8>) {
    let sum = libdeflater::crc32(part);
    part.extend_from_slice(&sum.to_le_bytes());
    kept.keep_segment(name, part);
    part.truncate(part.len() - SUM);
}
