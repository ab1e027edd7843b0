//! Who a process is, where the kernel has one user for all (credentials(7)).
//!
//! Processes hand what they are to those that they start, in ways that pid 1 does not see. So the
//! kernel carries it: a number in a limit of the process that means nothing else.

use rustix::io::{Errno, Result};

use crate::sandbox::syscall;
use crate::sandbox::user::Identity;

/// The kernel's limit (NGROUPS_MAX).
pub(super) const MOST_GROUPS: usize = 65536;
/// How many different ones there may be in one sandbox, and groups in all of them: nobody needs as many.
const MOST_CREDENTIALS: usize = 4096;
const MOST_MEMBERSHIPS: usize = 1 << 20;
/// "As it is", in an argument.
const SAME: u32 = u32::MAX;

/// The four users, or groups, that a process is at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Four {
    pub(super) real: u32,
    pub(super) effective: u32,
    pub(super) saved: u32,
    /// Whose the files are that it makes.
    pub(super) file: u32,
}

impl Four {
    fn all(id: u32) -> Four {
        Four {
            real: id,
            effective: id,
            saved: id,
            file: id,
        }
    }

    fn becoming(self, effective: u32) -> Four {
        Four {
            effective,
            file: effective,
            ..self
        }
    }

    /// setuid(2), setgid(2).
    pub(super) fn set(self, id: u32, may: bool) -> Result<Four> {
        match id {
            SAME => Err(Errno::INVAL),
            _ if may => Ok(Four::all(id)),
            _ if [self.real, self.saved].contains(&id) => Ok(self.becoming(id)),
            _ => Err(Errno::PERM),
        }
    }

    /// setreuid(2), setregid(2).
    pub(super) fn set_two(self, [real, effective]: [u32; 2], may: bool) -> Result<Four> {
        let allowed = |id, others: &[u32]| may || id == SAME || others.contains(&id);
        let Four {
            real: old, saved, ..
        } = self;
        if !allowed(real, &[old, self.effective])
            || !allowed(effective, &[old, self.effective, saved])
        {
            return Err(Errno::PERM);
        }
        let mut new = self.becoming(or(effective, self.effective));
        new.real = or(real, old);
        if real != SAME || effective != SAME && effective != old {
            new.saved = new.effective;
        }
        Ok(new)
    }

    /// setresuid(2), setresgid(2).
    pub(super) fn set_three(self, ids: [u32; 3], may: bool) -> Result<Four> {
        let own = [self.real, self.effective, self.saved];
        if !may && ids.iter().any(|id| *id != SAME && !own.contains(id)) {
            return Err(Errno::PERM);
        }
        let [real, effective, saved] = ids;
        Ok(Four {
            real: or(real, self.real),
            saved: or(saved, self.saved),
            ..self.becoming(or(effective, self.effective))
        })
    }

    /// setfsuid(2), setfsgid(2), which never fail.
    pub(super) fn set_file(self, id: u32, may: bool) -> Four {
        let own = [self.real, self.effective, self.saved];
        let file = match id {
            SAME => self.file,
            _ if may || own.contains(&id) => id,
            _ => self.file,
        };
        Four { file, ..self }
    }
}

fn or(id: u32, before: u32) -> u32 {
    if id == SAME { before } else { id }
}

/// What a process is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Credentials {
    pub(super) users: Four,
    pub(super) groups: Four,
    /// Supplementary groups.
    pub(super) memberships: Vec<u32>,
}

impl Credentials {
    /// Whether root's powers over files are its own, if it has kept them.
    pub(super) fn is_root(&self) -> bool {
        self.users.effective == 0 && self.users.file == 0
    }

    /// Whether it may make `before` the owner and group `after` without such powers (chown(2)).
    pub(super) fn may_give(&self, before: (u32, u32), after: (u32, u32)) -> bool {
        let is_own = self.users.file == before.0;
        let is_member = |group| self.groups.file == group || self.memberships.contains(&group);
        let user = after.0 == SAME || is_own && after.0 == before.0;
        let group = after.1 == SAME || is_own && (after.1 == before.1 || is_member(after.1));
        user && group
    }
}

/// All that there are in a sandbox; the command's own first.
pub(super) struct Accounts(Vec<Credentials>);

impl Accounts {
    pub(super) fn new(command: &Identity) -> Accounts {
        Accounts(vec![Credentials {
            users: Four::all(command.uid),
            groups: Four::all(command.gid),
            memberships: command.groups.clone(),
        }])
    }

    /// What the process is. Who sets that limit itself may be told that it is somebody else: there
    /// is nobody here from whom it could gain anything.
    pub(super) fn of(&self, process: u32) -> &Credentials {
        let number = syscall::lock_limit(process, None).unwrap_or(u64::MAX);
        let found = usize::try_from(number).ok().and_then(|at| self.0.get(at));
        found.unwrap_or(&self.0[0])
    }

    /// Makes the process that.
    pub(super) fn change(&mut self, process: u32, new: Credentials) -> Result<()> {
        let number = match self.0.iter().position(|known| *known == new) {
            Some(number) => number,
            None => {
                let memberships: usize = self.0.iter().map(|one| one.memberships.len()).sum();
                if self.0.len() >= MOST_CREDENTIALS
                    || memberships + new.memberships.len() > MOST_MEMBERSHIPS
                {
                    return Err(Errno::AGAIN);
                }
                self.0.push(new);
                self.0.len() - 1
            }
        };
        // Without a limit it is what the command is.
        let limit = if number == 0 { u64::MAX } else { number as u64 };
        let set = syscall::lock_limit(process, Some(limit)).map(|_| ());
        set.map_err(|_| Errno::AGAIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const APP: Four = Four {
        real: 7,
        effective: 7,
        saved: 7,
        file: 7,
    };

    fn numbers(four: Result<Four>) -> Result<[u32; 4]> {
        four.map(|four| [four.real, four.effective, four.saved, four.file])
    }

    #[test]
    fn root_becomes_whoever_it_likes_and_others_what_they_are() {
        let root = Four::all(0);
        assert_eq!(numbers(root.set(7, true)), Ok([7; 4]));
        assert_eq!(numbers(APP.set(0, false)), Err(Errno::PERM));
        assert_eq!(numbers(APP.set(SAME, true)), Err(Errno::INVAL));
        let away = root.set_three([SAME, 7, SAME], true).unwrap();
        assert_eq!(numbers(Ok(away)), Ok([0, 7, 0, 7]));
        assert_eq!(numbers(away.set(0, false)), Ok([0; 4]));
        assert_eq!(numbers(away.set(8, false)), Err(Errno::PERM));
        let swapped = away.set_two([7, 0], false);
        assert_eq!(numbers(swapped), Ok([7, 0, 0, 0]));
        assert_eq!(numbers(root.set_two([SAME, 7], true)), Ok([0, 7, 7, 7]));
        assert_eq!(numbers(root.set_two([SAME; 2], true)), Ok([0; 4]));
        assert_eq!(numbers(APP.set_two([8, SAME], false)), Err(Errno::PERM));
        assert_eq!(numbers(APP.set_three([7, SAME, 7], false)), Ok([7; 4]));
        assert_eq!(numbers(APP.set_three([7, 0, 7], false)), Err(Errno::PERM));
        assert_eq!(numbers(Ok(APP.set_file(0, false))), Ok([7; 4]));
        assert_eq!(numbers(Ok(root.set_file(7, true))), Ok([0, 0, 0, 7]));
        assert_eq!(numbers(Ok(root.set_file(SAME, true))), Ok([0; 4]));
    }

    #[test]
    fn users_give_their_own_files_to_their_own_groups() {
        let app = Credentials {
            users: APP,
            groups: APP,
            memberships: vec![9],
        };
        assert!(app.may_give((7, 0), (SAME, 9)));
        assert!(app.may_give((7, 0), (7, 0)));
        assert!(app.may_give((0, 0), (SAME, SAME)));
        assert!(!app.may_give((7, 7), (8, SAME)));
        assert!(!app.may_give((7, 7), (SAME, 10)));
        assert!(!app.may_give((8, 7), (SAME, 7)));
    }
}
