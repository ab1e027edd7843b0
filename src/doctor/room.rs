//! How much a file system can take.

use std::io;
use std::path::Path;

use rustix::fs::{FsWord, statfs, statvfs};

/// `OVERLAYFS_SUPER_MAGIC`, linux/magic.h.
const OVERLAY: FsWord = 0x794c_7630;

/// Less than a root file system of usual size with its layer.
const BYTES: u64 = 2_000_000_000;
/// Less than one has files.
const FILES: u64 = 100_000;

/// What is left on a file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Room {
    pub(super) bytes: u64,
    /// Files that can still be made; none if the file system does not count them.
    pub(super) files: Option<u64>,
    pub(super) read_only: bool,
    pub(super) is_overlay: bool,
}

impl Room {
    /// Of the file system that `path`, or the nearest folder above it that exists, is on.
    pub(super) fn at(path: &Path) -> io::Result<Room> {
        let path = std::path::absolute(path)?;
        let there = path.ancestors().find(|path| path.exists());
        let there = there.unwrap_or(Path::new("/"));
        let found = statvfs(there)?;
        Ok(Room {
            bytes: found.f_bavail.saturating_mul(found.f_frsize),
            files: (found.f_files > 0).then_some(found.f_favail),
            is_overlay: statfs(there)?.f_type == OVERLAY,
            read_only: found.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY),
        })
    }

    /// Whether a build may find too little.
    pub(super) fn is_short(self) -> bool {
        let few = self.files.is_some_and(|files| files < FILES);
        self.bytes < BYTES || few || self.read_only
    }

    /// In words.
    pub(super) fn describe(self) -> String {
        let bytes = in_units(self.bytes);
        match self.files {
            Some(files) => format!("{bytes} and {files} files free"),
            None => format!("{bytes} free"),
        }
    }
}

/// Bytes as people read them.
fn in_units(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let mut value = bytes;
    let mut unit = 0;
    while value >= 10_000 && unit + 1 < UNITS.len() {
        value /= 1000;
        unit += 1;
    }
    format!("{value} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::in_units;

    #[test]
    fn bytes_are_rounded_down() {
        for (bytes, expected) in [
            (0, "0 B"),
            (9_999, "9999 B"),
            (10_000, "10 kB"),
            (38_654_705_664, "38 GB"),
            (u64::MAX, "18446744 TB"),
        ] {
            assert_eq!(in_units(bytes), expected);
        }
    }
}
