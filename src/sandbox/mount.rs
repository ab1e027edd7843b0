//! The root and the mounts of a sandbox, as its caller describes them.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Where the root directory of a sandbox comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Root {
    /// Directories laid over each other (overlayfs).
    ///
    /// After the run `upper` holds what the command changed, and nothing that the sandbox needed
    /// for itself. Owner and mode of the root directory are those of `upper`: the caller sets them.
    Overlay {
        /// What is only read, the topmost first; may be empty.
        #[serde(with = "super::wire::paths")]
        lower: Vec<PathBuf>,
        /// Where changes go.
        #[serde(with = "super::wire::path")]
        upper: PathBuf,
        /// Scratch space of the kernel: empty, beside `upper` on the same file system, discarded
        /// by the caller afterwards.
        #[serde(with = "super::wire::path")]
        work: PathBuf,
    },
    /// A directory, changed in place. Mount points that are missing are made and removed again.
    Bind {
        /// The directory.
        #[serde(with = "super::wire::path")]
        directory: PathBuf,
    },
    /// An empty tmpfs that the mounts fill; it vanishes with the sandbox.
    Empty,
}

/// One thing mounted, or made, beside the standard mounts.
///
/// Targets are absolute and resolved inside the root: a link in the root leads to another place
/// in the root, never out of it. What a target needs (its parents, a mount point) is made, and is
/// not there any more when the sandbox has ended.
///
/// Sources are opened before anything is mounted; their last component must not be a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mount {
    /// A file or directory of the host, with what is mounted below it (no set-user-id programs,
    /// no devices).
    Bind {
        /// On the host.
        #[serde(with = "super::wire::path")]
        source: PathBuf,
        /// In the root.
        #[serde(with = "super::wire::path")]
        target: PathBuf,
        /// Whether the command may write to it.
        writable: bool,
    },
    /// A second overlay: a target root that the command works on from outside.
    Overlay {
        /// As in [`Root::Overlay`].
        #[serde(with = "super::wire::paths")]
        lower: Vec<PathBuf>,
        /// As in [`Root::Overlay`].
        #[serde(with = "super::wire::path")]
        upper: PathBuf,
        /// As in [`Root::Overlay`].
        #[serde(with = "super::wire::path")]
        work: PathBuf,
        /// In the root.
        #[serde(with = "super::wire::path")]
        target: PathBuf,
    },
    /// A file or directory of another root, of which nothing is changed for good: what is written
    /// goes to `upper`, which the caller throws away. (No set-user-id programs, no devices.)
    Part {
        /// As in [`Root::Overlay`].
        #[serde(with = "super::wire::paths")]
        lower: Vec<PathBuf>,
        /// As in [`Root::Overlay`].
        #[serde(with = "super::wire::path")]
        upper: PathBuf,
        /// As in [`Root::Overlay`].
        #[serde(with = "super::wire::path")]
        work: PathBuf,
        /// Absolute path in that root, in which its links lead.
        #[serde(with = "super::wire::path")]
        source: PathBuf,
        /// Whether it is a directory.
        directory: bool,
        /// In the root.
        #[serde(with = "super::wire::path")]
        target: PathBuf,
        /// Whether the command may write to it.
        writable: bool,
    },
    /// An empty directory in memory.
    Tmpfs {
        /// In the root.
        #[serde(with = "super::wire::path")]
        target: PathBuf,
        /// Bytes; by default the kernel's half of the memory.
        size: Option<u64>,
        /// Permission bits of the directory.
        mode: u32,
    },
    /// A generated file: plain in [`Root::Empty`], else mounted read-only over the path.
    File {
        /// In the root.
        #[serde(with = "super::wire::path")]
        target: PathBuf,
        /// Its bytes.
        contents: Vec<u8>,
        /// Its permission bits.
        mode: u32,
    },
    /// A generated file that is only in memory, mounted read-only over the path.
    Secret {
        /// In the root.
        #[serde(with = "super::wire::path")]
        target: PathBuf,
        /// Its bytes.
        contents: Vec<u8>,
        /// Its permission bits.
        mode: u32,
        /// User and group that it belongs to.
        owner: (u32, u32),
    },
    /// A directory; only in [`Root::Empty`].
    Directory {
        /// In the root.
        #[serde(with = "super::wire::path")]
        target: PathBuf,
        /// Permission bits.
        mode: u32,
    },
    /// A symbolic link; only in [`Root::Empty`].
    Symlink {
        /// Where the link is, in the root.
        #[serde(with = "super::wire::path")]
        target: PathBuf,
        /// What it says, kept as it is.
        #[serde(with = "super::wire::path")]
        to: PathBuf,
    },
    /// The processes of the sandbox (proc(5)), with what concerns the host masked. No component
    /// of the target may be a link.
    Proc {
        /// In the root.
        #[serde(with = "super::wire::path")]
        target: PathBuf,
    },
    /// A small `/dev`: null, zero, full, random, urandom, tty, pts, shm and the usual links. No
    /// component of the target may be a link.
    Dev {
        /// In the root.
        #[serde(with = "super::wire::path")]
        target: PathBuf,
        /// Whether entries can be made and changed, as package managers want it.
        writable: bool,
    },
    /// The kernel's devices and settings (sysfs(5)), read-only and masked. No component of the
    /// target may be a link.
    Sys {
        /// In the root.
        #[serde(with = "super::wire::path")]
        target: PathBuf,
    },
}

impl Mount {
    /// Where it is in the root.
    pub fn target(&self) -> &Path {
        match self {
            Mount::Bind { target, .. }
            | Mount::Overlay { target, .. }
            | Mount::Part { target, .. }
            | Mount::Tmpfs { target, .. }
            | Mount::File { target, .. }
            | Mount::Secret { target, .. }
            | Mount::Directory { target, .. }
            | Mount::Symlink { target, .. }
            | Mount::Proc { target }
            | Mount::Dev { target, .. }
            | Mount::Sys { target } => target,
        }
    }
}
