//! One name in a root.

use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;

use super::failure::TreeError;
use super::upper::Upper;

/// One name in a root and what it stands for.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The name: relative to the root, parts joined by `/`, no slash at either end. The root
    /// itself is empty.
    pub path: Box<[u8]>,
    /// What the name stands for.
    pub kind: Kind,
    /// Permission bits with setuid, setgid and sticky: `0o7777` at most.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Number of the step that last changed the entry; gives the order in the layer. A directory
    /// has the step that last changed its own metadata, whatever happened to its children.
    pub rank: u32,
    /// Modification time in seconds, as on disk.
    pub mtime: i64,
    /// Extended attributes, sorted by name; `None` for the many entries that have none.
    pub xattrs: Option<Box<[Xattr]>>,
}

/// An extended attribute.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Xattr {
    /// With its namespace, as `security.capability`.
    pub name: Box<[u8]>,
    /// Any bytes.
    pub value: Box<[u8]>,
}

/// What a name stands for. Sockets are missing: an archive cannot hold them.
#[derive(Debug, Clone)]
pub enum Kind {
    /// A regular file.
    File {
        /// Length in bytes, holes included.
        size: u64,
        /// Where the bytes are.
        content: Content,
    },
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink {
        /// Its text, verbatim.
        target: Box<[u8]>,
    },
    /// A character device.
    CharDevice {
        /// Major number.
        major: u32,
        /// Minor number.
        minor: u32,
    },
    /// A block device.
    BlockDevice {
        /// Major number.
        major: u32,
        /// Minor number.
        minor: u32,
    },
    /// A named pipe.
    Fifo,
    /// In a layer that stands on others only: what the path names without `.wh.` is gone.
    Whiteout,
}

/// Where a file's bytes are: in an upper directory, under the entry's own path.
#[derive(Debug, Clone)]
pub struct Content {
    pub(super) upper: Arc<Upper>,
    /// Device and inode, kept only where the file has more than one name.
    pub(super) inode: Option<Box<(u64, u64)>>,
    /// The part of the modification time below a second, to notice later writes.
    pub(super) nanoseconds: u32,
}

impl Content {
    /// The change set that holds the bytes.
    pub fn upper(&self) -> &Arc<Upper> {
        &self.upper
    }

    /// The part of the modification time below a second.
    pub fn nanoseconds(&self) -> u32 {
        self.nanoseconds
    }

    /// Identifies the file among all names in a tree: equal values are hard links to one file.
    /// `None` for a file with a single name. Only equality has a meaning.
    pub fn link_identity(&self) -> Option<(usize, u64, u64)> {
        let (device, inode) = *self.inode.as_deref()?;
        Some((Arc::as_ptr(&self.upper).addr(), device, inode))
    }
}

impl Entry {
    /// Whether this is a directory.
    pub fn is_directory(&self) -> bool {
        matches!(self.kind, Kind::Directory)
    }

    /// Extended attributes, sorted by name.
    pub fn xattrs(&self) -> &[Xattr] {
        self.xattrs.as_deref().unwrap_or_default()
    }

    /// The part after the last slash; empty for the root.
    pub fn name(&self) -> &[u8] {
        let start = self.path.iter().rposition(|&byte| byte == b'/');
        &self.path[start.map_or(0, |slash| slash + 1)..]
    }

    /// The modification time that a layer shows: never before 1970 (podman unpacks none that is, and
    /// GNU tar warns of it), never after `source_date_epoch`. Directories show exactly the latter, so
    /// that a new child does not change the header of its parent.
    pub fn layer_mtime(&self, source_date_epoch: u64) -> u64 {
        if self.is_directory() {
            return source_date_epoch;
        }
        u64::try_from(self.mtime)
            .unwrap_or(0)
            .min(source_date_epoch)
    }

    /// Whether metadata, times aside, are those of `other`.
    pub(super) fn same_metadata(&self, other: &Self) -> bool {
        (self.mode, self.uid, self.gid) == (other.mode, other.uid, other.gid)
            && self.xattrs() == other.xattrs()
    }

    /// Opens a regular file's bytes and checks that they are the ones that were listed. `None`
    /// for everything that has no content.
    pub fn open(&self) -> Result<Option<File>, TreeError> {
        let Kind::File { content, .. } = &self.kind else {
            return Ok(None);
        };
        let file = content.upper.open_file(&self.path)?;
        self.check_unchanged(&file)?;
        Ok(Some(file))
    }

    /// Fails unless `file`, opened by [`Entry::open`], still has the listed size and time. A
    /// reader calls this after its last byte.
    pub fn check_unchanged(&self, file: &File) -> Result<(), TreeError> {
        let Kind::File { size, content } = &self.kind else {
            return Ok(());
        };
        let found = file
            .metadata()
            .map_err(|error| content.upper.failed("look at", &self.path, error))?;
        let unchanged = found.is_file()
            && found.size() == *size
            && found.mtime() == self.mtime
            && found.mtime_nsec() == i64::from(content.nanoseconds);
        if unchanged {
            Ok(())
        } else {
            Err(content.upper.changed(&self.path))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_entries_fit_in_memory() {
        assert!(size_of::<Entry>() <= 96, "{} bytes", size_of::<Entry>());
    }
}
