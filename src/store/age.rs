//! When things in the store were made and last used, for those who list and prune. The only place
//! here that sees the clock.

use std::fs::File;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What is used is marked as used again after this time.
const MARK_AFTER: Duration = Duration::from_secs(3600);

/// Seconds since 1970.
#[expect(clippy::disallowed_methods, reason = "no digest sees this time")]
pub fn now() -> u64 {
    seconds(SystemTime::now())
}

/// Sets the time of a file to now.
#[expect(clippy::disallowed_methods, reason = "no digest sees this time")]
pub(super) fn mark_used(file: &File) {
    // What is not marked may be pruned too early, and made again.
    let _ = file.set_modified(SystemTime::now());
}

/// As [`mark_used`], unless that was done within the hour.
#[expect(clippy::disallowed_methods, reason = "no digest sees this time")]
pub(super) fn mark_used_again(file: &File, before: SystemTime) {
    let age = SystemTime::now().duration_since(before);
    if age.unwrap_or_default() > MARK_AFTER {
        mark_used(file);
    }
}

/// Seconds since 1970.
pub(super) fn seconds(time: SystemTime) -> u64 {
    (time.duration_since(UNIX_EPOCH)).map_or(0, |since| since.as_secs())
}
