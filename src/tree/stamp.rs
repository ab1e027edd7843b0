//! What stat(2) says of a whole change set, as one number: whether anybody has touched it is seen
//! without reading it.

use rustix::fs::Statx;

use crate::digest::{Digest, Hasher};

use super::walk::Changes;

/// The sum of the digests of all entries: it depends on no order, so that threads add their parts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Stamp([u64; 4]);

impl Stamp {
    /// Of one name. Whoever writes to a file, or gives it another owner, mode or attribute, changes
    /// the time of its inode (`ctime`), which no call sets.
    pub(super) fn of(path: &[u8], stat: &Statx) -> Self {
        let is_directory = stat.stx_mode & 0o170_000 == 0o040_000;
        let mut hasher = Hasher::new();
        hasher.field(path);
        for number in [
            u64::from(stat.stx_mode),
            u64::from(stat.stx_uid),
            u64::from(stat.stx_gid),
            u64::from(stat.stx_rdev_major),
            u64::from(stat.stx_rdev_minor),
            // That of a directory is the file system's own affair.
            if is_directory { 0 } else { stat.stx_size },
            stat.stx_mtime.tv_sec.cast_unsigned(),
            u64::from(stat.stx_mtime.tv_nsec),
            stat.stx_ctime.tv_sec.cast_unsigned(),
            u64::from(stat.stx_ctime.tv_nsec),
        ] {
            hasher.update(&number.to_le_bytes());
        }
        let bytes = hasher.finish().bytes();
        let mut sum = [0; 4];
        for (part, bytes) in sum.iter_mut().zip(bytes.chunks_exact(8)) {
            *part = bytes
                .iter()
                .fold(0, |all, byte| all << 8 | u64::from(*byte));
        }
        Self(sum)
    }

    pub(super) fn add(&mut self, other: Self) {
        for (part, more) in self.0.iter_mut().zip(other.0) {
            *part = part.wrapping_add(more);
        }
    }
}

impl Changes {
    /// The digest of all that stat(2) said when this was listed, times included: equal as long as
    /// nobody has touched anything. A copy of the same files elsewhere has another one.
    pub fn stamp(&self) -> Digest {
        let mut hasher = Hasher::new();
        for part in self.stamp.0 {
            hasher.update(&part.to_le_bytes());
        }
        hasher.finish()
    }
}
