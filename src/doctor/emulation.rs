//! Programs of other platforms.

use std::fs;
use std::path::Path;

use super::distribution::{Distribution, Package};
use super::examination::Examination;
use super::host::{Host, has_systemd};
use super::text;
use super::user::User;

/// Where the kernel lists what runs programs for it (binfmt_misc, kernel documentation).
const FORMATS: &str = "sys/fs/binfmt_misc";

/// The architectures, as qemu calls them, whose programs the kernel gives to an emulator that it
/// opened itself (`F`): a root of another platform does not hold it. `proc` is where proc(5) is.
pub fn emulators(proc: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(proc.join(FORMATS)) else {
        return Vec::new();
    };
    let mut found: Vec<String> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let name = entry.file_name().into_string().ok()?;
            let architecture = name.strip_prefix("qemu-")?;
            let text = text::read(&entry.path()).ok()?;
            is_usable(&text).then(|| architecture.to_owned())
        })
        .collect();
    found.sort();
    found
}

fn is_usable(entry: &str) -> bool {
    let flags = entry.lines().find_map(|line| line.strip_prefix("flags:"));
    entry.starts_with("enabled") && flags.is_some_and(|flags| flags.contains('F'))
}

/// Whether one of the usual emulators is installed.
fn has_emulator(host: &Host) -> bool {
    let architectures = ["aarch64", "x86_64", "riscv64"].into_iter();
    let mut names = architectures.map(|name| format!("qemu-{name}-static"));
    names.any(|name| host.find(&name).is_some())
}

pub(super) fn examine(host: &Host, distribution: &Distribution, user: &User) -> Examination {
    const NAME: &str = "emulation";
    let found = emulators(&host.proc);
    if !found.is_empty() {
        let meaning = "commands of these platforms run here, slowly";
        return Examination::ok(NAME, found.join(" "), meaning);
    }
    // Emulators that are installed may just not be registered, as where nothing was started.
    let cure = match (has_emulator(host), host.find("update-binfmts")) {
        (true, Some(_)) => Some("update-binfmts --enable".to_owned()),
        (true, None) if has_systemd() => Some("systemctl restart systemd-binfmt".to_owned()),
        _ => distribution.install(Package::Emulators),
    };
    Examination::missing(
        NAME,
        "no qemu in binfmt_misc",
        "recipes for other platforms can be built only if they run nothing",
    )
    .cured_by(cure.map(|command| user.as_root(&command)))
}
