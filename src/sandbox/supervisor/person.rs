//! Tells a process who it is, and lets it become another.

use rustix::io::{Errno, Result};

use super::Supervisor;
use super::call::{Asked, Ids, Whose};
use super::credentials::{Credentials, Four, MOST_GROUPS};
use super::process::Process;

impl Credentials {
    fn of(&mut self, whose: Whose) -> &mut Four {
        match whose {
            Whose::Users => &mut self.users,
            Whose::Groups => &mut self.groups,
        }
    }
}

impl Supervisor {
    /// Answers what a process asks about itself; the number is what the call returns.
    pub(super) fn answer_person(
        &mut self,
        (asked, ids): (Asked, Ids),
        arguments: &[u64; 6],
        process: Process<'_>,
        still: &dyn Fn() -> Result<()>,
    ) -> Result<i64> {
        let mut person = self.accounts.of(process.thread).clone();
        let [first, second, third, ..] = *arguments;
        let id = |argument| ids.read(argument);
        // What root may, with its own capabilities.
        let may = |whose| {
            let standing = process.standing()?;
            Ok(person.users.effective == 0
                && match whose {
                    Whose::Users => standing.may_become_users(),
                    Whose::Groups => standing.may_join_groups(),
                })
        };
        let mut answer = 0;
        match asked {
            Asked::Real(whose) => return Ok(ids.tell(person.of(whose).real).into()),
            Asked::Effective(whose) => return Ok(ids.tell(person.of(whose).effective).into()),
            Asked::Three(whose) => {
                let four = *person.of(whose);
                let three = [four.real, four.effective, four.saved];
                still()?;
                for (address, id) in [first, second, third].into_iter().zip(three) {
                    process.write(address, &ids.to_bytes(&[id]))?;
                }
                return Ok(0);
            }
            Asked::Memberships => {
                let count = i32::try_from(person.memberships.len()).unwrap_or(i32::MAX);
                // The kernel's is an `int`.
                let room = first as i32;
                if room < 0 || room > 0 && room < count {
                    return Err(Errno::INVAL);
                }
                if room > 0 {
                    still()?;
                    process.write(second, &ids.to_bytes(&person.memberships))?;
                }
                return Ok(count.into());
            }
            Asked::Set(whose) => {
                let may = may(whose)?;
                let four = person.of(whose);
                *four = four.set(id(first), may)?;
            }
            Asked::SetTwo(whose) => {
                let may = may(whose)?;
                let four = person.of(whose);
                *four = four.set_two([id(first), id(second)], may)?;
            }
            Asked::SetThree(whose) => {
                let may = may(whose)?;
                let four = person.of(whose);
                *four = four.set_three([id(first), id(second), id(third)], may)?;
            }
            Asked::SetFile(whose) => {
                let may = may(whose)?;
                let four = person.of(whose);
                answer = ids.tell(four.file).into();
                *four = four.set_file(id(first), may);
            }
            Asked::SetMemberships => {
                if !may(Whose::Groups)? {
                    return Err(Errno::PERM);
                }
                let count = first as u32 as usize;
                if count > MOST_GROUPS {
                    return Err(Errno::INVAL);
                }
                let bytes = process.bytes(second, count * ids.size())?;
                person.memberships = ids.read_all(&bytes);
                // As the kernel keeps them.
                person.memberships.sort_unstable();
            }
        }
        still()?;
        self.accounts.change(process.thread, person)?;
        Ok(answer)
    }
}
