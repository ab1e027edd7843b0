//! Where this process stands: in which user namespace, with which ids and powers.

use std::fmt;
use std::fs;
use std::sync::OnceLock;

use capctl::{Cap, CapState};
use serde::{Deserialize, Serialize};

/// The kernel's number of the user namespace that the machine starts with (`PROC_USER_INIT_INO`).
const FIRST_NAMESPACE: &str = "user:[4026531837]";
/// As many ids as an ordinary root file system may use.
const ENOUGH_IDS: u64 = 65536;

/// How foreign commands are kept from the host, and how exactly they can own what they make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Isolation {
    /// The caller is root: everything can be owned and made.
    #[serde(rename = "root")]
    Root,
    /// A user namespace with at least 65536 ids: every owner is real, devices are recorded.
    #[serde(rename = "subids")]
    SubordinateIds,
    /// A user namespace with a single id: every other owner, and every device, is recorded.
    #[serde(rename = "single")]
    SingleId,
}

impl Isolation {
    /// What this process can do as it stands; nothing if it cannot make sandboxes.
    pub fn current() -> Option<Isolation> {
        let powers = CapState::get_current().ok()?.effective;
        if !nix::unistd::geteuid().is_root() || !powers.has(Cap::SYS_ADMIN) {
            return None;
        }
        if is_first_namespace() {
            return Some(Isolation::Root);
        }
        let [users, groups] = IdMap::own();
        match users.count().min(groups.count()) {
            ENOUGH_IDS.. => Some(Isolation::SubordinateIds),
            _ => Some(Isolation::SingleId),
        }
    }

    /// Whether this is a user namespace other than the machine's first.
    pub fn is_namespace(self) -> bool {
        self != Isolation::Root
    }

    /// The word for it on the command line and in events.
    pub fn name(self) -> &'static str {
        match self {
            Isolation::Root => "root",
            Isolation::SubordinateIds => "subids",
            Isolation::SingleId => "single",
        }
    }
}

impl fmt::Display for Isolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What the owner and group of a file are outside of the namespace of this process: inside, the
/// caller's own files belong to root. [`UNKNOWN_OWNER`] for an id that the namespace does not have,
/// which the kernel shows as that of nobody.
pub fn outside_owner(uid: u32, gid: u32) -> (u32, u32) {
    static MAPS: OnceLock<Option<[IdMap; 2]>> = OnceLock::new();
    let maps = MAPS.get_or_init(|| (!is_first_namespace()).then(IdMap::own));
    let Some([users, groups]) = maps else {
        return (uid, gid);
    };
    let known = |id: &u32| *id != OVERFLOW_ID;
    let outside = |map: &IdMap, id| {
        let id = map.outside(id).filter(|_| known(&id));
        id.unwrap_or(UNKNOWN_OWNER)
    };
    (outside(users, uid), outside(groups, gid))
}

/// No id: what nobody can have.
pub const UNKNOWN_OWNER: u32 = u32::MAX;

/// The id of all files whose own is not in the namespace.
pub(super) const OVERFLOW_ID: u32 = 65534;

/// A name for what is made where this process stands, if only processes in the same place can use
/// it: owners on disk are those of the namespace.
pub fn place_name() -> Option<String> {
    let isolation = Isolation::current().filter(|isolation| isolation.is_namespace())?;
    let [users, groups] = IdMap::own();
    Some(format!("{isolation}-{}-{}", users.name(), groups.name()))
}

/// Whether this process is in the user namespace that the machine started with.
pub(super) fn is_first_namespace() -> bool {
    // A kernel without user namespaces has no other.
    fs::read_link("/proc/self/ns/user").map_or(true, |name| name.as_os_str() == FIRST_NAMESPACE)
}

/// Which ids of a user namespace are which ids outside (user_namespaces(7)).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct IdMap(Vec<Range>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Range {
    inside: u32,
    outside: u32,
    count: u32,
}

impl IdMap {
    /// The maps of this process: of users, of groups.
    pub(super) fn own() -> [IdMap; 2] {
        ["/proc/self/uid_map", "/proc/self/gid_map"].map(|path| {
            let text = fs::read_to_string(path).unwrap_or_default();
            IdMap::parse(&text)
        })
    }

    fn parse(text: &str) -> IdMap {
        let range = |line: &str| {
            let mut numbers = line.split_whitespace().map(|number| number.parse().ok());
            Some(Range {
                inside: numbers.next()??,
                outside: numbers.next()??,
                count: numbers.next()??,
            })
        };
        IdMap(text.lines().filter_map(range).collect())
    }

    /// How many ids there are.
    fn count(&self) -> u64 {
        self.0.iter().map(|range| u64::from(range.count)).sum()
    }

    /// What the id `inside` is outside of the namespace.
    pub(super) fn outside(&self, inside: u32) -> Option<u32> {
        self.0.iter().find_map(|range| {
            let offset = inside.checked_sub(range.inside)?;
            (offset < range.count).then(|| range.outside.wrapping_add(offset))
        })
    }

    /// The map of a namespace below this one with the same ids.
    pub(super) fn again(&self) -> String {
        let ranges = self.0.iter();
        let ranges =
            ranges.map(|range| format!("{} {} {}\n", range.inside, range.inside, range.count));
        ranges.collect()
    }

    /// A word that another map does not have, for the name of a file.
    fn name(&self) -> String {
        let ranges = self.0.iter();
        let ranges =
            ranges.map(|range| format!("{}.{}.{}", range.inside, range.outside, range.count));
        ranges.collect::<Vec<_>>().join("-")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_translated() {
        let map = IdMap::parse("         0       1000          1\n 1 100000 65535\n");
        assert_eq!(map.count(), 65536);
        for (inside, outside) in [
            (0, Some(1000)),
            (1, Some(100_000)),
            (65535, Some(165_534)),
            (65536, None),
        ] {
            assert_eq!(map.outside(inside), outside, "{inside}");
        }
        assert_eq!(map.name(), "0.1000.1-1.100000.65535");
        assert_eq!(map.again(), "0 0 1\n1 1 65535\n");
        assert_eq!(IdMap::parse("").outside(0), None);
    }
}
