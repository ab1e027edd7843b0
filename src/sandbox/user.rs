//! Who runs the command, as the root itself knows its users.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use rustix::fs::{CWD, FileType, Mode, OFlags, ResolveFlags, fstat, openat2};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use super::error::SandboxError;

/// The user and groups of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum User {
    /// By number, whether the root knows them or not.
    Id {
        /// User id.
        uid: u32,
        /// Group id.
        gid: u32,
        /// Supplementary groups.
        groups: Vec<u32>,
    },
    /// `USER[:GROUP]`, each a name or a number, looked up in the root's own `/etc/passwd` and
    /// `/etc/group`. Without a group: that of the user with all groups it is a member of; for a
    /// number that the root does not know, group 0.
    Name(String),
}

impl User {
    /// Root, without supplementary groups.
    pub const ROOT: User = User::Id {
        uid: 0,
        gid: 0,
        groups: Vec::new(),
    };
}

/// Account files are smaller; a hostile one may be endless.
const LONGEST_FILE: u64 = 16 << 20;
/// How often a file is opened that other renames disturb.
const ATTEMPTS: usize = 32;
/// The kernel's limit (NGROUPS_MAX).
const MOST_GROUPS: usize = 65536;

/// Numbers only.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) groups: Vec<u32>,
}

/// Looks the user up in the root of this process.
pub(super) fn resolve(user: &User) -> Result<Identity, SandboxError> {
    match user {
        User::Id { uid, gid, groups } => Ok(Identity {
            uid: *uid,
            gid: *gid,
            groups: groups.clone(),
        }),
        User::Name(text) => look_up(text, &read("/etc/passwd")?, &read("/etc/group")?),
    }
}

/// The text of an account file; nothing when there is none.
fn read(path: &str) -> Result<String, SandboxError> {
    let fail = |reason: String| SandboxError::AccountFile {
        path: PathBuf::from(path),
        reason,
    };
    // Never waits for the other end of a pipe.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
    let open = || openat2(CWD, path, flags, Mode::empty(), resolve);
    // Any rename on the host, while a `..` is walked, makes the kernel ask for another try
    // (openat2(2), EAGAIN).
    let opened = (0..ATTEMPTS)
        .map(|_| open())
        .find(|it| !matches!(it, Err(Errno::AGAIN)));
    let file = match opened.unwrap_or(Err(Errno::AGAIN)) {
        Err(Errno::NOENT) => return Ok(String::new()),
        other => other.map_err(|errno| fail(errno.to_string()))?,
    };
    let stat = fstat(&file).map_err(|errno| fail(errno.to_string()))?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(fail("it is no regular file".to_owned()));
    }
    let mut bytes = Vec::new();
    File::from(file)
        .take(LONGEST_FILE + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| fail(error.to_string()))?;
    if bytes.len() as u64 > LONGEST_FILE {
        return Err(fail("it is larger than 16 MiB".to_owned()));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn look_up(text: &str, passwd: &str, group: &str) -> Result<Identity, SandboxError> {
    let (user, wanted_group) = match text.split_once(':') {
        None => (text, None),
        Some((user, group)) => (user, Some(group)),
    };
    let account = passwd.lines().find_map(|line| account(line, user));
    let (name, uid, primary) = match (account, number(user)) {
        (Some(account), _) => account,
        (None, Some(uid)) => ("", uid, 0),
        (None, None) => {
            return Err(SandboxError::UnknownUser {
                user: user.to_owned(),
            });
        }
    };
    let groups = || group.lines().filter_map(group_entry);
    if let Some(wanted) = wanted_group {
        let found = groups().find(|entry| entry.name == wanted);
        let gid = found.map(|entry| entry.gid).or_else(|| number(wanted));
        let gid = gid.ok_or_else(|| SandboxError::UnknownGroup {
            group: wanted.to_owned(),
        })?;
        return Ok(Identity {
            uid,
            gid,
            groups: Vec::new(),
        });
    }
    let mut memberships: Vec<u32> = groups()
        .filter(|entry| !name.is_empty() && entry.members.split(',').any(|one| one == name))
        .map(|entry| entry.gid)
        .collect();
    memberships.sort_unstable();
    memberships.dedup();
    memberships.truncate(MOST_GROUPS);
    Ok(Identity {
        uid,
        gid: primary,
        groups: memberships,
    })
}

/// Name, user id and group id of a line of passwd(5), if it is about `user`: by its name, or by
/// its number when `user` is one.
fn account<'a>(line: &'a str, user: &str) -> Option<(&'a str, u32, u32)> {
    let mut fields = line.split(':');
    let name = fields.next().filter(|name| !name.is_empty())?;
    let uid = number(fields.nth(1)?)?;
    let gid = number(fields.next()?)?;
    (name == user || number(user) == Some(uid)).then_some((name, uid, gid))
}

struct GroupEntry<'a> {
    name: &'a str,
    gid: u32,
    members: &'a str,
}

/// A line of group(5).
fn group_entry(line: &str) -> Option<GroupEntry<'_>> {
    let mut fields = line.split(':');
    let name = fields.next()?;
    let gid = number(fields.nth(1)?)?;
    let members = fields.next().unwrap_or_default();
    Some(GroupEntry { name, gid, members })
}

/// An id. The last one means "unchanged" to the kernel, so nobody can have it.
fn number(text: &str) -> Option<u32> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let id: u32 = plain.then(|| text.parse().ok())??;
    (id != u32::MAX).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::{Identity, look_up};
    use crate::sandbox::SandboxError;

    const PASSWD: &str = "root:x:0:0::/root:/bin/sh\n\nbroken\napp:x:1000:1000::/:/bin/sh\n\
                          app:x:7:7::/:/bin/sh\n12:x:34:34::/:\nbig:x:4294967295:0::/:";
    const GROUP: &str = "root:x:0:\nwheel:x:10:app,root\naudio:x:9:app\napp:x:1000:";

    fn found(text: &str) -> (u32, u32, Vec<u32>) {
        let Identity { uid, gid, groups } = look_up(text, PASSWD, GROUP).unwrap();
        (uid, gid, groups)
    }

    #[test]
    fn users_are_found_by_name_and_number() {
        assert_eq!(found("app"), (1000, 1000, vec![9, 10]), "the first of two");
        assert_eq!(found("1000"), (1000, 1000, vec![9, 10]));
        assert_eq!(found("12"), (34, 34, vec![]), "a name of digits");
        assert_eq!(found("4711"), (4711, 0, vec![]));
        assert_eq!(found("app:wheel"), (1000, 10, vec![]));
        assert_eq!(found("5:77"), (5, 77, vec![]));
    }

    #[test]
    fn unknown_users_are_refused() {
        let user = |text: &str| SandboxError::UnknownUser {
            user: text.to_owned(),
        };
        for text in ["nobody", "", "4294967295", "4294967296", "-1", "big", "+5"] {
            assert_eq!(look_up(text, PASSWD, GROUP), Err(user(text)));
        }
        let group = SandboxError::UnknownGroup {
            group: String::new(),
        };
        assert_eq!(look_up("app:", PASSWD, GROUP), Err(group));
    }
}
