//! From an upper directory to the list of what changed.

use std::ffi::CStr;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError};

use rayon::Scope;
use rustix::fs::{self, Dir, FileType, Statx};

use super::attributes::{Attribute, Attributes, Device};
use super::display;
use super::entry::{Content, Entry, Kind, Xattr};
use super::failure::TreeError;
use super::metadata;
use super::pool::pool;
use super::recorded::Recorded;
use super::stamp::Stamp;
use super::upper::Upper;

/// What one step changed in a root.
#[derive(Debug, Default)]
pub struct Changes {
    pub(super) entries: Vec<Entry>,
    pub(super) removed: Vec<Box<[u8]>>,
    pub(super) opaque: Vec<Box<[u8]>>,
    pub(super) skipped: Vec<Box<[u8]>>,
    pub(super) stamp: Stamp,
}

impl Changes {
    /// What was made or changed, sorted by path, the root first. Contains every directory on the
    /// way, changed or not. Ranks are 0 until the changes are applied.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Paths that are gone, with all below them; sorted.
    pub fn removed(&self) -> &[Box<[u8]>] {
        &self.removed
    }

    /// Directories whose earlier children are gone; sorted.
    pub fn opaque(&self) -> &[Box<[u8]>] {
        &self.opaque
    }

    /// Sockets: left out, since an archive cannot hold them; sorted.
    pub fn skipped(&self) -> &[Box<[u8]>] {
        &self.skipped
    }

    /// Whether nothing but the root itself is listed.
    pub fn is_empty(&self) -> bool {
        self.entries.len() <= 1 && self.removed.is_empty() && self.opaque.is_empty()
    }
}

/// Which namespace of extended attributes overlayfs used for its own marks. Marks of the other
/// one can be set by the step itself and mean nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Marks {
    /// `trusted.overlay.*`: mounted by root.
    #[default]
    Trusted,
    /// `user.overlay.*`: mounted with `userxattr`, in a user namespace.
    User,
    /// Not an overlay: no attribute is a mark. Devices 0:0 still say that a name is gone.
    None,
}

/// Owner and group that those on disk are elsewhere.
pub type Owners = fn(u32, u32) -> (u32, u32);

/// How to read an upper directory.
#[derive(Debug, Clone, Copy, Default)]
pub struct WalkOptions<'a> {
    /// How overlayfs marked opaque directories.
    pub marks: Marks,
    /// Keep `system.posix_acl_*`, which are dropped otherwise.
    pub keep_acls: bool,
    /// Ownership beside the disk. If given, what has no row in it belongs to 0:0; with
    /// [`Marks::User`] to whom the disk says, since root in a namespace gives files away there.
    pub attributes: Option<&'a Attributes>,
    /// What owner and group on disk are elsewhere; the same if `None`.
    pub owners: Option<Owners>,
}

/// Lists the change set in `upper`, on all threads of the current rayon pool or of a pool of its
/// own, or on this thread where there can be no other.
///
/// Character devices 0:0 are removals, directories marked opaque hide what was below them (see
/// the kernel's [overlayfs.rst]). The upper directory itself is the root of what it changes: its
/// mode and owner become the root's, as they do when the overlay is mounted.
///
/// The directory must not change meanwhile. The result is sorted and the same for any number of
/// threads.
///
/// [overlayfs.rst]: https://docs.kernel.org/filesystems/overlayfs.html#whiteouts-and-opaque-directories
pub fn walk(upper: &Arc<Upper>, options: &WalkOptions<'_>) -> Result<Changes, TreeError> {
    let walk = Walk {
        upper,
        options,
        listed: Mutex::default(),
    };
    let directory = upper.open_directory(b"", None)?;
    let mut root = Listing::default();
    let mut buffer = Vec::new();
    walk.visit(&directory, c"", &[], &mut root, &mut buffer)?;
    walk.keep(Ok(root));
    match pool() {
        _ if rayon::current_thread_index().is_some() => rayon::scope(|scope| walk.all(scope)),
        Some(pool) => pool.scope(|scope| walk.all(scope)),
        None => walk.alone(),
    }

    let mut listed = walk
        .listed
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    // The same failure is reported whichever thread met one first.
    listed.failures.sort_by(|a, b| a.0.cmp(&b.0));
    if let Some((_, failure)) = listed.failures.into_iter().next() {
        return Err(failure);
    }
    let mut changes = listed.changes;
    changes.entries.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    changes.removed.sort_unstable();
    changes.opaque.sort_unstable();
    changes.skipped.sort_unstable();
    Ok(changes)
}

struct Walk<'a> {
    upper: &'a Arc<Upper>,
    options: &'a WalkOptions<'a>,
    listed: Mutex<Listed>,
}

#[derive(Default)]
struct Listed {
    changes: Changes,
    failures: Vec<(Box<[u8]>, TreeError)>,
}

/// What one directory holds.
#[derive(Default)]
struct Listing {
    changes: Changes,
    directories: Vec<Box<[u8]>>,
}

/// A directory that stays open while what is below it is listed: a compromise between one
/// descriptor for each level and a walk from the top for each directory, in a tree that may be
/// ten thousand levels deep.
struct Anchor {
    directory: OwnedFd,
    /// Of its path.
    length: usize,
}

/// Levels between anchors.
const ANCHOR_DISTANCE: usize = 64;

impl Walk<'_> {
    /// Lists everything on the threads of a pool.
    fn all<'s>(&'s self, scope: &Scope<'s>) {
        self.directory(scope, Box::default(), None);
    }

    /// Lists everything on this thread.
    fn alone(&self) {
        let mut waiting = vec![(Box::default(), None)];
        while let Some((path, mut anchor)) = waiting.pop() {
            let listing = self.list(&path, &mut anchor);
            let found = self.keep(listing.map_err(|failure| (path, failure)));
            waiting.extend(found.into_iter().map(|path| (path, anchor.clone())));
        }
    }

    /// Lists `path`, below `anchor`, and spawns a task for each directory in it.
    fn directory<'s>(
        &'s self,
        scope: &Scope<'s>,
        path: Box<[u8]>,
        mut anchor: Option<Arc<Anchor>>,
    ) {
        let listing = self.list(&path, &mut anchor);
        for path in self.keep(listing.map_err(|failure| (path, failure))) {
            let anchor = anchor.clone();
            scope.spawn(move |scope| self.directory(scope, path, anchor));
        }
    }

    fn list(&self, path: &[u8], anchor: &mut Option<Arc<Anchor>>) -> Result<Listing, TreeError> {
        let failed = |errno| self.upper.failed("list", path, errno);
        let start = anchor.as_deref().map(|at| (&at.directory, at.length));
        let directory = self.upper.open_directory(path, start)?;
        let mut listing = Listing::default();
        let mut buffer = Vec::new();
        for found in Dir::read_from(&directory).map_err(failed)? {
            let found = found.map_err(failed)?;
            let name = found.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            self.visit(&directory, name, path, &mut listing, &mut buffer)?;
        }
        let below_anchor = &path[start.map_or(0, |(_, length)| length)..];
        if below_anchor.iter().filter(|&&byte| byte == b'/').count() >= ANCHOR_DISTANCE {
            let length = path.len();
            *anchor = Some(Arc::new(Anchor { directory, length }));
        }
        Ok(listing)
    }

    /// Adds `name` in `directory` (the directory itself if empty), whose path is `parent`.
    fn visit(
        &self,
        directory: &OwnedFd,
        name: &CStr,
        parent: &[u8],
        listing: &mut Listing,
        buffer: &mut Vec<u8>,
    ) -> Result<(), TreeError> {
        let path = join(parent, name.to_bytes());
        let failed = |errno| self.upper.failed("look at", &path, errno);
        let stat = metadata::stat(directory.as_fd(), name).map_err(failed)?;
        listing.changes.stamp.add(Stamp::of(&path, &stat));
        let device = (stat.stx_rdev_major, stat.stx_rdev_minor);
        let mut kind = match FileType::from_raw_mode(stat.stx_mode.into()) {
            FileType::CharacterDevice if device == (0, 0) => {
                listing.changes.removed.push(path);
                return Ok(());
            }
            FileType::Socket | FileType::Unknown => {
                listing.changes.skipped.push(path);
                return Ok(());
            }
            FileType::RegularFile => Kind::File {
                size: stat.stx_size,
                content: self.content(&stat),
            },
            FileType::Directory => Kind::Directory,
            FileType::Symlink => Kind::Symlink {
                target: fs::readlinkat(directory, name, Vec::new())
                    .map_err(failed)?
                    .into_bytes()
                    .into(),
            },
            FileType::CharacterDevice => Kind::CharDevice {
                major: device.0,
                minor: device.1,
            },
            FileType::BlockDevice => Kind::BlockDevice {
                major: device.0,
                minor: device.1,
            },
            FileType::Fifo => Kind::Fifo,
        };
        let xattrs =
            metadata::xattrs(directory.as_fd(), name.to_bytes(), buffer).map_err(failed)?;
        self.read_marks(&path, &kind, &xattrs, listing)?;
        if matches!(kind, Kind::Directory) && !path.is_empty() {
            listing.directories.push(path.clone());
        }

        let rows = self.options.attributes;
        let row = rows.and_then(|rows| rows.get(&path));
        let recorded = self.recorded(&xattrs);
        let device = row
            .and_then(|row| row.device)
            .or(recorded.and_then(|recorded| recorded.device));
        if let Some(device) = device {
            kind = match device {
                Device::Char(major, minor) => Kind::CharDevice { major, minor },
                Device::Block(major, minor) => Kind::BlockDevice { major, minor },
            };
        }
        let (uid, gid) = match (row, recorded) {
            (Some(row), _) => (row.uid, row.gid),
            (None, Some(recorded)) => (recorded.uid, recorded.gid),
            (None, None) if rows.is_some() && self.options.marks != Marks::User => (0, 0),
            (None, None) => {
                let owners = self.options.owners.unwrap_or(|uid, gid| (uid, gid));
                owners(stat.stx_uid, stat.stx_gid)
            }
        };
        let mode = row.and_then(|row| row.mode);
        listing.changes.entries.push(Entry {
            xattrs: self.image_xattrs(xattrs, row),
            mode: mode.unwrap_or(stat.stx_mode.into()) & 0o7777,
            mtime: stat.stx_mtime.tv_sec,
            rank: 0,
            path,
            kind,
            uid,
            gid,
        });
        Ok(())
    }

    fn content(&self, stat: &Statx) -> Content {
        let device = u64::from(stat.stx_dev_major) << 32 | u64::from(stat.stx_dev_minor);
        Content {
            upper: Arc::clone(self.upper),
            inode: (stat.stx_nlink > 1).then(|| Box::new((device, stat.stx_ino))),
            nanoseconds: stat.stx_mtime.tv_nsec,
        }
    }

    fn read_marks(
        &self,
        path: &[u8],
        kind: &Kind,
        xattrs: &[Xattr],
        listing: &mut Listing,
    ) -> Result<(), TreeError> {
        let prefix: &[u8] = match self.options.marks {
            Marks::Trusted => b"trusted.overlay.",
            Marks::User => b"user.overlay.",
            Marks::None => return Ok(()),
        };
        for xattr in xattrs {
            match xattr.name.strip_prefix(prefix) {
                Some(b"opaque") if *xattr.value == *b"y" && matches!(kind, Kind::Directory) => {
                    listing.changes.opaque.push(path.into());
                }
                Some(b"redirect" | b"metacopy") => {
                    return Err(TreeError::Redirected {
                        path: display(path).to_string(),
                        upper: self.upper.path().display().to_string(),
                        xattr: String::from_utf8_lossy(&xattr.name).into_owned(),
                    });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// What the entry should be, as noted at it. Nobody but onelayer notes that in a change set
    /// that it made in a namespace; elsewhere the attribute means nothing.
    fn recorded(&self, xattrs: &[Xattr]) -> Option<Recorded> {
        if self.options.marks != Marks::User {
            return None;
        }
        let name = Recorded::XATTR.as_bytes();
        let found = xattrs.iter().find(|xattr| *xattr.name == *name)?;
        Recorded::from_value(&found.value)
    }

    fn image_xattrs(&self, found: Vec<Xattr>, row: Option<&Attribute>) -> Option<Box<[Xattr]>> {
        let mut xattrs = found;
        for (name, value) in row.into_iter().flat_map(|row| &row.xattrs) {
            xattrs.retain(|xattr| *xattr.name != *name.as_bytes());
            xattrs.push(Xattr {
                name: name.as_bytes().into(),
                value: value.as_slice().into(),
            });
        }
        xattrs.retain(|xattr| metadata::belongs_in_image(&xattr.name, self.options.keep_acls));
        xattrs.iter_mut().for_each(metadata::without_root_id);
        xattrs.sort();
        (!xattrs.is_empty()).then(|| xattrs.into())
    }

    /// Keeps what one task found and gives the directories that remain to be listed.
    fn keep(&self, listing: Result<Listing, (Box<[u8]>, TreeError)>) -> Vec<Box<[u8]>> {
        let mut listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        match listing {
            Ok(mut listing) => {
                let (all, new) = (&mut listed.changes, &mut listing.changes);
                // The larger list stays where it is: one folder may have nearly everything.
                if new.entries.len() > all.entries.len() {
                    std::mem::swap(&mut all.entries, &mut new.entries);
                }
                all.entries.append(&mut new.entries);
                all.removed.append(&mut new.removed);
                all.opaque.append(&mut new.opaque);
                all.skipped.append(&mut new.skipped);
                all.stamp.add(new.stamp);
                listing.directories
            }
            Err(failure) => {
                listed.failures.push(failure);
                Vec::new()
            }
        }
    }
}

fn join(parent: &[u8], name: &[u8]) -> Box<[u8]> {
    if parent.is_empty() {
        return name.into();
    }
    [parent, b"/", name].concat().into()
}
