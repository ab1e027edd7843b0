//! The mount table, inside and on the host.

use std::fs;

use onelayer::sandbox::Cancel;

use super::{LAUNCHER, Lab, ready, run};

#[test]
fn the_mount_table_is_exactly_this() {
    if !ready() {
        return;
    }
    let lab = Lab::new();
    let output = run(&lab.script("cat /proc/self/mountinfo"));
    let mut seen: Vec<String> = Vec::new();
    for line in output.lines() {
        let (left, right) = line.split_once(" - ").unwrap();
        let left: Vec<&str> = left.split(' ').collect();
        assert_eq!(left.len(), 6, "propagates: {line}");
        let options: Vec<&str> = left[5]
            .split(',')
            .filter(|one| *one != "relatime")
            .collect();
        let kind = right.split(' ').next().unwrap();
        seen.push(format!("{} {} {}", left[4], options.join(","), kind));
    }
    let masked = [
        "acpi",
        "interrupts",
        "kcore",
        "keys",
        "latency_stats",
        "sched_debug",
        "scsi",
        "timer_list",
        "timer_stats",
        "kallsyms",
    ];
    let read_only = ["asound", "bus", "fs", "irq", "sys", "sysrq-trigger"];
    let host = |path: &str| fs::symlink_metadata(path).ok();
    let mut expected = vec![
        "/ rw,nodev overlay".to_owned(),
        "/proc rw,nosuid,nodev,noexec proc".to_owned(),
        "/sys ro,nosuid,nodev,noexec sysfs".to_owned(),
        "/dev ro,nosuid,nodev,noexec tmpfs".to_owned(),
        "/dev/pts rw,nosuid,noexec devpts".to_owned(),
        "/dev/shm rw,nosuid,nodev,noexec tmpfs".to_owned(),
        "/tmp rw,nosuid,nodev tmpfs".to_owned(),
        "/run rw,nosuid,nodev tmpfs".to_owned(),
    ];
    for name in read_only {
        if host(&format!("/proc/{name}")).is_some() {
            expected.push(format!("/proc/{name} ro,nosuid,nodev,noexec proc"));
        }
    }
    for name in masked {
        match host(&format!("/proc/{name}")) {
            Some(found) if found.is_dir() => {
                expected.push(format!("/proc/{name} ro,nosuid,nodev,noexec tmpfs"));
            }
            Some(_) => expected.push(format!("/proc/{name} ro,nosuid,noexec devtmpfs")),
            None => {}
        }
    }
    for name in [
        "devices/virtual/powercap",
        "firmware",
        "fs/selinux",
        "fs/cgroup",
    ] {
        if host(&format!("/sys/{name}")).is_some() {
            expected.push(format!("/sys/{name} ro,nosuid,nodev,noexec tmpfs"));
        }
    }
    for name in ["null", "zero", "full", "random", "urandom", "tty"] {
        expected.push(format!("/dev/{name} rw,nosuid,noexec devtmpfs"));
    }
    seen.sort();
    expected.sort();
    assert_eq!(seen, expected, "{output}");
    let folder = lab.path("").display().to_string();
    assert!(!output.contains(folder.trim_end_matches('/')), "{output}");
}

#[test]
fn the_host_sees_no_mount_while_a_command_runs() {
    let _engines = crate::support::engines_rest();
    if !ready() {
        return;
    }
    let table = crate::support::mounts;
    let before = table();
    let lab = Lab::new();
    let mut during = Vec::new();
    let exit = LAUNCHER
        .run(
            &lab.script("echo x"),
            &mut |_| during = table(),
            &Cancel::new().unwrap(),
        )
        .unwrap();
    assert!(exit.success());
    assert_eq!(during, before);
    assert_eq!(table(), before);
}
