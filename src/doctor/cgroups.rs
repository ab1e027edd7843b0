//! Whether limits could be set (cgroups(7)).

use rustix::fs::{Access, access};

use super::examination::Examination;
use super::host::Host;
use super::text;

pub(super) fn examine(host: &Host) -> Examination {
    const NAME: &str = "cgroups";
    let meaning = "this version of onelayer sets no limits, so nothing is lost";
    if !host.cgroups.join("cgroup.controllers").is_file() {
        let found = "no version 2 at /sys/fs/cgroup";
        return Examination::limited(NAME, found, meaning);
    }
    let own = text::read(&host.proc.join("self/cgroup")).unwrap_or_default();
    let own = own.lines().find_map(|line| line.strip_prefix("0::/"));
    let Some(own) = own else {
        return Examination::limited(NAME, "this process is in none of version 2", meaning);
    };
    let own = host.cgroups.join(own);
    let controllers = text::read(&own.join("cgroup.controllers")).unwrap_or_default();
    let controllers = controllers.trim();
    match access(own.join("cgroup.procs"), Access::WRITE_OK) {
        Ok(()) => Examination::ok(
            NAME,
            format!("version 2, this user's to divide ({controllers})"),
            meaning,
        ),
        Err(_) => Examination::limited(NAME, "version 2, not this user's to divide", meaning),
    }
}
