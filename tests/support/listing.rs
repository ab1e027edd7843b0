//! What is below a directory, one line an entry, read without any code of the library.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;

use onelayer::digest::Digest;
use rustix::fs::{self, AtFlags, Dir, FileType, Mode, OFlags, StatxFlags};

/// Path → everything about it that an image keeps, in words.
pub(crate) type Listing = BTreeMap<Vec<u8>, String>;

/// Lists `root` by descriptors, so that paths may be of any length. Files with several names are
/// shown as the first of them.
pub(crate) fn list(root: &Path) -> Listing {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY;
    let directory = fs::open(root, flags, Mode::empty()).unwrap();
    let mut listing = Listing::new();
    let mut names = BTreeMap::new();
    add(&directory, b".", Vec::new(), &mut listing, &mut names);
    descend(directory, &[], &mut listing, &mut names);
    // The first name in order stands for the file.
    let mut first: BTreeMap<(u64, u64), Vec<u8>> = BTreeMap::new();
    for (path, inode) in names {
        let first = first.entry(inode).or_insert_with(|| path.clone());
        if *first != path {
            listing.insert(path, format!("link to {}", first.escape_ascii()));
        }
    }
    listing
}

type Names = BTreeMap<Vec<u8>, (u64, u64)>;

fn descend(directory: OwnedFd, path: &[u8], listing: &mut Listing, names: &mut Names) {
    for entry in Dir::read_from(&directory).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_bytes();
        if matches!(name, b"." | b"..") {
            continue;
        }
        let path = [path, if path.is_empty() { b"" } else { b"/" }, name].concat();
        if add(&directory, name, path.clone(), listing, names) {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW;
            let child = fs::openat(&directory, name, flags, Mode::empty()).unwrap();
            descend(child, &path, listing, names);
        }
    }
}

fn add(
    directory: &OwnedFd,
    name: &[u8],
    path: Vec<u8>,
    listing: &mut Listing,
    names: &mut Names,
) -> bool {
    let flags = AtFlags::SYMLINK_NOFOLLOW;
    let stat = fs::statx(directory, name, flags, StatxFlags::BASIC_STATS).unwrap();
    let kind = FileType::from_raw_mode(stat.stx_mode.into());
    let special = match kind {
        FileType::RegularFile => {
            let flags = OFlags::RDONLY | OFlags::NOFOLLOW;
            let file = fs::openat(directory, name, flags, Mode::empty()).unwrap();
            let mut bytes = Vec::new();
            File::from(file).read_to_end(&mut bytes).unwrap();
            format!("{} bytes {}", bytes.len(), Digest::of(&bytes))
        }
        FileType::Symlink => {
            let target = fs::readlinkat(directory, name, Vec::new()).unwrap();
            target.to_bytes().escape_ascii().to_string()
        }
        FileType::CharacterDevice | FileType::BlockDevice => {
            format!("{}:{}", stat.stx_rdev_major, stat.stx_rdev_minor)
        }
        _ => String::new(),
    };
    if kind == FileType::RegularFile && stat.stx_nlink > 1 {
        let device = u64::from(stat.stx_dev_major) << 32 | u64::from(stat.stx_dev_minor);
        names.insert(path.clone(), (device, stat.stx_ino));
    }
    let line = format!(
        "{kind:?} {:o} {}:{} {} {special}{}",
        stat.stx_mode & 0o7777,
        stat.stx_uid,
        stat.stx_gid,
        stat.stx_mtime.tv_sec,
        xattrs(directory, name)
    );
    listing.insert(path, line);
    kind == FileType::Directory
}

fn xattrs(directory: &OwnedFd, name: &[u8]) -> String {
    let mut path = format!("/proc/self/fd/{}/", directory.as_raw_fd()).into_bytes();
    path.extend_from_slice(name);
    let mut buffer = vec![0; 65536];
    let length = fs::llistxattr(path.as_slice(), buffer.as_mut_slice()).unwrap_or(0);
    let mut found: Vec<String> = buffer[..length]
        .split(|&byte| byte == 0)
        .filter(|name| !name.is_empty() && !name.starts_with(b"trusted.overlay."))
        .filter(|name| !name.starts_with(b"user.overlay.") && *name != b"security.selinux")
        .map(|name| {
            let mut value = vec![0; 65536];
            let length = fs::lgetxattr(path.as_slice(), name, value.as_mut_slice()).unwrap();
            let (name, value) = (name.escape_ascii(), value[..length].escape_ascii());
            format!(" {name}={value}")
        })
        .collect();
    found.sort();
    found.concat()
}

/// What differs, for a message.
pub(crate) fn differences(expected: &Listing, found: &Listing) -> String {
    let mut lines = Vec::new();
    for (path, line) in expected {
        match found.get(path) {
            None => lines.push(format!("missing {}: {line}", path.escape_ascii())),
            Some(other) if other != line => {
                lines.push(format!("{}: {line}\n   but {other}", path.escape_ascii()));
            }
            Some(_) => {}
        }
    }
    for (path, line) in found {
        if !expected.contains_key(path) {
            lines.push(format!("too much {}: {line}", path.escape_ascii()));
        }
    }
    lines.join("\n")
}
