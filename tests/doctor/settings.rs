//! Settings of the kernel and files of the system, as other hosts have them: each refusal of the
//! kernel is explained by what is there.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use onelayer::doctor::{Builds, Examination, Host, State, examine};

use crate::support::scratch;

/// What a trial answers on a host that forbids user namespaces.
const REFUSED: &str = "#!/bin/sh
echo '{\"isolation\": null, \"instead\": null,
\"failure\": {\"reason\": \"cannot make a user namespace: refused\", \"cure\": null}}' | tr -d '\\n'
";

/// A host without user namespaces, whose kernel and files are in `folder`.
fn host(folder: &Path) -> Host {
    let program = folder.join("refuses");
    fs::write(&program, REFUSED).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let release = folder.join("os-release");
    fs::write(&release, "ID=ubuntu\n").unwrap();
    let mut host = Host::new(folder.join("cache"), folder.to_owned(), Vec::new());
    host.program = program;
    host.os_release = vec![release];
    // No /proc/self/status: nobody has root's powers then.
    host.proc = folder.join("proc");
    host.subordinate_users = folder.join("subuid");
    host.subordinate_groups = folder.join("subgid");
    host
}

fn set(host: &Host, name: &str, value: &str) -> PathBuf {
    let path = host.proc.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, value).unwrap();
    path
}

/// One examination; a command without what other users than root have before it.
fn found(host: &Host, name: &str) -> (Examination, Option<String>) {
    let report = examine(host);
    let found = report.examination(name).unwrap().clone();
    let cure = found.cure.clone();
    let cure = cure.map(|cure| {
        cure.strip_prefix("sudo ")
            .map(str::to_owned)
            .unwrap_or(cure)
    });
    (found, cure)
}

#[test]
fn a_setting_that_forbids_namespaces_is_named_and_mended() {
    let folder = scratch();
    let host = host(folder.path());
    for (name, forbids, command) in [
        (
            "user.max_user_namespaces",
            "0",
            "sysctl -w user.max_user_namespaces=65536",
        ),
        (
            "kernel.unprivileged_userns_clone",
            "0",
            "sysctl -w kernel.unprivileged_userns_clone=1",
        ),
        (
            "kernel.apparmor_restrict_unprivileged_userns",
            "1",
            "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
        ),
    ] {
        let path = set(
            &host,
            &format!("sys/{}", name.replace('.', "/")),
            &format!("{forbids}\n"),
        );
        for examined in ["user-namespaces", "isolation"] {
            let (found, cure) = found(&host, examined);
            assert_eq!(found.state, State::Missing);
            assert_eq!(cure.as_deref(), Some(command), "{examined}");
        }
        let (found, _) = found(&host, "user-namespaces");
        let expected = format!("cannot make a user namespace: refused ({name} is {forbids})");
        assert_eq!(found.found, expected);
        // Any other value is not the reason.
        fs::write(&path, "7").unwrap();
    }
    assert_eq!(found(&host, "user-namespaces").1, None);
    assert_eq!(examine(&host).builds, Builds::Files);
}

#[test]
fn a_seccomp_profile_is_seen() {
    let folder = scratch();
    let host = host(folder.path());
    set(
        &host,
        "self/status",
        "Name:\tx\nSeccomp:\t2\nCapEff:\t0000000000000000\n",
    );
    let (found, cure) = found(&host, "user-namespaces");
    assert!(found.found.contains("under a seccomp profile"), "{found:?}");
    assert_eq!(cure, None);
}

#[test]
fn a_kernel_that_is_too_old_is_told() {
    let folder = scratch();
    let host = host(folder.path());
    for (release, state) in [
        ("4.18.0-553.el8_10.x86_64", State::Missing),
        ("5.11.22", State::Missing),
        ("5.12.0", State::Ok),
        ("6.8.0-45-generic", State::Ok),
        ("something", State::Limited),
    ] {
        set(&host, "sys/kernel/osrelease", release);
        let (kernel, _) = found(&host, "kernel");
        assert_eq!(
            (kernel.state, kernel.found),
            (state, format!("Linux {release}"))
        );
    }
}

/// New ranges begin behind those of others, and only what lacks is added.
#[test]
fn ids_are_added_where_they_are_free() {
    let folder = scratch();
    let host = host(folder.path());
    let uid = rustix::process::geteuid().as_raw();
    // Also root is short of ids in a namespace that has one.
    set(&host, "self/uid_map", &format!("{uid} 1000 1\n"));
    fs::write(
        &host.subordinate_users,
        "ann:100000:65536\nbob:165536:65536\n",
    )
    .unwrap();
    fs::write(&host.subordinate_groups, format!("{uid}:100000:65536\n")).unwrap();
    let (ids, cure) = found(&host, "subordinate-ids");
    assert_eq!(ids.state, State::Missing);
    let cure = cure.unwrap();
    assert!(
        cure.starts_with("usermod --add-subuids 231072-296607 "),
        "{cure}"
    );
    assert!(!cure.contains("--add-subgids"), "{cure}");
    fs::write(&host.subordinate_users, format!("{uid}:231072:65536\n")).unwrap();
    assert_eq!(found(&host, "subordinate-ids").0.state, State::Ok);
    // One too few.
    fs::write(&host.subordinate_users, format!("{uid}:231072:65534\n")).unwrap();
    assert_eq!(found(&host, "subordinate-ids").0.state, State::Missing);
}

/// They are of use only with the powers of root.
#[test]
fn programs_that_map_ids_need_their_powers() {
    let folder = scratch();
    let mut host = host(folder.path());
    let uid = rustix::process::geteuid().as_raw();
    set(&host, "self/uid_map", &format!("{uid} 1000 1\n"));
    host.search = vec![folder.path().to_owned()];
    let paths = ["newuidmap", "newgidmap"].map(|name| folder.path().join(name));
    let make = |path: &Path, mode| {
        fs::write(path, "").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    make(&paths[0], 0o4755);
    make(&paths[1], 0o755);
    let (mapping, cure) = found(&host, "id-mapping");
    assert_eq!(mapping.state, State::Missing);
    let command = format!("chmod u+s {}", paths[1].display());
    assert_eq!(cure, (uid == 0).then_some(command));
    make(&paths[1], 0o4755);
    let (mapping, _) = found(&host, "id-mapping");
    // Whoever runs the test owns them.
    let expected = if uid == 0 { State::Ok } else { State::Missing };
    assert_eq!(mapping.state, expected);
}

#[test]
fn emulators_are_those_that_the_kernel_opens() {
    let folder = scratch();
    let host = host(folder.path());
    let entry = |name: &str, text: &str| set(&host, &format!("sys/fs/binfmt_misc/{name}"), text);
    entry("status", "enabled\n");
    entry(
        "python3.11",
        "enabled\ninterpreter /usr/bin/python3.11\nflags: F\n",
    );
    entry(
        "qemu-arm",
        "disabled\ninterpreter /usr/bin/qemu-arm-static\nflags: F\n",
    );
    entry(
        "qemu-mips",
        "enabled\ninterpreter /usr/bin/qemu-mips-static\nflags: OC\n",
    );
    let (emulation, cure) = found(&host, "emulation");
    assert_eq!(emulation.state, State::Missing);
    assert_eq!(
        cure.as_deref(),
        Some("apt-get install qemu-user-static binfmt-support")
    );
    entry(
        "qemu-aarch64",
        "enabled\ninterpreter /usr/bin/qemu-aarch64-static\nflags: OCF\n",
    );
    entry(
        "qemu-riscv64",
        "enabled\ninterpreter /usr/bin/qemu-riscv64-static\nflags: F\n",
    );
    let (emulation, _) = found(&host, "emulation");
    assert_eq!(emulation.state, State::Ok);
    assert_eq!(emulation.found, "aarch64 riscv64");
}
