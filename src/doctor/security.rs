//! What keeps system calls and paths from processes: seccomp(2), landlock(7).

use crate::sandbox::{Seccomp, landlock_version};

use super::examination::Examination;

pub(super) fn seccomp() -> Examination {
    const NAME: &str = "seccomp";
    match Seccomp::of_this_kernel() {
        Seccomp {
            filter: true,
            notification: true,
        } => Examination::ok(
            NAME,
            "filter and user notification",
            "system calls can be refused, and answered for a user with one id",
        ),
        Seccomp { filter: true, .. } => Examination::limited(
            NAME,
            "filter without user notification",
            "system calls cannot be answered for a user with one id (Linux 5.0)",
        ),
        Seccomp { filter: false, .. } => Examination::missing(
            NAME,
            "no filter",
            "system calls cannot be refused; the kernel is built without seccomp, or something forbids it",
        ),
    }
}

pub(super) fn landlock() -> Examination {
    const NAME: &str = "landlock";
    let meaning = "what unpacks layers and archives can change one folder only";
    match landlock_version() {
        Some(version) => Examination::ok(NAME, format!("ABI {version}"), meaning),
        None => Examination::missing(
            NAME,
            "not there, or turned off",
            "layers and archives are unpacked without this second guard",
        ),
    }
}
