//! Whether the cache's file system can be the upper layer of an overlay.

use std::path::Path;

use super::examination::Examination;
use super::host::Host;
use super::pending::within;
use super::room::Room;
use super::trials::Trials;
use super::user::User;

pub(super) fn examine(host: &Host, user: &User, trials: &Trials) -> Examination {
    const NAME: &str = "overlay";
    let reason = |answer: &crate::sandbox::Answer| {
        let failure = answer.failure.as_ref();
        failure.map(|failure| failure.reason.clone())
    };
    let meaning = "steps that run commands change a layer over the root";
    match (reason(&trials.overlay), reason(&trials.user_overlay)) {
        (None, None) => Examination::ok(NAME, "with and without `userxattr`", meaning),
        (None, Some(reason)) if user.is_root() => {
            Examination::ok(NAME, format!("without `userxattr` ({reason})"), meaning)
        }
        (Some(reason), None) if !user.is_root() => Examination::ok(
            NAME,
            format!("with `userxattr` ({reason} without)"),
            meaning,
        ),
        (Some(reason), None) => {
            let found = format!("with `userxattr` only ({reason} without)");
            Examination::limited(NAME, found, meaning)
        }
        (_, Some(reason)) => Examination::missing(
            NAME,
            reason,
            "steps that run commands need a cache on ext4, xfs, btrfs or tmpfs, that is no overlay itself",
        )
        .cured_by(elsewhere(host)),
    }
}

/// Folders of every host, in the order in which they are fit for a cache.
const PLACES: [&str; 3] = ["/var/tmp", "/tmp", "/dev/shm"];

/// Names a place that is no overlay, if the cache is on one.
fn elsewhere(host: &Host) -> Option<String> {
    let cache = host.cache_directory.clone();
    let place = within(host.patience, move || {
        let fit =
            |place: &Path| Room::at(place).is_ok_and(|room| !room.is_overlay && !room.is_short());
        let is_overlay = Room::at(&cache).is_ok_and(|room| room.is_overlay);
        let places = PLACES.into_iter().filter(|_| is_overlay);
        places
            .map(Path::new)
            .find(|place| place.is_dir() && fit(place))
    });
    let place = place.flatten()?;
    Some(format!(
        "export ONELAYER_CACHE_DIR={}/onelayer",
        place.display()
    ))
}
