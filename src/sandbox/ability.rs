//! What the kernel offers, asked without changing anything.

#![allow(
    unsafe_code,
    reason = "two system calls without a wrapper, which only ask"
)]

use std::ptr;

/// What seccomp(2) of this kernel can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seccomp {
    /// Whether system calls can be refused.
    pub filter: bool,
    /// Whether they can be answered by another process (seccomp_unotify(2)).
    pub notification: bool,
}

impl Seccomp {
    /// Asks the kernel.
    pub fn of_this_kernel() -> Seccomp {
        Seccomp {
            filter: has_action(libc::SECCOMP_RET_ERRNO),
            notification: has_action(libc::SECCOMP_RET_USER_NOTIF),
        }
    }
}

fn has_action(action: u32) -> bool {
    const NO_FLAGS: libc::c_uint = 0;
    // SAFETY: the kernel reads four bytes, which outlive the call, and changes nothing.
    let answer = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_GET_ACTION_AVAIL,
            NO_FLAGS,
            ptr::from_ref(&action),
        )
    };
    answer == 0
}

/// The version of Landlock; none if the kernel has it not, or has it turned off (landlock(7)).
pub fn landlock_version() -> Option<u32> {
    const ASK_VERSION: libc::c_uint = 1;
    // SAFETY: with this flag there are no attributes: the kernel takes a null pointer, makes
    // nothing, and gives a number.
    let answer = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            ptr::null::<u8>(),
            0_usize,
            ASK_VERSION,
        )
    };
    u32::try_from(answer).ok().filter(|version| *version > 0)
}
