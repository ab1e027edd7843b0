//! Whether this machine runs the programs of another platform.

use std::fs;

use crate::recipe::Platform;

use super::Error;

/// Where the kernel lists what runs programs for it (binfmt_misc(5), kernel documentation).
const FORMATS: &str = "/proc/sys/fs/binfmt_misc";

/// Architectures as Go and as qemu call them, where that is not the same.
const QEMU_NAMES: [(&str, &str); 7] = [
    ("386", "i386"),
    ("amd64", "x86_64"),
    ("arm64", "aarch64"),
    ("loong64", "loongarch64"),
    ("mips64le", "mips64el"),
    ("mipsle", "mipsel"),
    ("riscv64", "riscv64"),
];

/// Fails unless programs for `platform` run here, by themselves or by qemu.
pub(super) fn check(platform: &str) -> Result<(), Error> {
    let machine = Platform::of_machine(std::env::consts::ARCH);
    let Ok(wanted) = platform.parse::<Platform>() else {
        // A machine's own name for itself, which no recipe can choose.
        return Ok(());
    };
    let architecture = wanted.architecture();
    let names = QEMU_NAMES.iter();
    let other = names.clone().find(|(name, _)| *name == architecture);
    let emulator = other.map_or(architecture, |(_, name)| name);
    if wanted.runs_on(&machine) || is_registered(emulator) {
        return Ok(());
    }
    Err(Error::NoEmulation {
        platform: platform.to_owned(),
        emulator: emulator.to_owned(),
    })
}

/// Whether the kernel opens the emulator itself (`F`): a root of another platform does not hold it.
fn is_registered(emulator: &str) -> bool {
    let entry = fs::read_to_string(format!("{FORMATS}/qemu-{emulator}"));
    let entry = entry.unwrap_or_default();
    let flags = entry.lines().find_map(|line| line.strip_prefix("flags:"));
    entry.starts_with("enabled") && flags.is_some_and(|flags| flags.contains('F'))
}
