//! What installs packages.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::packages;

use super::distribution::{Distribution, Package};
use super::examination::Examination;
use super::host::Host;
use super::pending;
use super::user::User;

/// Those that this version does not carry out.
const OTHERS: [(&str, &str); 2] = [("apt", "apt-get"), ("dpkg", "dpkg")];

pub(super) fn examine(host: &Host, distribution: &Distribution, user: &User) -> Vec<Examination> {
    let [apt, dpkg] = OTHERS.map(|(name, program)| move || other(host, name, program));
    pending::together(&[
        &|| dnf(host, distribution, user),
        &|| rpm(host, distribution, user),
        &apt,
        &dpkg,
    ])
}

/// The same program as a build's.
fn dnf(host: &Host, distribution: &Distribution, user: &User) -> Examination {
    const NAME: &str = "dnf";
    match packages::dnf() {
        Some(path) => Examination::ok(
            NAME,
            with_version(host, &path),
            "recipes with `packages` can be built with it",
        ),
        None => Examination::missing(
            NAME,
            "neither dnf5 nor dnf nor yum in /usr/bin",
            "recipes with `packages` cannot be built",
        )
        .cured_by(install(distribution, Package::Dnf, user)),
    }
}

fn rpm(host: &Host, distribution: &Distribution, user: &User) -> Examination {
    const NAME: &str = "rpm";
    match host.find("rpm") {
        Some(path) => {
            let meaning = "its library installs what dnf resolves";
            Examination::ok(NAME, with_version(host, &path), meaning)
        }
        None => Examination::limited(
            NAME,
            "no rpm in the path",
            "dnf brings its library; the program itself is of use for looking into images",
        )
        .cured_by(install(distribution, Package::Rpm, user)),
    }
}

fn other(host: &Host, name: &'static str, program: &str) -> Examination {
    let meaning = "this version of onelayer installs by dnf only";
    match host.find(program) {
        Some(path) => Examination::ok(name, with_version(host, &path), meaning),
        None => Examination::missing(name, format!("no {program} in the path"), meaning),
    }
}

fn install(distribution: &Distribution, package: Package, user: &User) -> Option<String> {
    let command = distribution.install(package)?;
    Some(user.as_root(&command))
}

/// Where a program is, and the first line of what it says about its version.
pub(super) fn with_version(host: &Host, path: &Path) -> String {
    let path: PathBuf = path.to_owned();
    let said = host.ask(Command::new(&path).arg("--version"), host.patience);
    let path = path.display();
    match said {
        Ok(said) if said.success => {
            let line = said.stdout.lines().next().unwrap_or_default();
            format!("{path} ({})", short(line))
        }
        Ok(_) => format!("{path} (does not tell its version)"),
        Err(silent) => format!("{path} ({silent})"),
    }
}

/// Programs are not trusted to be brief.
pub(super) fn short(line: &str) -> String {
    const LENGTH: usize = 120;
    match line.char_indices().nth(LENGTH) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}
