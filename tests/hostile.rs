//! Packages and roots that try to leave: nothing of the host changes, and nothing of it is read.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::support::build::{Work, require_packages, snapshot, source};
use crate::support::mounts;

const PACKAGES: [&str; 6] = [
    "hostile-descriptors",
    "hostile-chroot",
    "hostile-kernel",
    "hostile-processes",
    "hostile-devices",
    "hostile-paths",
];

/// Where the attempts look for secrets and leave canaries: see `tests/repositories/hostile`.
const PLACES: [&str; 5] = ["/", "/tmp", "/root", "/var/tmp", "/home"];

/// A file that the attempts look for; it goes away with this value.
struct Secret(PathBuf);

impl Secret {
    fn new(path: PathBuf) -> Self {
        fs::write(&path, "a secret of the host\n").unwrap();
        Self(path)
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        // Another one may have taken it away; there is nobody to tell.
        let _ = fs::remove_file(&self.0);
    }
}

/// Canaries on the host, with the times at which they were last touched.
fn canaries(more: &Path) -> BTreeMap<PathBuf, (i64, i64)> {
    let places = PLACES
        .map(PathBuf::from)
        .into_iter()
        .chain([more.to_owned()]);
    places
        .filter_map(|place| fs::read_dir(place).ok())
        .flatten()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().contains("onelayer-canary"))
        .filter_map(|path| Some((fs::metadata(&path).ok()?, path)))
        .map(|(found, path)| (path, (found.ctime(), found.ctime_nsec())))
        .collect()
}

/// Settings of the kernel that the attempts write.
fn settings() -> BTreeMap<&'static str, Option<String>> {
    [
        "core_pattern",
        "modprobe",
        "panic",
        "sysrq",
        "printk",
        "randomize_va_space",
    ]
    .map(|name| {
        (
            name,
            fs::read_to_string(format!("/proc/sys/kernel/{name}")).ok(),
        )
    })
    .into()
}

#[test]
fn scriptlets_change_and_read_nothing_of_the_host() {
    let _engines = crate::support::engines_rest();
    if !require_packages() {
        return;
    }
    let work = Work::new();
    let _secrets = [
        Secret::new(work.path().join("onelayer-secret")),
        Secret::new("/tmp/onelayer-secret".into()),
        Secret::new("/root/onelayer-secret".into()),
    ];
    let transactions: String = PACKAGES.map(|name| format!("    - [{name}]\n")).concat();
    // One more, after hostile-paths has led the logs astray.
    let install = format!("  install:\n{transactions}    - [hostile-attempts, busybox]\n");
    work.recipe("hostile", &install, "");
    let look = || {
        (
            canaries(work.path()),
            settings(),
            snapshot(Path::new("/etc")),
            mounts(),
        )
    };
    let before = look();
    let root = work.build_and_unpack();
    assert!(work.processes().is_empty(), "{:?}", work.processes());
    let after = look();
    assert_eq!(before.0, after.0, "canaries");
    assert_eq!(before.1, after.1, "settings of the kernel");
    assert!(before.2 == after.2, "/etc changed");
    assert_eq!(before.3, after.3, "mounts");

    for package in PACKAGES {
        let report = fs::read_to_string(root.join("var/hostile").join(package)).unwrap();
        assert!(
            report.contains("done post"),
            "{package} did not get through:\n{report}"
        );
        assert!(!report.contains("reached"), "{package}:\n{report}");
    }
    let lua = root.join("var/hostile/hostile-descriptors-lua");
    let lua = fs::read_to_string(lua).unwrap();
    assert!(
        lua.contains("done pre") && !lua.contains("reached"),
        "{lua}"
    );
    assert!(!root.join("var/hostile/lingered").exists());
}

#[test]
fn links_in_the_root_lead_a_manager_nowhere() {
    let _engines = crate::support::engines_rest();
    if !require_packages() {
        return;
    }
    // Where a manager writes or reads, and the folder that has to be there first.
    let doors = [
        "/var/log",
        "/var/cache/dnf",
        "/var/lib/dnf",
        "/etc/yum.repos.d",
        "/etc/dnf",
        "/etc/rpm",
        "/etc/pki",
        "/var/lib/rpm",
        "/usr/lib/sysimage/rpm",
        "/var/log/dnf.log",
        "/root",
        "/proc",
        "/dev",
    ];
    for relative in [false, true] {
        for door in doors {
            let work = Work::new();
            let host = work.path().join("host");
            fs::create_dir(&host).unwrap();
            fs::write(host.join("canary"), "untouched\n").unwrap();
            let climb = if relative {
                "../../../../../../../.."
            } else {
                ""
            };
            let target = format!("{climb}{}", host.display());
            work.recipe_text(&format!(
                "name: test\nbase: scratch\nsteps:\n  - link: {door}\n    target: {target}\n  - \
                 packages:\n{}      install:\n        - [languages]\n        - [busybox]\n",
                source("languages", "      "),
            ));
            let before = (snapshot(&host), mounts());
            let built = work.build();
            assert_eq!(before.0, snapshot(&host), "{target}: {}", built.errors);
            assert_eq!(before.1, mounts(), "{target}");
            let is_in_order = matches!(built.status, Some(0 | 3));
            assert!(
                is_in_order,
                "{door} → {target}: {:?} {}",
                built.status, built.errors
            );
            assert!(work.processes().is_empty(), "{:?}", work.processes());
            // What is refused is said to be.
            assert!(built.status == Some(0) || built.errors.contains("error: step 2 of 2 failed"));
        }
    }
}
