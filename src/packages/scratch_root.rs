//! The throw-away root in which a manager runs.

use std::fs;
use std::path::{Path, PathBuf};

use crate::rootfs::{Owner, Rootfs};
use crate::sandbox::{Mount, Root, Sandbox};
use crate::tree::Tree;

use super::PackagesError;

/// Where the manager finds the target root.
pub const BUILDROOT: &str = "/buildroot";

/// Configuration that programs under the host's `/usr` need to run at all: the loader's, the
/// alternatives', certificates and crypto policies. All of it is public, none says what to install.
const HOST_CONFIGURATION: [&str; 9] = [
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/alternatives",
    "/etc/ssl",
    "/etc/pki/tls",
    "/etc/pki/ca-trust",
    "/etc/ca-certificates",
    "/etc/crypto-policies",
];

/// Top-level names that are links into `/usr` on most hosts and directories on some.
const MERGED: [&str; 6] = ["bin", "sbin", "lib", "lib32", "lib64", "libx32"];

/// The root that packages go into, as an overlay, and the manager's cache.
pub struct Target<'a> {
    /// Change sets below, the topmost first.
    pub lower: Vec<PathBuf>,
    /// Where changes go.
    pub upper: PathBuf,
    /// Overlay work directory beside it.
    pub work: PathBuf,
    /// What the lower change sets amount to.
    pub tree: &'a Tree,
    /// Kept between builds: metadata and downloads.
    pub cache: PathBuf,
    /// Kept between the transactions of one step: the manager's own history.
    pub state: PathBuf,
}

impl Target<'_> {
    /// The change set in the making.
    pub(super) fn open_upper(&self) -> Result<Rootfs, PackagesError> {
        Rootfs::open(&self.upper).map_err(|e| PackagesError::change_set("open", "", e))
    }

    /// Whether `path` is in the change set or below it.
    pub(super) fn has(&self, upper: &Rootfs, path: &str) -> bool {
        let found = upper.link_metadata(path);
        found.is_ok_and(|found| found.is_some()) || self.tree.get(path.as_bytes()).is_some()
    }

    /// Makes `/proc` and `/dev` in the change set if the root lacks them. Scriptlets need what is
    /// mounted there; every distribution has a package that owns the two folders, and that package
    /// finds them taken while it is installed.
    pub(super) fn make_mount_points(&self) -> Result<(), PackagesError> {
        let upper = self.open_upper()?;
        for (path, mode) in [("proc", 0o555), ("dev", 0o755)] {
            if !self.has(&upper, path) {
                // Root may set every owner.
                let _ = (upper.create_directory(path, mode, Owner::ROOT))
                    .map_err(|e| PackagesError::change_set("make", path, e))?;
            }
        }
        Ok(())
    }

    /// A sandbox that runs `command` in a throw-away root with this target at [`BUILDROOT`], the
    /// cache at `cache` and the state at `state`.
    pub(super) fn sandbox(&self, command: Vec<String>, cache: &str, state: &str) -> Sandbox {
        let mut mounts = vec![directory("/usr"), bind("/usr", "/usr", false)];
        mounts.extend(
            MERGED
                .iter()
                .filter_map(|name| merged(Path::new("/").join(name))),
        );
        mounts.extend([
            directory("/etc"),
            directory("/root"),
            directory("/run"),
            directory("/var"),
            directory("/tmp"),
        ]);
        for path in HOST_CONFIGURATION {
            // A link would lead to what is not there; the few hosts that have one do without.
            if fs::symlink_metadata(path).is_ok_and(|found| !found.is_symlink()) {
                mounts.push(bind(path, path, false));
            }
        }
        mounts.extend([
            file("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"),
            file("/etc/group", "root:x:0:\n"),
            file(
                "/etc/nsswitch.conf",
                "passwd: files\ngroup: files\nhosts: files dns\n",
            ),
            Mount::Proc {
                target: "/proc".into(),
            },
            Mount::Dev {
                target: "/dev".into(),
                writable: false,
            },
            bind(&self.cache, cache, true),
            bind(&self.state, state, true),
            Mount::Overlay {
                lower: self.lower.clone(),
                upper: self.upper.clone(),
                work: self.work.clone(),
                target: BUILDROOT.into(),
            },
            Mount::Proc {
                target: Path::new(BUILDROOT).join("proc"),
            },
            Mount::Dev {
                target: Path::new(BUILDROOT).join("dev"),
                writable: true,
            },
        ]);
        let mut sandbox = Sandbox::new(Root::Empty, command);
        sandbox.standard_mounts = false;
        sandbox.mounts = mounts;
        sandbox
    }
}

/// A link into `/usr` stays one; a directory is bound.
fn merged(path: PathBuf) -> Option<Mount> {
    let found = fs::symlink_metadata(&path).ok()?;
    if found.is_symlink() {
        let to = fs::read_link(&path).ok()?;
        Some(Mount::Symlink { target: path, to })
    } else {
        Some(Mount::Bind {
            source: path.clone(),
            target: path,
            writable: false,
        })
    }
}

fn directory(target: &str) -> Mount {
    Mount::Directory {
        target: target.into(),
        mode: 0o755,
    }
}

pub(super) fn bind(
    source: impl Into<PathBuf>,
    target: impl Into<PathBuf>,
    writable: bool,
) -> Mount {
    Mount::Bind {
        source: source.into(),
        target: target.into(),
        writable,
    }
}

pub(super) fn file(target: &str, contents: &str) -> Mount {
    Mount::File {
        target: target.into(),
        contents: contents.into(),
        mode: 0o644,
    }
}
