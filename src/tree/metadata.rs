//! Metadata of one directory entry, read without opening it.

use std::ffi::CStr;
use std::os::fd::{AsRawFd, BorrowedFd};

use rustix::fs::{self, AtFlags, Statx, StatxFlags};
use rustix::io::Errno;

use super::entry::Xattr;

/// Longest list of names and longest value that Linux has (`XATTR_LIST_MAX`, `XATTR_SIZE_MAX`).
const XATTR_LIMIT: usize = 65536;
const USUAL_LIMIT: usize = 512;

/// The revision in the top byte of `security.capability`, see capabilities(7).
const CAPABILITY_REVISION_2: u8 = 2;
const CAPABILITY_REVISION_3: u8 = 3;
const CAPABILITY_LENGTH_2: usize = 20;
const CAPABILITY_LENGTH_3: usize = 24;

/// Labels that belong to the host, its overlay mounts or another tool's bookkeeping.
const FOREIGN: &[&str] = &[
    "trusted.overlay.",
    "user.overlay.",
    "user.onelayer.",
    "security.selinux",
    "security.ima",
    "security.evm",
    "security.apparmor",
    "security.SMACK64",
    "user.containers.override_",
    "user.rootlesscontainers",
    "system.nfs4_acl",
];
const POSIX_ACL: &str = "system.posix_acl_";

pub(super) fn stat(directory: BorrowedFd<'_>, name: &CStr) -> Result<Statx, Errno> {
    let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT | AtFlags::EMPTY_PATH;
    fs::statx(directory, name, flags, StatxFlags::BASIC_STATS)
}

/// All extended attributes of `name` in `directory` (of the directory itself if `name` is empty),
/// sorted by name. `buffer` is only room to work in.
///
/// The kernel has calls relative to a descriptor since 6.13 only; a path through
/// `/proc/self/fd` does the same everywhere, without opening the entry, links included.
pub(super) fn xattrs(
    directory: BorrowedFd<'_>,
    name: &[u8],
    buffer: &mut Vec<u8>,
) -> Result<Vec<Xattr>, Errno> {
    let mut path = format!("/proc/self/fd/{}/", directory.as_raw_fd()).into_bytes();
    path.extend_from_slice(if name.is_empty() { b"." } else { name });

    let list = |buffer: &mut [u8]| fs::llistxattr(path.as_slice(), buffer);
    let length = match growing(buffer, list) {
        Ok(0) | Err(Errno::OPNOTSUPP) => return Ok(Vec::new()),
        Ok(length) => length,
        Err(errno) => return Err(errno),
    };
    let names: Vec<Box<[u8]>> = buffer[..length]
        .split(|&byte| byte == 0)
        .filter(|name| !name.is_empty())
        .map(Box::from)
        .collect();
    let mut xattrs = Vec::with_capacity(names.len());
    for name in names {
        let read = |buffer: &mut [u8]| fs::lgetxattr(path.as_slice(), &*name, buffer);
        match growing(buffer, read) {
            Ok(length) => xattrs.push(Xattr {
                name,
                value: Box::from(&buffer[..length]),
            }),
            // Listed but not ours to read: `trusted.*` without privilege on some file systems.
            Err(Errno::NODATA | Errno::OPNOTSUPP) => {}
            Err(errno) => return Err(errno),
        }
    }
    xattrs.sort();
    Ok(xattrs)
}

/// Calls `read` with a small buffer, and again with one for the largest answer if that is not
/// enough. Nearly all entries have few attributes or none.
fn growing(
    buffer: &mut Vec<u8>,
    mut read: impl FnMut(&mut [u8]) -> Result<usize, Errno>,
) -> Result<usize, Errno> {
    if buffer.is_empty() {
        buffer.resize(USUAL_LIMIT, 0);
    }
    match read(buffer) {
        Err(Errno::RANGE) if buffer.len() < XATTR_LIMIT => {
            buffer.resize(XATTR_LIMIT, 0);
            read(buffer)
        }
        result => result,
    }
}

/// Whether an image carries the extended attribute `name`. POSIX access lists are in a form that
/// only Linux file systems of one kind understand, so they need asking for.
pub fn belongs_in_image(name: &[u8], keep_acls: bool) -> bool {
    let starts = |prefix: &str| name.starts_with(prefix.as_bytes());
    !FOREIGN.iter().any(|prefix| starts(prefix)) && (keep_acls || !starts(POSIX_ACL))
}

/// Capabilities set inside a user namespace carry its root id (revision 3); an image has no such
/// namespace, so the id is cut off and the revision put back to 2.
pub(super) fn without_root_id(xattr: &mut Xattr) {
    let is_revision_3 = &*xattr.name == b"security.capability"
        && xattr.value.len() == CAPABILITY_LENGTH_3
        && xattr.value[3] == CAPABILITY_REVISION_3;
    if is_revision_3 {
        let mut value = xattr.value[..CAPABILITY_LENGTH_2].to_vec();
        value[3] = CAPABILITY_REVISION_2;
        xattr.value = value.into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_means_the_same_elsewhere_is_kept() {
        for (name, kept) in [
            ("security.capability", true),
            ("user.comment", true),
            ("user.overlayed", true),
            ("user.overlay.opaque", false),
            ("user.onelayer.recorded", false),
            ("trusted.overlay.origin", false),
            ("security.selinux", false),
            ("user.containers.override_stat", false),
            ("system.posix_acl_access", false),
        ] {
            assert_eq!(belongs_in_image(name.as_bytes(), false), kept, "{name}");
        }
        assert!(belongs_in_image(b"system.posix_acl_default", true));
    }

    #[test]
    fn capabilities_lose_their_root_id() {
        let mut value = vec![1, 0, 0, 3];
        value.extend([7; 16]);
        let expected: Vec<u8> = [&[1, 0, 0, 2][..], &[7; 16]].concat();
        value.extend([9; 4]);
        let mut xattr = Xattr {
            name: Box::from(*b"security.capability"),
            value: value.into(),
        };
        without_root_id(&mut xattr);
        assert_eq!(*xattr.value, *expected);
        without_root_id(&mut xattr);
        assert_eq!(*xattr.value, *expected);
    }
}
