//! Whether this machine runs the programs of another platform.

use std::path::Path;

use crate::doctor;
use crate::recipe::Platform;

use super::Error;

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
    let is_registered = || {
        doctor::emulators(Path::new("/proc"))
            .iter()
            .any(|it| it == emulator)
    };
    if wanted.runs_on(&machine) || is_registered() {
        return Ok(());
    }
    Err(Error::NoEmulation {
        platform: platform.to_owned(),
        emulator: emulator.to_owned(),
    })
}
