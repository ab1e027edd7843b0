//! What a command finds out about itself and its surroundings, word for word.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Stdio};

use onelayer::sandbox::Sandbox;

use super::attacks::python;
use super::{Lab, ready, run};

/// Lines of `/proc/PID/status` that say how much, how often and where, and not who or what may.
const MEASURES: [&str; 15] = [
    "Vm",
    "Rss",
    "Huge",
    "State",
    "SigQ",
    "Cpus_",
    "Mems_",
    "Specul",
    "x86_",
    "untag",
    "FDSize",
    "voluntary",
    "nonvol",
    "Seccomp_f",
    "Groups",
];

#[test]
fn the_state_of_a_command_is_exactly_this() {
    if !ready() {
        return;
    }
    let lab = Lab::new();
    let output = run(&Sandbox::new(lab.root(), ["/bin/cat", "/proc/self/status"]));
    let lines = output.lines().map(|line| line.replace('\t', " "));
    let found: Vec<String> = lines
        .filter(|line| !MEASURES.iter().any(|measure| line.starts_with(measure)))
        // Newer kernels say more.
        .filter(|line| {
            !["CoreDumping", "THP_", "Kthread"]
                .iter()
                .any(|new| line.starts_with(new))
        })
        .collect();
    let expected = "Name: cat\nUmask: 0022\nTgid: 2\nNgid: 0\nPid: 2\nPPid: 1\nTracerPid: 0\n\
                    Uid: 0 0 0 0\nGid: 0 0 0 0\nNStgid: 2\nNSpid: 2\nNSpgid: 2\nNSsid: 2\n\
                    Threads: 1\nSigPnd: 0000000000000000\nShdPnd: 0000000000000000\n\
                    SigBlk: 0000000000000000\nSigIgn: 0000000000000000\nSigCgt: 0000000000000000\n\
                    CapInh: 0000000000000000\nCapPrm: 00000000800405fb\n\
                    CapEff: 00000000800405fb\nCapBnd: 00000000800405fb\n\
                    CapAmb: 0000000000000000\nNoNewPrivs: 1\nSeccomp: 2";
    assert_eq!(found, expected.lines().collect::<Vec<_>>(), "{output}");
}

#[test]
fn limits_are_the_callers_but_for_two() {
    if !ready() {
        return;
    }
    let lab = Lab::new();
    let table = |text: &str| -> BTreeMap<String, String> {
        let lines = text.lines().skip(1);
        lines
            .map(|line| {
                let (name, values) = line.split_at(26);
                let values: Vec<&str> = values.split_whitespace().take(2).collect();
                (name.trim().to_owned(), values.join(" "))
            })
            .collect()
    };
    let mut expected = table(&fs::read_to_string("/proc/self/limits").unwrap());
    let hard = |text: &str| text.split(' ').nth(1).unwrap().parse().unwrap_or(u64::MAX);
    let most = hard(&expected["Max open files"]).min(65536);
    expected.insert(
        "Max open files".into(),
        format!("{} {most}", most.min(1024)),
    );
    expected.insert("Max core file size".into(), "0 0".into());
    let found = run(&Sandbox::new(lab.root(), ["/bin/cat", "/proc/self/limits"]));
    assert_eq!(table(&found), expected);
}

#[test]
fn names_groups_and_terminals_are_its_own() {
    if !ready() {
        return;
    }
    let lab = Lab::new();
    let output = run(&lab.script(
        "uname -n; cat /proc/sys/kernel/domainname; cut -d: -f3 /proc/self/cgroup | sort -u; \
         cut -d' ' -f7 /proc/self/stat; ls /run /tmp /dev/shm; pwd -P; \
         exec 3<>/dev/ptmx && ls /dev/pts",
    ));
    let expected = "localhost\n(none)\n/\n0\n/dev/shm:\n\n/run:\n\n/tmp:\n/\n0\nptmx\n";
    assert_eq!(output, expected);
}

/// Shared memory of both kinds, a queue of messages and a process: the host's are neither seen nor
/// reached, and what a command makes of the same names is not there afterwards.
#[test]
fn memory_queues_and_processes_of_the_host_are_out_of_reach() {
    let Some(mut sandbox) = python("") else {
        return;
    };
    let mut canary = Command::new("sleep").arg("90219").spawn().unwrap();
    let shared = Command::new("ipcmk")
        .args(["-M", "64"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let shared = String::from_utf8(shared.stdout).unwrap();
    let shared = shared.trim().rsplit(' ').next().unwrap().to_owned();
    let name = format!("onelayer-test-{}", std::process::id());
    let posix = std::path::Path::new("/dev/shm").join(&name);
    fs::write(&posix, "canary").unwrap();
    let segments = fs::read_to_string("/proc/sysvipc/shm").unwrap();
    let program = format!(
        "import os\n\
         for pid in [{pid}]:\n\
        \x20   for act in (lambda: os.kill(pid, 9), lambda: os.pidfd_open(pid), lambda: os.getpgid(pid)):\n\
        \x20       try: act(); print('reached', pid)\n\
        \x20       except OSError as e: print(e.strerror)\n\
         print([len(open('/proc/sysvipc/' + kind).readlines()) for kind in ('shm', 'sem', 'msg')])\n\
         print(os.listdir('/dev/shm'))\n\
         open('/dev/shm/{name}', 'w').write('changed')\n\
         import ctypes\n\
         print(ctypes.CDLL(None).shmget(4711, 64, 0o1600) >= 0)",
        pid = canary.id(),
    );
    sandbox.command[3] = program.into();
    let output = run(&sandbox);
    let survives = canary.try_wait().unwrap().is_none();
    canary.kill().unwrap();
    canary.wait().unwrap();
    let canaries = fs::read_to_string(&posix).unwrap();
    fs::remove_file(&posix).unwrap();
    let after = fs::read_to_string("/proc/sysvipc/shm").unwrap();
    let removed = Command::new("ipcrm")
        .args(["-m", &shared])
        .status()
        .unwrap();
    assert!(removed.success() && survives);
    assert_eq!(
        (canaries.as_str(), after.lines().count()),
        ("canary", segments.lines().count())
    );
    let expected = format!("{}[1, 1, 1]\n[]\nTrue\n", "No such process\n".repeat(3));
    assert_eq!(output, expected);
}
