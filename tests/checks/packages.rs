//! Checks of packages, in the databases of rpm, dpkg and apk.

use std::fs;

use super::refused;
use crate::support::build::{Work, require_packages, snapshot};
use crate::support::workspace::{Workspace, require_root, require_tool};

#[test]
fn the_hosts_rpm_is_asked_where_the_root_has_none() {
    if !require_packages() || !require_tool("rpm") {
        return;
    }
    let work = Work::new();
    let rest = "  install: [busybox]\n";
    work.recipe(
        "failing",
        rest,
        "checks:\n  - package: busybox\n  - package: [busybox, missing-one, missing-two]\n",
    );
    let failed = work.build();
    assert_eq!(failed.status, Some(3), "{}", failed.errors);
    for part in [
        "[check 1/2] package: busybox: holds",
        "[check 2/2] `missing-one` is not installed",
        "[check 2/2] `missing-two` is not installed",
        "1 of 2 checks failed",
    ] {
        assert!(
            failed.errors.contains(part),
            "no `{part}`:\n{}",
            failed.errors
        );
    }
    assert!(!work.has_image());
    work.recipe("failing", rest, "");
    let plain = work.build_and_unpack();
    work.recipe("failing", rest, "checks:\n  - package: busybox\n");
    let built = work.build();
    assert_eq!(built.status, Some(0), "{}", built.errors);
    fs::remove_dir_all(&plain).unwrap();
    // rpm writes to its database even when it is only asked: not here.
    let checked = work.build_and_unpack();
    let logs = snapshot(&checked);
    assert!(logs.keys().any(|path| path.ends_with("rpmdb.sqlite")));
    assert!(
        !logs
            .keys()
            .any(|path| path.to_string_lossy().contains("sqlite-"))
    );
}

#[test]
fn the_roots_own_rpm_comes_first() {
    if !require_packages() {
        return;
    }
    let work = Work::new();
    fs::write(
        work.path().join("rpm"),
        "#!/bin/sh\nfor name; do :; done\necho \"package $name is not installed\"\nexit 1\n",
    )
    .unwrap();
    let rest = "  install: [busybox]\nsteps:\n  - {copy: rpm, to: /usr/bin/rpm, mode: '0755'}\n";
    work.recipe("failing", rest, "checks:\n  - package: busybox\n");
    let failed = work.build();
    assert_eq!(failed.status, Some(3), "{}", failed.errors);
    assert!(
        failed.errors.contains("`busybox` is not installed"),
        "{}",
        failed.errors
    );
    // One that cannot run is none.
    fs::write(work.path().join("rpm"), "#!/no/such/shell\n").unwrap();
    let built = work.build();
    assert_eq!(built.status, Some(0), "{}", built.errors);
}

#[test]
fn dpkg_and_apk_have_lists() {
    let workspace = Workspace::with(
        "name: x
base: scratch
steps:
  - {write: /var/lib/dpkg/status, content: \"Package: bash\\nStatus: install ok installed\\nArchitecture: amd64\\n\\nPackage: gone\\nStatus: deinstall ok config-files\\n\"}
  - {write: /var/lib/dpkg/status.d/tzdata, content: \"Package: tzdata\\nVersion: 1\\n\"}
  - {write: /lib/apk/db/installed, content: \"P:musl\\nV:1\\n\"}
checks:
  - package: [bash, 'bash:amd64', tzdata, musl]
  - package: [gone, zsh]
",
    );
    let failed = refused(
        &workspace,
        &[
            "[check 1/2] package: bash, bash:amd64, tzdata, musl: holds",
            "`gone` is not installed",
            "`zsh` is not installed",
        ],
    );
    assert!(
        !failed.stderr.contains("`bash` is not"),
        "{}",
        failed.stderr
    );
}

#[test]
fn a_root_without_a_database_is_told() {
    let workspace = Workspace::with(
        "name: x\nbase: scratch\nsteps:\n  - {write: /a, content: a}\nchecks: [{package: bash}]\n",
    );
    refused(&workspace, &["the root has no database of packages"]);
}

#[test]
fn a_hostile_database_reaches_nothing() {
    if !require_root() || !require_tool("rpm") {
        return;
    }
    let workspace = Workspace::with("");
    let canary = crate::support::scratch();
    fs::write(canary.path().join("rpmdb.sqlite"), "").unwrap();
    let outside = canary.path().display().to_string();
    let before = snapshot(canary.path());
    for (steps, told) in [
        // A link to a folder of the host, which in the root is not there.
        (
            format!("  - {{link: /var/lib/rpm, target: '{outside}'}}\n"),
            "the root has no database of packages",
        ),
        (
            format!("  - {{link: /var/lib/rpm/rpmdb.sqlite, target: '{outside}/rpmdb.sqlite'}}\n"),
            "the root has no database of packages",
        ),
        // No database at all, and links where locks and logs are written.
        (
            format!(
                "  - {{write: /var/lib/rpm/rpmdb.sqlite, content: nonsense}}\n  - {{link: /var/lib/rpm/.rpm.lock, \
                 target: '{outside}/lock'}}\n  - {{link: /var/lib/rpm/rpmdb.sqlite-wal, target: '{outside}/wal'}}\n"
            ),
            "",
        ),
    ] {
        let recipe =
            format!("name: x\nbase: scratch\nsteps:\n{steps}checks: [{{package: bash}}]\n");
        workspace.write("recipe.yaml", &recipe);
        refused(&workspace, &[told]);
    }
    assert_eq!(snapshot(canary.path()), before);
}
