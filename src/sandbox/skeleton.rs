//! The mount points that an overlay lacks, as its topmost lower layer.
//!
//! A mount needs a place, and making one in the overlay would leave it in the upper directory,
//! whose contents are the result of the command. So the overlay is looked at first, without the
//! possibility to write, and what is missing there is made in a layer of its own that vanishes
//! with the sandbox. It lies on top because an upper layer may hide a name. Directories in it
//! repeat the attributes of those they cover, since the kernel shows, and copies, the topmost.

use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{
    AtFlags, Gid, Mode, OFlags, Stat, Timespec, Timestamps, Uid, XattrFlags, chmodat, chownat,
    fstat, getxattr, listxattr, openat, setxattr, utimensat,
};
use rustix::io::Errno;

use super::error::{SandboxError, Tried};
use super::filesystem;
use super::item::Item;
use super::target::{self, Kind};

const DIRECTORY: OFlags = OFlags::PATH
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

/// Fills the empty directory `skeleton` with what the items lack below `prefix`, where an overlay
/// that shows `view` is going to be mounted.
pub(super) fn fill(
    skeleton: &OwnedFd,
    view: &OwnedFd,
    prefix: &Path,
    items: &[Item<'_>],
) -> Result<(), SandboxError> {
    // Making entries changes the times of their directory: they are set at the end.
    let mut repeated = vec![(
        skeleton
            .try_clone()
            .tried(|| "copy a descriptor".to_owned())?,
        fstat(view).tried(|| "look at the root".to_owned())?,
    )];
    for item in items {
        let Some(path) = target::below(item.target(), prefix) else {
            continue;
        };
        let inner = |other: &&Item<'_>| target::below(other.target(), prefix).is_some();
        if items.iter().filter(inner).any(|other| other.covers(item)) {
            continue;
        }
        // What is in the way is found again, and reported, when the item is mounted.
        if let Ok(Some(names)) = target::missing(view.as_fd(), path, item.kind, item.links) {
            grow(skeleton, view, &names, item.kind, &mut repeated)
                .tried(|| format!("prepare the mount point `{}`", item.target().display()))?;
        }
    }
    for (directory, like) in repeated.iter().rev() {
        set_times(directory, like).tried(|| "prepare mount points".to_owned())?;
    }
    Ok(())
}

/// Makes `names`, one in the other; directories that exist in the view become like those.
fn grow(
    skeleton: &OwnedFd,
    view: &OwnedFd,
    names: &[OsString],
    kind: Kind,
    repeated: &mut Vec<(OwnedFd, Stat)>,
) -> rustix::io::Result<()> {
    let mut here = skeleton.try_clone().map_err(|_| Errno::MFILE)?;
    let mut there = Some(view.try_clone().map_err(|_| Errno::MFILE)?);
    for (index, name) in names.iter().enumerate() {
        let last = index + 1 == names.len();
        let kind = if last { kind } else { Kind::Directory };
        there = there.and_then(|above| openat(above, name, DIRECTORY, Mode::empty()).ok());
        here = match target::make(&here, name, kind) {
            // For another item.
            Err(Errno::EXIST) if !last => openat(&here, name, DIRECTORY, Mode::empty())?,
            Err(Errno::EXIST) => return Ok(()),
            other => {
                let made = other?;
                if let Some(like) = &there {
                    let stat = fstat(like)?;
                    repeat(&made, like, &stat)?;
                    repeated.push((made.try_clone().map_err(|_| Errno::MFILE)?, stat));
                }
                made
            }
        };
    }
    Ok(())
}

/// Gives a directory the owner, mode and extended attributes of another.
fn repeat(directory: &OwnedFd, like: &OwnedFd, stat: &Stat) -> rustix::io::Result<()> {
    let uid = Some(Uid::from_raw(stat.st_uid));
    let gid = Some(Gid::from_raw(stat.st_gid));
    chownat(directory, "", uid, gid, AtFlags::EMPTY_PATH)?;
    let path = filesystem::path(directory);
    chmodat(
        rustix::fs::CWD,
        &path,
        Mode::from_raw_mode(stat.st_mode),
        AtFlags::empty(),
    )?;
    let from = filesystem::path(like);
    let mut keys = vec![0_u8; 64 << 10];
    let length = listxattr(&from, &mut keys[..]).unwrap_or(0);
    for key in keys[..length].split(|byte| *byte == 0) {
        let mut value = vec![0_u8; 64 << 10];
        // A tmpfs does not take all of them; then a directory that the command changes lacks
        // them, which is no reason not to run it.
        if let Ok(length) = getxattr(&from, key, &mut value[..]) {
            let _ = setxattr(&path, key, &value[..length], XattrFlags::empty());
        }
    }
    Ok(())
}

fn set_times(directory: &OwnedFd, like: &Stat) -> rustix::io::Result<()> {
    let time = |seconds, nanoseconds: u64| Timespec {
        tv_sec: seconds,
        tv_nsec: i64::try_from(nanoseconds).unwrap_or_default(),
    };
    let times = Timestamps {
        last_access: time(like.st_atime, like.st_atime_nsec),
        last_modification: time(like.st_mtime, like.st_mtime_nsec),
    };
    utimensat(
        rustix::fs::CWD,
        OsStr::new(&filesystem::path(directory)),
        &times,
        AtFlags::empty(),
    )
}
