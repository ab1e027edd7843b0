//! Ids that a user may use in namespaces (subuid(5), subgid(5)), and the programs that map them.

use std::fs::Metadata;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::distribution::{Distribution, Package};
use super::examination::Examination;
use super::host::{Host, find};
use super::text;
use super::user::User;

/// Ids besides the user's own that a root file system needs.
const NEEDED: u32 = 65535;

/// The attribute with the capabilities of a program (capabilities(7)).
const CAPABILITIES: &str = "security.capability";

/// Whether there are enough ids for the user.
pub(super) fn ids(host: &Host, user: &User) -> Examination {
    const NAME: &str = "subordinate-ids";
    let (users, users_fault) = found(&host.subordinate_users, user);
    let (groups, groups_fault) = found(&host.subordinate_groups, user);
    if users >= NEEDED && groups >= NEEDED {
        let found = format!("{users} users, {groups} groups");
        return Examination::ok(NAME, found, "a user namespace can hold every usual owner");
    }
    let (path, count, fault) = match users < NEEDED {
        true => (&host.subordinate_users, users, users_fault),
        false => (&host.subordinate_groups, groups, groups_fault),
    };
    let found = match fault {
        Some(fault) => format!("cannot read {}: {fault}", path.display()),
        None => format!("{} has {count} for `{}`", path.display(), user.name),
    };
    if user.has_own_ids() {
        let meaning = "of no matter to root, who has ids of its own";
        return Examination::ok(NAME, found, meaning);
    }
    let mut command = "usermod".to_owned();
    for (option, path, count) in [
        ("--add-subuids", &host.subordinate_users, users),
        ("--add-subgids", &host.subordinate_groups, groups),
    ] {
        if count < NEEDED {
            let start = free(&text::read(path).unwrap_or_default());
            let Some(start) = start else { continue };
            command.push_str(&format!(" {option} {start}-{}", start + NEEDED));
        }
    }
    let command = user.as_root(&format!("{command} {}", user.name));
    Examination::missing(
        NAME,
        found,
        format!("fewer than {NEEDED}: files of other owners are not real in a user namespace"),
    )
    .cured_by(command)
}

/// The longest range of the user, and why it is not known.
fn found(path: &Path, user: &User) -> (u32, Option<String>) {
    match text::read(path) {
        Ok(text) => (longest(&text, user.uid, &user.name), None),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => (0, None),
        Err(error) => (0, Some(error.to_string())),
    }
}

/// Owner, first id and length of each line that has them.
fn ranges(text: &str) -> impl Iterator<Item = (&str, u32, u32)> {
    text.lines().filter_map(|line| {
        let mut fields = line.split(':');
        let owner = fields.next()?;
        let mut number = || fields.next()?.trim().parse::<u32>().ok();
        let (start, count) = (number()?, number()?);
        start.checked_add(count)?;
        Some((owner, start, count))
    })
}

fn longest(text: &str, uid: u32, name: &str) -> u32 {
    let own = ranges(text).filter(|(owner, ..)| *owner == name || owner.parse() == Ok(uid));
    own.map(|(_, _, count)| count).max().unwrap_or(0)
}

/// The first id behind all others that are given away, as useradd(8) begins with.
fn free(text: &str) -> Option<u32> {
    let end = ranges(text).map(|(_, start, count)| start + count).max();
    let start = end.unwrap_or(0).max(100_000);
    start.checked_add(NEEDED).map(|_| start)
}

/// Whether there are programs that put these ids into a namespace, and whether they can.
pub(super) fn programs(host: &Host, distribution: &Distribution, user: &User) -> Examination {
    const NAME: &str = "id-mapping";
    let lacking = ["newuidmap", "newgidmap"].into_iter().find_map(|name| {
        let Some(path) = host.find(name).or_else(|| find(&usual(), name)) else {
            return Some((name, None));
        };
        let powerful = path
            .metadata()
            .is_ok_and(|found| is_powerful(&path, &found));
        (!powerful).then_some((name, Some(path)))
    });
    let Some((program, path)) = lacking else {
        let meaning = "put subordinate ids into a user namespace";
        return Examination::ok(NAME, "newuidmap and newgidmap", meaning);
    };
    let (found, cure) = match path {
        None => (
            format!("no {program}"),
            distribution.install(Package::IdMapping),
        ),
        Some(path) => {
            let is_roots = path.metadata().is_ok_and(|found| found.uid() == 0);
            let path = path.display();
            let found = format!("{path} is neither set-user-id root nor has capabilities");
            // What belongs to somebody else shall not get root's powers.
            (found, is_roots.then(|| format!("chmod u+s {path}")))
        }
    };
    if user.has_own_ids() {
        return Examination::ok(NAME, found, "of no matter to root");
    }
    let cure = cure.map(|command| user.as_root(&command));
    Examination::missing(NAME, found, "subordinate ids cannot be used").cured_by(cure)
}

/// Where they are even if the path does not say so.
fn usual() -> Vec<PathBuf> {
    ["/usr/bin", "/bin", "/usr/local/bin"]
        .map(PathBuf::from)
        .to_vec()
}

fn is_powerful(path: &Path, found: &Metadata) -> bool {
    let set_user_id = found.permissions().mode() & 0o4000 != 0 && found.uid() == 0;
    let mut attribute = [0_u8; 64];
    set_user_id
        || rustix::fs::getxattr(path, CAPABILITIES, &mut attribute).is_ok_and(|size| size > 0)
}

#[cfg(test)]
mod tests {
    use super::{free, longest};

    #[test]
    fn ids_are_found_by_name_and_by_number() {
        let text =
            "a:1:70000\nb:100000:65534\nb:200000:65536\n1000:300000:65535\nbroken\nb:9\n\0:1:2\n";
        assert_eq!(longest(text, 7, "b"), 65536);
        assert_eq!(longest(text, 1000, "nobody"), 65535);
        assert_eq!(longest(text, 7, "c"), 0);
        assert_eq!(longest("b:4294967290:65536", 7, "b"), 0);
    }

    #[test]
    fn new_ids_are_nobody_elses() {
        assert_eq!(free(""), Some(100_000));
        assert_eq!(free("a:100000:65536\nb:165536:65536\n"), Some(231_072));
        assert_eq!(free("a:4294901760:65535"), None);
    }
}
