//! The step that makes users and groups, in the root's own files.
//!
//! What useradd(8) and groupadd(8) would do with these options, without running anything of the
//! root: lines are added to `/etc/passwd` and `/etc/group`, and to `/etc/shadow` and
//! `/etc/gshadow` where the root has them. Nobody can log in with a password. No line holds a date.

mod database;
mod error;

use std::collections::BTreeSet;
use std::io::Write;
use std::ops::RangeInclusive;

use crate::plan::{AccountsAction, BytePath, GroupAction, UserAction};

use super::ExecuteError;
use super::editor::{Editor, Ownership, Present};
use super::error::shown;

pub(super) use database::Database;
pub use database::DatabaseError;
pub use error::AccountsError;

/// Numbers of users and groups that the system needs (login.defs(5) of Debian: `SYS_UID_MIN`,
/// `SYS_UID_MAX`).
const SYSTEM: RangeInclusive<u32> = 100..=999;
/// All others (`UID_MIN`, `UID_MAX`).
const REGULAR: RangeInclusive<u32> = 1000..=60_000;

/// Shell of a user without one.
const NO_SHELL: &str = "/sbin/nologin";

/// Makes the users and groups.
pub(super) fn accounts(action: &AccountsAction, editor: &mut Editor) -> Result<(), ExecuteError> {
    let mut files = Files::read(action, editor)?;
    for group in &action.groups {
        files.group(group)?;
    }
    let mut homes = Vec::new();
    for user in &action.users {
        if let Some((uid, gid)) = files.user(user)?
            && user.create_home
        {
            homes.push((user, uid, gid));
        }
    }
    // Members may be users that were only made now.
    for group in &action.groups {
        for member in &group.members {
            if files.passwd.find(member).is_none() {
                return Err(unknown("user", member, &group.name).into());
            }
            files.add_member(&group.name, member);
        }
    }
    files.write(editor)?;
    for (user, uid, gid) in homes {
        home(user, uid, gid, editor)?;
    }
    Ok(())
}

/// The files, and numbers that are promised.
struct Files {
    passwd: Database,
    group: Database,
    shadow: Option<Database>,
    gshadow: Option<Database>,
    /// Numbers that the recipe gives to somebody: nobody else gets them for being free.
    uids: BTreeSet<u32>,
    gids: BTreeSet<u32>,
}

impl Files {
    fn read(action: &AccountsAction, editor: &Editor) -> Result<Self, AccountsError> {
        let read = |path| Database::read(editor.tree(), path);
        let passwd = read("etc/passwd")?;
        let group = read("etc/group")?;
        // A root that lives without them is not given them; one with nothing at all gets all four.
        let shadow = Some(read("etc/shadow")?).filter(|file| file.exists || !passwd.exists);
        let gshadow = Some(read("etc/gshadow")?).filter(|file| file.exists || !group.exists);
        // Of two files in one place the second would be written over the first.
        let mut paths = BTreeSet::new();
        for file in [
            Some(&passwd),
            Some(&group),
            shadow.as_ref(),
            gshadow.as_ref(),
        ] {
            if let Some(file) = file
                && !paths.insert(&file.path)
            {
                let path = shown(&file.path);
                return Err(AccountsError::Shared { path });
            }
        }
        Ok(Self {
            passwd,
            group,
            shadow,
            gshadow,
            uids: action.users.iter().filter_map(|user| user.uid).collect(),
            // A user without a group gets one of the same number.
            gids: (action.groups.iter().filter_map(|group| group.gid))
                .chain(
                    (action.users.iter())
                        .filter(|user| user.group.is_none())
                        .filter_map(|user| user.uid),
                )
                .collect(),
        })
    }

    fn group(&mut self, group: &GroupAction) -> Result<(), AccountsError> {
        if let Some(line) = self.group.find(&group.name) {
            return match group.gid {
                Some(gid) if line.id(2) != Some(gid) => {
                    let wanted = gid.to_string();
                    Err(differs("group", &group.name, "gid", line.text(2), wanted))
                }
                _ => Ok(()),
            };
        }
        let gid = match group.gid {
            Some(gid) => {
                self.check_gid(gid, &group.name)?;
                gid
            }
            None => {
                let taken = self.taken_gids();
                lowest("gid", group.system, &group.name, |gid| !taken.contains(gid))?
            }
        };
        self.add_group(&group.name, gid);
        Ok(())
    }

    /// Makes a user; gives the numbers of one that was not there.
    fn user(&mut self, user: &UserAction) -> Result<Option<(u32, u32)>, AccountsError> {
        let group = match &user.group {
            Some(group) => Some(self.gid(group, &user.name)?),
            None => self.group.find(&user.name).and_then(|line| line.id(2)),
        };
        for group in &user.groups {
            self.gid(group, &user.name)?;
        }
        let made = match self.passwd.find(&user.name) {
            Some(_) => {
                self.check_user(user, group)?;
                None
            }
            None => Some(self.add_user(user, group)?),
        };
        for group in &user.groups {
            self.add_member(group, &user.name);
        }
        Ok(made)
    }

    /// Fails if a user that is there is not what the recipe says.
    fn check_user(&self, user: &UserAction, group: Option<u32>) -> Result<(), AccountsError> {
        let Some(line) = self.passwd.find(&user.name) else {
            return Ok(());
        };
        let gid = user.group.as_ref().and(group);
        let text = |text: Option<&String>| text.cloned();
        for (field, what, wanted) in [
            (2, "uid", user.uid.map(|uid| uid.to_string())),
            (3, "gid", gid.map(|gid| gid.to_string())),
            (4, "comment", text(user.comment.as_ref())),
            (5, "home", user.home.as_ref().map(BytePath::to_string)),
            (6, "shell", text(user.shell.as_ref())),
        ] {
            match wanted {
                Some(wanted) if line.text(field) != wanted => {
                    let found = line.text(field);
                    return Err(differs("user", &user.name, what, found, wanted));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn add_user(
        &mut self,
        user: &UserAction,
        group: Option<u32>,
    ) -> Result<(u32, u32), AccountsError> {
        let usual_home = || match user.system {
            true => "/".to_owned(),
            false => format!("/home/{}", user.name),
        };
        let home = user
            .home
            .as_ref()
            .map_or_else(usual_home, BytePath::to_string);
        let shell = user.shell.as_deref().unwrap_or(NO_SHELL);
        let comment = user.comment.as_deref().unwrap_or_default();
        for (field, text) in [("home", &*home), ("shell", shell), ("comment", comment)] {
            if text.contains(|c: char| c == ':' || c.is_control()) {
                let name = user.name.clone();
                return Err(AccountsError::Field { field, name });
            }
        }
        let uid = match user.uid {
            Some(uid) => {
                if let Some(other) = self.uid_owner(uid) {
                    return Err(taken("uid", uid, &user.name, other));
                }
                uid
            }
            None => {
                let users = self.passwd.all().filter_map(|line| line.id(2));
                let mut taken: BTreeSet<u32> = users.chain(self.uids.iter().copied()).collect();
                // A group of the user's own shall have the same number.
                if group.is_none() {
                    taken.append(&mut self.taken_gids());
                }
                lowest("uid", user.system, &user.name, |id| !taken.contains(id))?
            }
        };
        let gid = match group {
            Some(gid) => gid,
            None => {
                self.check_gid(uid, &user.name)?;
                self.add_group(&user.name, uid);
                uid
            }
        };
        let name = &user.name;
        let password = if self.shadow.is_some() { "x" } else { "!" };
        (self.passwd).add(&format!(
            "{name}:{password}:{uid}:{gid}:{comment}:{home}:{shell}"
        ));
        if let Some(shadow) = &mut self.shadow
            && shadow.find(name).is_none()
        {
            shadow.add(&format!("{name}:!:::::::"));
        }
        Ok((uid, gid))
    }

    fn add_group(&mut self, name: &str, gid: u32) {
        let password = if self.gshadow.is_some() { "x" } else { "!" };
        self.group.add(&format!("{name}:{password}:{gid}:"));
        if let Some(gshadow) = &mut self.gshadow
            && gshadow.find(name).is_none()
        {
            gshadow.add(&format!("{name}:!::"));
        }
    }

    fn add_member(&mut self, group: &str, member: &str) {
        self.group.add_member(group, member);
        if let Some(gshadow) = &mut self.gshadow {
            gshadow.add_member(group, member);
        }
    }

    fn gid(&self, group: &str, wanted_by: &str) -> Result<u32, AccountsError> {
        let line = self.group.find(group);
        (line.and_then(|line| line.id(2))).ok_or_else(|| unknown("group", group, wanted_by))
    }

    fn uid_owner(&self, uid: u32) -> Option<String> {
        let owner = self.passwd.all().find(|line| line.id(2) == Some(uid));
        owner.map(|line| line.text(0))
    }

    /// Also a user whose group has no name has its number.
    fn taken_gids(&self) -> BTreeSet<u32> {
        let groups = self.group.all().filter_map(|line| line.id(2));
        let users = self.passwd.all().filter_map(|line| line.id(3));
        groups
            .chain(users)
            .chain(self.gids.iter().copied())
            .collect()
    }

    fn check_gid(&self, gid: u32, name: &str) -> Result<(), AccountsError> {
        let mut groups = self.group.all();
        match groups.find(|line| line.id(2) == Some(gid)) {
            Some(other) => Err(taken("gid", gid, name, other.text(0))),
            None => Ok(()),
        }
    }

    fn write(self, editor: &mut Editor) -> Result<(), ExecuteError> {
        let files = [
            (Some(self.passwd), 0o644),
            (Some(self.group), 0o644),
            (self.shadow, 0o600),
            (self.gshadow, 0o600),
        ];
        for (file, mode) in files {
            let Some(file) = file.filter(|file| file.is_changed) else {
                continue;
            };
            let (uid, gid) = (0, 0);
            let found = editor.ownership(&file.path)?;
            let wanted = found.unwrap_or(Ownership { uid, gid, mode });
            let mut to = editor.file(&file.path, wanted)?;
            (to.write_all(file.text())).map_err(|source| ExecuteError::Write {
                path: shown(&file.path),
                source,
            })?;
            drop(to);
            editor.seal(&file.path, wanted)?;
        }
        Ok(())
    }
}

/// Makes the home of a new user; one that is there is left as it is, as useradd does it.
fn home(user: &UserAction, uid: u32, gid: u32, editor: &mut Editor) -> Result<(), ExecuteError> {
    let usual = || BytePath::from(&*format!("/home/{}", user.name));
    let path = match (&user.home, user.system) {
        (Some(home), _) => home.clone(),
        (None, false) => usual(),
        (None, true) => return Ok(()),
    };
    let place = editor.follow(&path)?;
    match editor.present(&place)? {
        Present::Nothing => {
            let mode = 0o700;
            editor.directory(&place, Ownership { uid, gid, mode })
        }
        present if present.is_directory() => Ok(()),
        _ => Err(AccountsError::Home {
            path: path.to_string(),
            name: user.name.clone(),
        }
        .into()),
    }
}

/// The lowest number of the right range that is free.
fn lowest(
    what: &'static str,
    system: bool,
    name: &str,
    free: impl Fn(&u32) -> bool,
) -> Result<u32, AccountsError> {
    let range = if system { SYSTEM } else { REGULAR };
    let (first, last) = (*range.start(), *range.end());
    range.into_iter().find(free).ok_or_else(|| {
        let name = name.to_owned();
        AccountsError::NoneFree {
            what,
            first,
            last,
            name,
        }
    })
}

fn differs(
    kind: &'static str,
    name: &str,
    what: &'static str,
    found: String,
    wanted: String,
) -> AccountsError {
    AccountsError::Differs {
        kind,
        name: name.to_owned(),
        what,
        found,
        wanted,
    }
}

fn taken(what: &'static str, id: u32, name: &str, other: String) -> AccountsError {
    AccountsError::Taken {
        what,
        id,
        name: name.to_owned(),
        other,
    }
}

fn unknown(kind: &'static str, name: &str, wanted_by: &str) -> AccountsError {
    AccountsError::Unknown {
        kind,
        name: name.to_owned(),
        wanted_by: wanted_by.to_owned(),
    }
}
