//! Databases of packages in a root that are links to the host's, pipes, endless, or nonsense, and
//! what a recipe gives to the package manager.

use super::Attack;
use crate::support::workspace::require_tool;

#[test]
fn databases_that_are_none_are_told_and_not_waited_for() {
    let rpm = ["/var/lib/rpm", "/usr/lib/sysimage/rpm"];
    let pipes = rpm.map(|folder| {
        ["rpmdb.sqlite", "Packages", "Packages.db"]
            .map(|file| format!("mkdir -p {folder}; mkfifo {folder}/{file}; "))
            .concat()
    });
    for make in [
        pipes.concat(),
        "mkdir -p /var/lib/dpkg/status.d /lib/apk/db; mkfifo /var/lib/dpkg/status \
         /var/lib/dpkg/status.d/a /lib/apk/db/installed"
            .to_owned(),
        "mkdir -p /var/lib /lib; ln -s @ /var/lib/rpm; ln -s @ /var/lib/dpkg; ln -s @ /lib/apk"
            .to_owned(),
        "mkdir -p /var/lib/dpkg /lib/apk/db; ln -s @/file /var/lib/dpkg/status; \
         ln -s ../../../../../../../..@/file /lib/apk/db/installed"
            .to_owned(),
        "mkdir -p /var/lib/dpkg; ln -s status /var/lib/dpkg/status".to_owned(),
        "mkdir -p /var/lib/dpkg; truncate -s 4G /var/lib/dpkg/status".to_owned(),
        "mkdir -p /var/lib/dpkg/status".to_owned(),
    ] {
        let steps = format!("  - run: |\n      {make}\nchecks:\n  - package: evil\n");
        let Some(attack) = Attack::new(&steps) else {
            return;
        };
        attack.refused(3, "1 of 1 checks failed");
    }
}

#[test]
fn a_database_of_rpm_that_is_nonsense_is_told() {
    if !require_tool("rpm") {
        return;
    }
    for make in [
        "head -c 1000000 /dev/urandom > rpmdb.sqlite",
        "truncate -s 4G rpmdb.sqlite",
        "echo x > rpmdb.sqlite; mkfifo rpmdb.sqlite-wal rpmdb.sqlite-shm rpmdb.sqlite-journal .rpm.lock",
        "echo x > rpmdb.sqlite; for f in wal shm journal; do ln -s @/new rpmdb.sqlite-$f; done; ln -s @/new .rpm.lock",
    ] {
        let steps = format!(
            "  - run: mkdir -p /var/lib/rpm; cd /var/lib/rpm; {make}\nchecks:\n  - package: evil\n"
        );
        let Some(attack) = Attack::new(&steps) else {
            return;
        };
        attack.refused(3, "not as its checks want it");
    }
}
