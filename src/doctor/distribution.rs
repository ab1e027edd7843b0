//! Which distribution this is, and how it installs packages.

use super::host::{Host, find};
use super::text;

/// A family of distributions that install in the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Debian,
    Fedora,
    Suse,
    Alpine,
    Arch,
}

/// os-release(5), as far as it tells how to install.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Distribution {
    family: Option<Family>,
    /// The beginning of a command that installs: of its program, that which is there.
    install: &'static str,
}

/// What a host may lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Package {
    IdMapping,
    Dnf,
    Rpm,
    Skopeo,
    Podman,
    Docker,
    Emulators,
}

impl Distribution {
    pub(super) fn read(host: &Host) -> Distribution {
        let text = host
            .os_release
            .iter()
            .find_map(|path| text::read(path).ok());
        let family = family(&text.unwrap_or_default());
        let has = |program| find(&host.search, program).is_some();
        let install = match family {
            Some(Family::Debian) => "apt-get install",
            // What is to be installed may be dnf.
            Some(Family::Fedora) if !has("dnf") && has("microdnf") => "microdnf install",
            Some(Family::Fedora) if !has("dnf") && has("yum") => "yum install",
            Some(Family::Fedora) => "dnf install",
            Some(Family::Suse) => "zypper install",
            Some(Family::Alpine) => "apk add",
            Some(Family::Arch) => "pacman -S",
            None => "",
        };
        Distribution { family, install }
    }

    /// The command that installs `package`; none if this distribution is not known, or does not
    /// have it.
    pub(super) fn install(&self, package: Package) -> Option<String> {
        use Family::{Alpine, Arch, Debian, Fedora, Suse};
        let name = match (package, self.family?) {
            (Package::IdMapping, Debian) => "uidmap",
            (Package::IdMapping, Fedora) => "shadow-utils",
            (Package::IdMapping, Suse | Arch) => "shadow",
            (Package::IdMapping, Alpine) => "shadow-uidmap",
            (Package::Dnf, Alpine) => return None,
            (Package::Dnf, _) => "dnf",
            (Package::Rpm, Arch) => "rpm-tools",
            (Package::Rpm, _) => "rpm",
            (Package::Skopeo, _) => "skopeo",
            (Package::Podman, _) => "podman",
            (Package::Docker, Debian) => "docker.io",
            (Package::Docker, Fedora) => "moby-engine",
            (Package::Docker, _) => "docker",
            (Package::Emulators, Debian) => "qemu-user-static binfmt-support",
            (Package::Emulators, Fedora) => "qemu-user-static",
            (Package::Emulators, Suse) => "qemu-linux-user",
            (Package::Emulators, Arch) => "qemu-user-static-binfmt",
            (Package::Emulators, Alpine) => return None,
        };
        Some(format!("{} {name}", self.install))
    }
}

/// By the distribution's own name, else by the first known one of those that it is like.
fn family(os_release: &str) -> Option<Family> {
    let value = |name: &str| {
        let lines = os_release.lines();
        let mut values = lines.filter_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        values
            .next_back()
            .unwrap_or_default()
            .trim()
            .trim_matches(['"', '\''])
    };
    let names = [value("ID"), value("ID_LIKE")];
    let mut names = names.iter().flat_map(|names| names.split_whitespace());
    names.find_map(|name| match name {
        "debian" | "ubuntu" => Some(Family::Debian),
        "fedora" | "rhel" | "centos" => Some(Family::Fedora),
        "suse" | "opensuse" | "sles" => Some(Family::Suse),
        "alpine" => Some(Family::Alpine),
        "arch" => Some(Family::Arch),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distributions_are_known_by_name_and_by_likeness() {
        for (text, expected) in [
            ("ID=debian", Some(Family::Debian)),
            (
                "NAME=x\nID=linuxmint\nID_LIKE=\"ubuntu debian\"\n",
                Some(Family::Debian),
            ),
            (
                "ID='rocky'\nID_LIKE='rhel centos fedora'",
                Some(Family::Fedora),
            ),
            (
                "ID=\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"",
                Some(Family::Suse),
            ),
            ("ID=alpine", Some(Family::Alpine)),
            ("ID=manjaro\r\nID_LIKE=arch\r\n", Some(Family::Arch)),
            ("VERSION_ID=debian", None),
            ("ID=debian\nID=plan9", None),
            ("\0\0ID=\u{1b}[1m", None),
            ("", None),
        ] {
            assert_eq!(family(text), expected, "{text:?}");
        }
    }

    #[test]
    fn every_package_has_a_command_or_none() {
        let of = |family, install| Distribution { family, install };
        let debian = of(Some(Family::Debian), "apt-get install");
        let command = debian.install(Package::IdMapping);
        assert_eq!(command.as_deref(), Some("apt-get install uidmap"));
        let alpine = of(Some(Family::Alpine), "apk add");
        assert_eq!(alpine.install(Package::Dnf), None);
        assert_eq!(of(None, "").install(Package::Skopeo), None);
    }
}
