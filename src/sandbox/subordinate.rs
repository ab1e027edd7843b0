//! Ids that a user may use in namespaces (subuid(5), subgid(5)).

use std::fs;

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
            let text = fs::read_to_string(path).unwrap_or_default();
            first(&text, uid, name.as_deref())
        };
        match (find("/etc/subuid"), find("/etc/subgid")) {
            (Some(users), Some(groups)) => Ok(Subordinate { users, groups }),
            (users, _) => {
                let file = if users.is_none() {
                    "/etc/subuid"
                } else {
                    "/etc/subgid"
                };
                let user = name.unwrap_or_else(|| uid.to_string());
                Err(format!("{file} has no {NEEDED} ids for `{user}`"))
            }
        }
    }
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
