//! rpm's database: where the target distribution expects it, and how it is left.

use std::os::unix::fs::FileExt;

use crate::rootfs::{FileKind, Owner, Rootfs};

use super::{PackagesError, Target, clean};

/// Fedora since 36, RHEL since 10, openSUSE.
const SYSIMAGE: &str = "usr/lib/sysimage/rpm";
/// Everybody else.
const VAR_LIB: &str = "var/lib/rpm";
const FILE: &str = "rpmdb.sqlite";

/// Distributions of os-release(5) whose rpm has its database in [`SYSIMAGE`], each with the first
/// major version that does.
const SYSIMAGE_SINCE: [(&str, u32); 9] = [
    ("fedora", 36),
    ("rhel", 10),
    ("centos", 10),
    ("rocky", 10),
    ("almalinux", 10),
    ("ol", 10),
    ("opensuse-tumbleweed", 0),
    ("opensuse-leap", 15),
    ("sles", 15),
];

/// Where the database is, or will be written by the first transaction, relative to the root.
///
/// In an empty root nobody knows yet which distribution it will be; [`settle`] moves the database
/// when its packages have told.
pub(super) fn location(target: &Target) -> &'static str {
    let upper = target.open_upper().ok();
    let exists = |path: &str| {
        let path = format!("{path}/{FILE}");
        upper
            .as_ref()
            .is_some_and(|upper| upper.link_metadata(&path).is_ok_and(|m| m.is_some()))
            || target.tree.get(path.as_bytes()).is_some()
    };
    if exists(SYSIMAGE) { SYSIMAGE } else { VAR_LIB }
}

/// Moves a new database to where the distribution expects it and leaves it as a plain file.
pub(super) fn settle(target: &Target) -> Result<(), PackagesError> {
    let upper = target.open_upper()?;
    let new = target
        .tree
        .get(format!("{VAR_LIB}/{FILE}").as_bytes())
        .is_none();
    if new && location(target) == VAR_LIB && expects_sysimage(target, &upper) {
        relocate(&upper)?;
    }
    park(&upper, location(target))
}

/// Whether the distribution in the root has its database in [`SYSIMAGE`].
fn expects_sysimage(target: &Target, upper: &Rootfs) -> bool {
    if target.has(upper, SYSIMAGE) {
        return true;
    }
    let text = ["etc/os-release", "usr/lib/os-release"]
        .iter()
        .find_map(|path| upper.read(path, 64 * 1024).ok())
        .unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let field = |name: &str| {
        (text.lines())
            .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
            .map(|value| value.trim_matches(['"', '\'']))
    };
    let version = field("VERSION_ID")
        .and_then(|version| version.split('.').next()?.parse().ok())
        .unwrap_or(u32::MAX);
    SYSIMAGE_SINCE
        .iter()
        .any(|(id, since)| field("ID") == Some(id) && version >= *since)
}

/// Moves everything from [`VAR_LIB`] to [`SYSIMAGE`] and leaves a link, as Fedora does.
fn relocate(upper: &Rootfs) -> Result<(), PackagesError> {
    if !clean::is_plain(upper, &format!("{VAR_LIB}/{FILE}")) {
        return Ok(());
    }
    let failed = |action, path: &str, error| PackagesError::change_set(action, path, error);
    for parent in ["usr", "usr/lib", "usr/lib/sysimage", SYSIMAGE] {
        let there = upper
            .link_metadata(parent)
            .map_err(|e| failed("look at", parent, e))?;
        if there.is_none() {
            // Packages are installed by root, who may give anything away.
            let _ = (upper.create_directory(parent, 0o755, Owner::ROOT))
                .map_err(|e| failed("make", parent, e))?;
        }
    }
    for (name, _) in upper
        .entries(VAR_LIB)
        .map_err(|e| failed("list", VAR_LIB, e))?
    {
        let name = name.to_string_lossy();
        (upper.rename(format!("{VAR_LIB}/{name}"), format!("{SYSIMAGE}/{name}")))
            .map_err(|e| failed("move", &format!("{VAR_LIB}/{name}"), e))?;
    }
    clean::remove(upper, VAR_LIB)?;
    (upper.symlink(VAR_LIB, "../../usr/lib/sysimage/rpm", Owner::ROOT))
        .map(drop)
        .map_err(|e| failed("link", VAR_LIB, e))
}

/// Offsets of the write and read version in the header of a SQLite file, and their values
/// ([File Format, "Database Header"](https://www.sqlite.org/fileformat2.html#file_format_version_numbers)).
const VERSIONS: u64 = 18;
const WRITE_AHEAD: [u8; 2] = [2, 2];
const ROLLBACK: [u8; 2] = [1, 1];

/// Turns write-ahead logging off, as `PRAGMA journal_mode=DELETE` would, if the log is empty: the
/// log's index differs between runs, and a database with a log cannot be read where nothing can be
/// written. rpm turns it on again when it next writes.
fn park(upper: &Rootfs, folder: &str) -> Result<(), PackagesError> {
    let path = |suffix: &str| format!("{folder}/{suffix}");
    clean::remove(upper, &path(".rpm.lock"))?;
    let (database, log) = (path(FILE), path("rpmdb.sqlite-wal"));
    let found = |path: &str| {
        let found = upper.link_metadata(path);
        found.map_err(|e| PackagesError::change_set("look at", path, e))
    };
    let is_file = found(&database)?.is_some_and(|found| found.kind == FileKind::File);
    let log_is_empty = found(&log)?.is_none_or(|found| found.size == 0);
    if !is_file || !log_is_empty || !clean::is_plain(upper, &database) {
        return Ok(());
    }
    let failed = |error: std::io::Error| PackagesError::ChangeSet {
        action: "settle",
        path: database.clone(),
        source: error.into(),
    };
    let file = upper
        .open_file(&database)
        .map_err(|e| PackagesError::change_set("open", &database, e))?;
    let mut versions = [0; 2];
    file.read_exact_at(&mut versions, VERSIONS)
        .map_err(failed)?;
    if versions == WRITE_AHEAD {
        file.write_all_at(&ROLLBACK, VERSIONS).map_err(failed)?;
    }
    clean::remove(upper, &log)?;
    clean::remove(upper, &path("rpmdb.sqlite-shm"))
}
