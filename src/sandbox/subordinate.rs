//! Ids that a user may use in namespaces (subuid(5), subgid(5)).

use std::fs::File;
use std::io::Read;

use rustix::fs::{CWD, FileType, Mode, OFlags, Stat, fstat, major, minor, openat};
use rustix::io::Errno;

/// No system has as many users.
const LONGEST_FILE: u64 = 16 << 20;
/// The number of `/dev/null` (null(4)).
const NULL: (u32, u32) = (1, 3);

/// Ids besides the user's own that a root file system needs.
pub(super) const NEEDED: u32 = 65535;

/// Where a user's ids begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Subordinate {
    pub(super) users: u32,
    pub(super) groups: u32,
}

impl Subordinate {
    /// The ids of the user `uid`; an explanation if there are not enough.
    pub(super) fn of(uid: u32) -> Result<Subordinate, String> {
        let name = name_of(uid);
        let find = |path: &str| {
            let text = read(path)?;
            let found = first(&text, uid, name.as_deref());
            found.ok_or_else(|| {
                let user = name.clone().unwrap_or_else(|| uid.to_string());
                format!("{path} has no {NEEDED} ids for `{user}`")
            })
        };
        Ok(Subordinate {
            users: find("/etc/subuid")?,
            groups: find("/etc/subgid")?,
        })
    }
}

/// The text of a file; nothing when there is none. Nothing else is waited for or read without end.
fn read(path: &str) -> Result<String, String> {
    let fail = |errno: Errno| format!("cannot read {path}: {errno}");
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = match openat(CWD, path, flags, Mode::empty()) {
        Err(Errno::NOENT) => return Ok(String::new()),
        other => other.map_err(fail)?,
    };
    let stat = fstat(&file).map_err(fail)?;
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => {}
        // What a file is covered with that is not to be seen.
        FileType::CharacterDevice if is_null(&stat) => return Ok(String::new()),
        _ => return Err(format!("{path} is no regular file")),
    }
    let mut bytes = Vec::new();
    let read = File::from(file)
        .take(LONGEST_FILE + 1)
        .read_to_end(&mut bytes);
    read.map_err(|error| format!("cannot read {path}: {error}"))?;
    if bytes.len() as u64 > LONGEST_FILE {
        return Err(format!("{path} is larger than 16 MiB"));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn is_null(stat: &Stat) -> bool {
    (major(stat.st_rdev), minor(stat.st_rdev)) == NULL
}

/// The user's name. Without one the files are searched for the number alone.
fn name_of(uid: u32) -> Option<String> {
    let user = nix::unistd::User::from_uid(nix::unistd::Uid::from_raw(uid));
    Some(user.ok()??.name)
}

/// Where the first range that is long enough begins.
fn first(text: &str, uid: u32, name: Option<&str>) -> Option<u32> {
    text.lines().find_map(|line| {
        let mut fields = line.split(':');
        let user = fields.next()?;
        let start: u32 = fields.next()?.trim().parse().ok()?;
        let count: u32 = fields.next()?.trim().parse().ok()?;
        let is_own = Some(user) == name || user.parse() == Ok(uid);
        (is_own && count >= NEEDED && start.checked_add(NEEDED).is_some()).then_some(start)
    })
}

#[cfg(test)]
mod tests {
    use super::first;

    #[test]
    fn the_first_long_range_of_the_user_counts() {
        let text = "a:1:70000\nb:100000:65534\nb:200000:65536\n1000:300000:65535\nbroken\nb:9";
        assert_eq!(first(text, 7, Some("b")), Some(200_000));
        assert_eq!(first(text, 1000, None), Some(300_000));
        assert_eq!(first(text, 1000, Some("a")), Some(1));
        assert_eq!(first(text, 7, Some("c")), None);
        assert_eq!(first("b:4294967290:65536", 7, Some("b")), None);
    }
}
