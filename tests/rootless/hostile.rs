//! Packages that try to leave, as a user installs them.

use std::fs;

use super::{Caller, onelayer, packages, ready};
use crate::support;

const PACKAGES: [&str; 6] = [
    "hostile-descriptors",
    "hostile-chroot",
    "hostile-kernel",
    "hostile-processes",
    "hostile-devices",
    "hostile-paths",
];

#[test]
fn scriptlets_reach_nothing_with_subordinate_ids() {
    if ready() {
        nothing_is_reached(Caller::Subids);
    }
}

#[test]
fn scriptlets_reach_nothing_with_a_single_id() {
    if ready() {
        nothing_is_reached(Caller::Single);
    }
}

fn nothing_is_reached(caller: Caller) {
    let lists = PACKAGES.map(|name| format!("[{name}], ")).concat();
    let lists = format!("[{lists}[hostile-attempts, busybox]]");
    let Some(workspace) = packages("hostile", &lists, "") else {
        return;
    };
    let arguments = ["build", "context", "-o", "rootfs:root.tar"];
    onelayer(&workspace, caller, &arguments).expect(0);
    let (archive, root) = (workspace.path("root.tar"), workspace.path("root"));
    fs::create_dir(&root).unwrap();
    let words = ["-xf", archive.to_str().unwrap(), "var/hostile"];
    support::run_in(&root, "tar", &words);
    for package in PACKAGES {
        let report = fs::read_to_string(root.join("var/hostile").join(package)).unwrap();
        assert!(
            report.contains("done post"),
            "{package} did not get through:\n{report}"
        );
        let reached = report.lines().filter(|line| line.contains("reached"));
        // A file stands for a device: it can be read, and there is nothing in it.
        let of_the_host: Vec<&str> = reached
            .filter(|line| {
                package != "hostile-devices"
                    || !["block device", "/dev/mem", "/dev/kmsg"]
                        .iter()
                        .any(|device| line.contains(device))
            })
            .collect();
        assert!(
            of_the_host.is_empty(),
            "{caller:?}: {package}: {of_the_host:?}"
        );
    }
    assert!(!root.join("var/hostile/lingered").exists());
}
