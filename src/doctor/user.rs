//! Who builds.

use rustix::process::{getegid, geteuid};

use super::examination::Examination;
use super::host::Host;
use super::pending::within;
use super::text;

/// The user of this process.
#[derive(Debug, Clone)]
pub(super) struct User {
    pub(super) uid: u32,
    gid: u32,
    /// The name, or the number of a user without one.
    pub(super) name: String,
    /// Who it is outside of the user namespace, if this is not the first one.
    outside: Option<Outside>,
    /// Whether it may mount.
    can_mount: bool,
}

/// A user namespace that this process was started in.
#[derive(Debug, Clone, Copy)]
struct Outside {
    /// The number of the same user outside; none if it has none there.
    uid: Option<u32>,
    /// How many ids there are.
    ids: u64,
}

impl User {
    pub(super) fn current(host: &Host) -> User {
        let (uid, gid) = (geteuid().as_raw(), getegid().as_raw());
        let map = text::read(&host.proc.join("self/uid_map")).unwrap_or_default();
        User {
            uid,
            gid,
            // Users may be in a directory whose server is gone.
            name: within(host.patience, move || name(uid))
                .flatten()
                .unwrap_or_else(|| uid.to_string()),
            outside: outside(&map, uid),
            can_mount: can_mount(&text::read(&host.proc.join("self/status")).unwrap_or_default()),
        }
    }

    /// Whether it is root with the powers of root.
    pub(super) fn is_root(&self) -> bool {
        self.uid == 0 && self.can_mount
    }

    /// Whether it needs no ids of others: root stays where it is, or takes those that it has there
    /// into a namespace.
    pub(super) fn has_own_ids(&self) -> bool {
        const ENOUGH: u64 = 65536;
        let has_enough = self.outside.is_none_or(|outside| outside.ids >= ENOUGH);
        self.is_root() || (self.uid == 0 && has_enough)
    }

    /// A command as this user has to type it to have root carry it out.
    pub(super) fn as_root(&self, command: &str) -> String {
        match self.uid {
            0 => command.to_owned(),
            _ => format!("sudo {command}"),
        }
    }

    pub(super) fn examine(&self) -> Examination {
        let who = format!("{} (uid {}, gid {})", self.name, self.uid, self.gid);
        match (self.outside, self.is_root()) {
            (None, true) => Examination::ok("user", who, "can own and make everything"),
            (None, false) if self.uid == 0 => Examination::limited(
                "user",
                format!("{who} without the capability SYS_ADMIN"),
                "as in a container without privilege: may own everything, but not mount",
            ),
            (None, false) => Examination::ok(
                "user",
                who,
                "recipes that only copy, write and the like need no more; `isolation` has the rest",
            ),
            (Some(Outside { uid, ids }), _) => {
                let uid = uid.map_or("nobody".to_owned(), |uid| format!("uid {uid}"));
                let plural = if ids == 1 { "" } else { "s" };
                Examination::limited(
                    "user",
                    format!("{who} of a user namespace with {ids} id{plural}, {uid} outside"),
                    "as in a container without privilege: root's powers end at the namespace",
                )
            }
        }
    }
}

/// Whether the status of proc(5) has the capability SYS_ADMIN, number 21, among the effective ones.
fn can_mount(status: &str) -> bool {
    let effective = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let effective = effective.and_then(|set| u64::from_str_radix(set.trim(), 16).ok());
    effective.is_some_and(|set| set & (1 << 21) != 0)
}

fn name(uid: u32) -> Option<String> {
    let user = nix::unistd::User::from_uid(nix::unistd::Uid::from_raw(uid));
    Some(user.ok()??.name)
}

/// What a map of user_namespaces(7) says about `uid`; nothing in the first namespace, whose map is
/// that of all ids to themselves.
fn outside(map: &str, uid: u32) -> Option<Outside> {
    let number = |word: Option<&str>| word?.parse::<u32>().ok();
    let ranges: Vec<(u32, u32, u32)> = (map.lines())
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let mut next = || number(words.next());
            Some((next()?, next()?, next()?))
        })
        .collect();
    if ranges.is_empty() || ranges == [(0, 0, u32::MAX)] {
        return None;
    }
    let own = ranges.iter().find_map(|(inside, outside, count)| {
        let offset = uid.checked_sub(*inside)?;
        (offset < *count).then(|| outside.wrapping_add(offset))
    });
    Some(Outside {
        uid: own,
        ids: ranges.iter().map(|(_, _, count)| u64::from(*count)).sum(),
    })
}

#[cfg(test)]
mod tests {
    use super::{can_mount, outside};

    #[test]
    fn powers_are_read_from_the_status() {
        assert!(can_mount("Name:\tx\nCapEff:\t000001ffffffffff\n"));
        assert!(!can_mount("CapEff:\t00000000a80425fb\n"));
        assert!(!can_mount("CapEff:\tnonsense\n"));
        assert!(!can_mount(""));
    }

    #[test]
    fn a_map_tells_who_is_outside() {
        assert!(outside("         0          0 4294967295\n", 0).is_none());
        assert!(outside("", 0).is_none());
        assert!(outside("\0garbage", 0).is_none());
        let found = outside("0 1000 1\n1 100000 65535\n", 0).unwrap();
        assert_eq!((found.uid, found.ids), (Some(1000), 65536));
        let found = outside("0 1000 1\n", 65534).unwrap();
        assert_eq!((found.uid, found.ids), (None, 1));
        assert_eq!(outside("5 4294967295 4294967295", 7).unwrap().uid, Some(1));
    }
}
