//! Places at which a sandbox mounts that the root, or the command itself, makes into links.

use std::fs;

use super::Attack;

#[test]
fn a_root_whose_own_folders_are_links_runs_nothing() {
    for name in ["proc", "sys", "dev", "tmp", "run"] {
        let steps = format!("  - link: /{name}\n    target: '@'\n  - run: touch /{name}/x\n");
        let Some(attack) = Attack::new(&steps) else {
            return;
        };
        attack.refused(
            3,
            &format!("cannot mount on `/{name}`: it is a symbolic link"),
        );
    }
}

#[test]
fn folders_that_nobody_may_enter_and_links_in_them_are_covered() {
    let steps = "
  - directory: /dev
  - link: /dev/pts
    target: '@'
  - link: /dev/shm
    target: '@'
  - link: /dev/null
    target: '@/file'
  - directory: /proc
    mode: '0000'
  - directory: /tmp
    mode: '0000'
  - run: echo x > /dev/null; touch /tmp/x /dev/shm/x /run/x; test -e /proc/self/status
";
    let Some(attack) = Attack::new(steps) else {
        return;
    };
    let root = attack.contained();
    for (name, expected) in [("proc", "d 0000 0:0"), ("tmp", "d 0000 0:0")] {
        assert_eq!(crate::images::look(&root, name), expected);
    }
    let target = fs::read_link(root.join("dev/pts")).unwrap();
    assert_eq!(target, attack.canary.path());
}

#[test]
fn what_is_written_for_the_network_lands_in_the_root_and_goes() {
    for (target, climb) in [
        ("file", ""),
        ("missing", ""),
        ("file", "../../../../../../../.."),
    ] {
        let links = ["resolv.conf", "hosts", "hostname"]
            .map(|name| format!("  - link: /etc/{name}\n    target: {climb}@/{target}-{name}\n"));
        let steps = format!(
            "{}  - run: grep -c localhost /etc/hosts; ! grep evil /etc/resolv.conf\n    network: host\n",
            links.concat()
        );
        let Some(attack) = Attack::new(&steps) else {
            return;
        };
        let root = attack.contained();
        assert!(!attack.inside(&root).exists());
        assert!(
            fs::symlink_metadata(root.join("etc/hosts"))
                .unwrap()
                .is_symlink()
        );
    }
}

#[test]
fn a_command_that_moves_a_mount_point_leads_its_removal_nowhere() {
    let steps = "
  - run: mv /made/by /moved; ln -s @ /made/by; mkdir /kept; mv /moved /kept/moved
    mounts: [{secret: s, target: /made/by/file}]
  - run: rm -rf /c/sub; ln -s @ /c/sub || true
    mounts: [{cache: c, target: /c}, {secret: s, target: /c/sub/file}]
";
    let Some(attack) = Attack::new(steps) else {
        return;
    };
    for outcome in attack.try_all() {
        // Whether the kernel lets a mount point be moved is its own business.
        assert!(matches!(outcome.code, Some(0 | 3)), "{}", outcome.stderr);
    }
}

#[test]
fn a_working_folder_is_in_the_root() {
    for (steps, workdir, told) in [
        ("  - link: /w\n    target: '@'\n", "/w", "cannot enter"),
        ("", "/proc/self/fd/3", "cannot enter"),
        ("", "/missing", "cannot enter"),
        ("", "/etc/passwd", "cannot enter"),
    ] {
        let steps = format!("{steps}  - run: touch x\n    workdir: {workdir}\n");
        let Some(attack) = Attack::new(&steps) else {
            return;
        };
        attack.refused(3, told);
    }
}

#[test]
fn what_is_no_file_where_the_network_is_told_is_refused_or_goes_unchanged() {
    let step = "  - run: 'true'\n    network: host\n";
    for (make, told) in [
        ("  - link: /etc/hosts\n    target: hosts\n", "/etc/hosts"),
        (
            "  - link: /etc/resolv.conf\n    target: resolv.conf\n",
            "/etc/resolv.conf",
        ),
        ("  - directory: /etc/hosts\n", "/etc/hosts"),
        ("  - directory: /etc/resolv.conf\n", "/etc/resolv.conf"),
        ("  - run: mkfifo /etc/hosts\n", "/etc/hosts"),
    ] {
        let Some(attack) = Attack::new(&format!("{make}{step}")) else {
            return;
        };
        for outcome in attack.try_all() {
            assert!(
                matches!(outcome.code, Some(0 | 3)),
                "{make}: {}",
                outcome.stderr
            );
            if outcome.code == Some(3) {
                assert!(outcome.stderr.contains(told), "{make}: {}", outcome.stderr);
            }
        }
    }
}
