//! Whether this user may make user namespaces.

use super::examination::Examination;
use super::host::Host;
use super::text;
use super::trials::Trials;
use super::user::User;

const NAME: &str = "user-namespaces";

/// Settings of the kernel that forbid them: its name, the value that does, and the one that does not.
const SETTINGS: [(&str, &str, &str); 3] = [
    ("user.max_user_namespaces", "0", "65536"),
    ("kernel.unprivileged_userns_clone", "0", "1"),
    ("kernel.apparmor_restrict_unprivileged_userns", "1", "0"),
];

pub(super) fn examine(host: &Host, user: &User, trials: &Trials) -> Examination {
    let Some(failure) = &trials.user_namespace.failure else {
        return Examination::ok(
            NAME,
            "can be made",
            "a user can be kept from the host in one",
        );
    };
    // The last two are about users without privilege.
    let settings = SETTINGS
        .iter()
        .take(if user.is_root() { 1 } else { SETTINGS.len() });
    let mut settings =
        settings.filter(|(name, forbids, _)| host.setting(name).as_deref() == Some(*forbids));
    let meaning = match user.is_root() {
        true => "of no matter to root",
        false => "this user's commands cannot be kept from the host",
    };
    if let Some((name, forbids, allows)) = settings.next() {
        let found = match failure.reason.contains(name) {
            true => failure.reason.clone(),
            false => format!("{} ({name} is {forbids})", failure.reason),
        };
        let cure = user.as_root(&format!("sysctl -w {name}={allows}"));
        return Examination::missing(NAME, found, meaning).cured_by(cure);
    }
    let found = match is_filtered(host) {
        true => format!(
            "{} (under a seccomp profile, as in a container)",
            failure.reason
        ),
        false => failure.reason.clone(),
    };
    Examination::missing(NAME, found, meaning)
}

/// Whether somebody has put this process under a seccomp filter.
pub(super) fn is_filtered(host: &Host) -> bool {
    let status = text::read(&host.proc.join("self/status")).unwrap_or_default();
    let mut lines = status.lines();
    lines.any(|line| line.strip_prefix("Seccomp:").map(str::trim) == Some("2"))
}
