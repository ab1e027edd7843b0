//! Whether the cache's file system can be the upper layer of an overlay.

use super::examination::Examination;
use super::host::Host;
use super::trials::Trials;
use super::user::User;

pub(super) fn examine(_host: &Host, user: &User, trials: &Trials) -> Examination {
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
        ),
    }
}
