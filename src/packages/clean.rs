//! What a manager leaves behind and an image does not need.
//!
//! Only the change set is touched: what an image below already has stays as it is.

use crate::rootfs::{FileKind, Rootfs};

use super::{PackagesError, Target};

/// Logs, and a cache of ldconfig(8) that holds inode numbers and times.
const FILES: [&str; 7] = [
    "var/log/dnf.log",
    "var/log/dnf.rpm.log",
    "var/log/dnf.librepo.log",
    "var/log/dnf5.log",
    "var/log/hawkey.log",
    "var/log/yum.log",
    "var/cache/ldconfig/aux-cache",
];

/// Caches and history. Where the root has a manager of its own, which owns them, they are emptied.
const FOLDERS: [&str; 5] = [
    "var/cache/dnf",
    "var/cache/libdnf5",
    "var/cache/yum",
    "var/lib/dnf",
    "var/lib/yum",
];

/// Made by dnf for the state of modules, even when there is none.
const MODULES: &str = "etc/dnf/modules.d";

/// Removes logs, caches and history from the target's change set.
pub(super) fn clean(target: &Target) -> Result<(), PackagesError> {
    let upper = target.open_upper()?;
    for path in FILES {
        remove(&upper, path)?;
    }
    let has_manager = ["usr/bin/dnf", "usr/bin/dnf5", "usr/bin/yum"]
        .iter()
        .any(|path| target.has(&upper, path));
    for path in FOLDERS {
        if has_manager {
            empty(&upper, path)?;
        } else {
            remove(&upper, path)?;
        }
    }
    if !has_manager && is_empty(&upper, MODULES) && names(&upper, "etc/dnf") == ["modules.d"] {
        remove(&upper, "etc/dnf")?;
    }
    Ok(())
}

/// Removes `path` itself. A path through a link of the root is not the manager's, since the
/// manager wrote into the throw-away root instead.
pub(super) fn remove(upper: &Rootfs, path: &str) -> Result<(), PackagesError> {
    if is_plain(upper, path) {
        upper
            .remove(path)
            .map_err(|e| PackagesError::change_set("remove", path, e))?;
    }
    Ok(())
}

fn empty(upper: &Rootfs, path: &str) -> Result<(), PackagesError> {
    if is_plain(upper, path) {
        for name in names(upper, path) {
            remove(upper, &format!("{path}/{name}"))?;
        }
    }
    Ok(())
}

/// Whether every folder on the way to `path` is one, and no link.
pub(super) fn is_plain(upper: &Rootfs, path: &str) -> bool {
    let mut parents = path.match_indices('/').map(|(at, _)| &path[..at]);
    parents.all(|parent| {
        matches!(upper.link_metadata(parent), Ok(Some(found)) if found.kind == FileKind::Directory)
    })
}

fn is_empty(upper: &Rootfs, path: &str) -> bool {
    is_plain(upper, path) && upper.entries(path).is_ok_and(|entries| entries.is_empty())
}

/// Names in a folder; names that are no UTF-8 are none of a manager's.
fn names(upper: &Rootfs, path: &str) -> Vec<String> {
    let entries = upper.entries(path).unwrap_or_default();
    entries
        .into_iter()
        .filter_map(|(name, _)| name.into_string().ok())
        .collect()
}
