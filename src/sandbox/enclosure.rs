//! Work of our own on foreign data, which may change one folder only (landlock(7)).
//!
//! Whoever unpacks an archive opens every path inside its folder by descriptor. Should there be a
//! mistake in that, the kernel refuses what it would have led to. A thread is enclosed and not the
//! process, since the kernel never lets go: mounts of sandboxes would be forbidden, too.

use std::io;
use std::panic;
use std::path::Path;
use std::thread;

use landlock::{
    ABI, AccessFs, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError,
    path_beneath_rules,
};

/// Linux 6.2: with all that makes, removes, moves, cuts or writes files.
const ABI_OF_CHANGES: ABI = ABI::V3;

/// Does `work` on a thread that can make, write and remove files below `folder` alone. Threads and
/// processes that it starts are enclosed as well; what is open already stays usable, and reading is
/// free. Where the kernel cannot do that, the work is done as it is.
///
/// # Errors
/// When no thread can be started; nothing was done.
pub fn enclosed<T: Send>(folder: &Path, work: impl FnOnce() -> T + Send) -> io::Result<T> {
    thread::scope(|scope| {
        let enclosed = thread::Builder::new().spawn_scoped(scope, || {
            // A second lock on a door that is shut: without it the work goes on.
            let _ = enclose(folder);
            work()
        })?;
        let done = enclosed.join();
        Ok(done.unwrap_or_else(|panicked| panic::resume_unwind(panicked)))
    })
}

fn enclose(folder: &Path) -> Result<(), RulesetError> {
    let changes = AccessFs::from_write(ABI_OF_CHANGES);
    Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(changes)?
        .create()?
        .add_rules(path_beneath_rules([folder], changes))?
        .restrict_self()?;
    Ok(())
}
