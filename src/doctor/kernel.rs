//! The version of the kernel.

use super::examination::Examination;
use super::host::Host;

/// The first that has every system call of the sandbox (mount_setattr(2)).
const SANDBOX: (u32, u32) = (5, 12);

pub(super) fn examine(host: &Host) -> Examination {
    const NAME: &str = "kernel";
    let Some(release) = host.setting("kernel.osrelease") else {
        return Examination::limited(NAME, "Linux", "/proc does not tell its version");
    };
    let found = format!("Linux {release}");
    match version(&release) {
        Some(version) if version < SANDBOX => Examination::missing(
            NAME,
            found,
            "commands of recipes need Linux 5.12 or later; the distribution has a newer one, or none",
        ),
        Some(_) => Examination::ok(NAME, found, "has all system calls of the sandbox (5.12)"),
        None => Examination::limited(NAME, found, "commands of recipes need Linux 5.12 or later"),
    }
}

fn version(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn releases_begin_with_their_version() {
        for (release, expected) in [
            ("6.18.44-fc-v657", Some((6, 18))),
            ("5.4.0", Some((5, 4))),
            ("4.18.0-553.el8_10.x86_64", Some((4, 18))),
            ("6.1+", Some((6, 1))),
            ("99999999999999.1", None),
            ("six", None),
            ("", None),
        ] {
            assert_eq!(version(release), expected, "{release}");
        }
    }
}
