//! What the file system says of one entry.

use rustix::fs::{FileType, Stat};

/// The kind of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A named pipe.
    Fifo,
    /// A Unix socket.
    Socket,
    /// A character device; 0:0 is the whiteout of an overlay.
    CharacterDevice,
    /// A block device.
    BlockDevice,
}

/// What the file system says of one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// What it is.
    pub kind: FileKind,
    /// Permission bits with set-user-id, set-group-id and sticky.
    pub mode: u32,
    /// Who owns it.
    pub uid: u32,
    /// Which group owns it.
    pub gid: u32,
    /// Bytes of a file, length of a link's target.
    pub size: u64,
    /// Number of names.
    pub links: u64,
    /// The file system it is on.
    pub device: u64,
    /// Its number there; equal device and inode: the same file.
    pub inode: u64,
    /// Major and minor number of a device.
    pub device_number: (u32, u32),
    /// Time of the last change of contents: seconds since 1970, nanoseconds.
    pub modified: (i64, u32),
}

impl Metadata {
    #[allow(
        clippy::useless_conversion,
        clippy::unnecessary_cast,
        reason = "widths of struct stat differ between architectures"
    )]
    pub(super) fn new(stat: &Stat) -> Metadata {
        let kind = match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => FileKind::Directory,
            FileType::Symlink => FileKind::Symlink,
            FileType::Fifo => FileKind::Fifo,
            FileType::Socket => FileKind::Socket,
            FileType::CharacterDevice => FileKind::CharacterDevice,
            FileType::BlockDevice => FileKind::BlockDevice,
            FileType::RegularFile | FileType::Unknown => FileKind::File,
        };
        Metadata {
            kind,
            mode: stat.st_mode & 0o7777,
            uid: stat.st_uid,
            gid: stat.st_gid,
            size: u64::try_from(stat.st_size).unwrap_or_default(),
            links: stat.st_nlink as u64,
            device: stat.st_dev as u64,
            inode: stat.st_ino as u64,
            device_number: (
                rustix::fs::major(stat.st_rdev),
                rustix::fs::minor(stat.st_rdev),
            ),
            modified: (
                stat.st_mtime as i64,
                u32::try_from(stat.st_mtime_nsec).unwrap_or_default(),
            ),
        }
    }
}
