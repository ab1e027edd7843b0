//! Why there is no isolation, and what would make one.

use std::fmt;
use std::fs;

use super::error::SystemError;
use super::probe::{MAP, PROC};

/// Why this user cannot run foreign commands on this host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    reason: String,
    cure: String,
}

/// Settings of the kernel that forbid user namespaces: file, value, what it is called and set to.
const SETTINGS: [(&str, &str, &str, &str); 3] = [
    (
        "/proc/sys/kernel/unprivileged_userns_clone",
        "0",
        "kernel.unprivileged_userns_clone",
        "`sysctl -w kernel.unprivileged_userns_clone=1`",
    ),
    (
        "/proc/sys/user/max_user_namespaces",
        "0",
        "user.max_user_namespaces",
        "`sysctl -w user.max_user_namespaces=65536`",
    ),
    (
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "kernel.apparmor_restrict_unprivileged_userns",
        "`sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`, or give onelayer an AppArmor \
         profile with `userns,`",
    ),
];

/// Options of engines with which nothing of a container's `/proc` is covered.
pub const UNCOVERED: &str = "`--security-opt unmask=ALL` (podman) or \
     `--security-opt systempaths=unconfined` (docker), or with `--privileged`";

impl Refusal {
    pub(super) fn new(reason: impl Into<String>, cure: impl Into<String>) -> Refusal {
        Refusal {
            reason: reason.into(),
            cure: cure.into(),
        }
    }

    /// The kernel refused `operation`: looks for the setting that made it.
    pub(super) fn by_kernel(operation: &str, source: SystemError) -> Refusal {
        let value = |path: &str| fs::read_to_string(path).unwrap_or_default();
        for (path, forbids, name, cure) in SETTINGS {
            if value(path).trim() == forbids {
                let reason = format!("cannot {operation}: {source}; {name} is {forbids}");
                return Refusal::new(reason, format!("{cure} as root, or run it as root"));
            }
        }
        let reason = format!("cannot {operation}: {source}");
        if operation == PROC {
            let reason = format!(
                "{reason}; parts of `/proc` are covered, as in a container, and what is left of it cannot be \
                 mounted again"
            );
            return Refusal::new(reason, format!("start the container with {UNCOVERED}"));
        }
        if operation == MAP && nix::unistd::geteuid().is_root() {
            let cure = "run it as an ordinary user, or with the capability SETFCAP, without which \
                        root cannot be root of a user namespace";
            return Refusal::new(reason, cure);
        }
        let status = value("/proc/self/status");
        let filtered = status
            .lines()
            .any(|line| line.strip_prefix("Seccomp:").map(str::trim) == Some("2"));
        let cure = if filtered {
            "this process is under a seccomp profile, as in a container: start that with \
             `--security-opt seccomp=unconfined`, or with `--privileged`"
        } else {
            "run it as root, or let this user make user namespaces"
        };
        Refusal::new(reason, cure)
    }

    /// What would make it work.
    pub fn cure(&self) -> &str {
        &self.cure
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Refusal {}
