//! What is looked at may be anybody's: nothing hangs, nothing is believed.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use onelayer::doctor::{Host, Report, State, examine};
use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::support::scratch;

/// Longer than any examination may take, on a machine with much else to do.
const LONG: Duration = Duration::from_secs(30);

/// A host whose files are in `folder`, which has no programs.
fn host(folder: &Path) -> Host {
    let mut host = Host::new(
        folder.join("cache"),
        folder.to_owned(),
        vec![folder.to_owned()],
    );
    host.program = env!("CARGO_BIN_EXE_onelayer").into();
    host
}

fn examined(host: &Host) -> Report {
    let start = Instant::now();
    let report = examine(host);
    assert!(start.elapsed() < LONG, "{:?}", start.elapsed());
    report
}

fn program(folder: &Path, name: &str, script: &str) {
    let path = folder.join(name);
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Files that are not what their names promise.
fn hostile_files(folder: &Path) -> Vec<PathBuf> {
    let at = |name: &str| folder.join(name);
    let mut huge = fs::File::create(at("huge")).unwrap();
    huge.write_all(b"nobody:100000:65536\nID=").unwrap();
    huge.set_len(1 << 40).unwrap();
    let lines = "nobody:1:1\n".repeat(1_000_000);
    fs::write(at("lines"), lines).unwrap();
    let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    fs::write(at("binary"), bytes).unwrap();
    fs::write(at("nul"), b"\0nobody\0:100000:65536\n\0ID=debian\n").unwrap();
    fs::write(
        at("numbers"),
        "nobody:99999999999999999999:1\nnobody:4294967295:4294967295\nnobody:-1:-1\nroot:::\n",
    )
    .unwrap();
    fs::write(at("escapes"), "ID=\x1b[31mdebian\nnobody\x1b[2J:1:65536\n").unwrap();
    mknodat(CWD, at("pipe"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    symlink("loop", at("loop")).unwrap();
    fs::create_dir(at("folder")).unwrap();
    let names = [
        "huge", "lines", "binary", "nul", "numbers", "escapes", "pipe", "loop", "folder", "missing",
    ];
    let names = names.map(at).into_iter();
    names
        .chain([PathBuf::from("/dev/zero"), PathBuf::from("/proc/self/mem")])
        .collect()
}

#[test]
fn files_that_are_not_what_they_should_be() {
    let folder = scratch();
    let plain = examined(&host(folder.path()));
    for path in hostile_files(folder.path()) {
        let mut host = host(folder.path());
        host.os_release = vec![path.clone()];
        host.subordinate_users = path.clone();
        host.subordinate_groups = path.clone();
        let report = examined(&host);
        assert_eq!(report.builds, plain.builds, "{}", path.display());
        assert_eq!(report.examinations.len(), plain.examinations.len());
        let text = report.to_text(false);
        assert!(
            !text.contains(['\x1b', '\0']),
            "{}: {text:?}",
            path.display()
        );
        assert!(text.len() < 100_000, "{}", path.display());
    }
}

#[test]
fn a_kernel_that_tells_nothing() {
    let folder = scratch();
    for name in ["empty", "hostile"] {
        fs::create_dir_all(folder.path().join(name).join("sys/kernel")).unwrap();
    }
    let pipe = folder.path().join("hostile/sys/kernel/osrelease");
    mknodat(CWD, pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    for name in ["empty", "hostile"] {
        let mut host = host(folder.path());
        host.proc = folder.path().join(name);
        host.cgroups = folder.path().join(name);
        let report = examined(&host);
        assert_eq!(report.examination("kernel").unwrap().state, State::Limited);
        assert_eq!(report.examination("cgroups").unwrap().state, State::Limited);
    }
}

#[test]
fn programs_that_hang_or_talk_too_much() {
    let folder = scratch();
    let programs = folder.path().join("programs");
    fs::create_dir(&programs).unwrap();
    program(
        &programs,
        "docker",
        "trap '' TERM; sleep 1000 & wait; sleep 1000",
    );
    program(
        &programs,
        "skopeo",
        "while :; do echo skopeo skopeo skopeo; done",
    );
    program(
        &programs,
        "podman",
        "printf '\\033[31mpodman\\033[0m'; head -c 100000 /dev/zero",
    );
    program(&programs, "rpm", "kill -9 $$");
    program(&programs, "dpkg", "echo dpkg 1; sleep 1000 &");
    fs::write(programs.join("apt-get"), "no program").unwrap();
    let mut host = host(folder.path());
    // Folders that are not absolute do not count: anybody may have written what is in them.
    host.search = vec![
        PathBuf::from("."),
        programs,
        PathBuf::from("/usr/bin"),
        PathBuf::from("/bin"),
    ];
    host.patience = Duration::from_secs(2);
    let report = examined(&host);
    let found = |name: &str| report.examination(name).unwrap();
    assert_eq!(found("docker").state, State::Limited);
    assert!(
        found("docker").found.contains("no answer within 2 s"),
        "{:?}",
        found("docker")
    );
    assert!(
        found("skopeo").found.contains("no answer within 2 s"),
        "{:?}",
        found("skopeo")
    );
    assert!(found("podman").found.len() < 1000);
    assert!(
        found("rpm").found.contains("does not tell its version"),
        "{:?}",
        found("rpm")
    );
    assert!(
        found("dpkg").found.ends_with("(dpkg 1)"),
        "{:?}",
        found("dpkg")
    );
    assert!(!report.to_text(false).contains('\x1b'));
    assert!(
        report
            .to_text(true)
            .contains("\x1b[32mok     \x1b[0m  kernel")
    );
}

#[test]
fn a_daemon_that_answers_or_refuses() {
    let folder = scratch();
    program(folder.path(), "docker", "echo 27.0.1");
    let report = examined(&host(folder.path()));
    let docker = report.examination("docker").unwrap();
    assert_eq!(docker.state, State::Ok);
    assert!(docker.found.ends_with("(server 27.0.1)"), "{docker:?}");
    let warning = "WARNING: Error loading config file: permission denied";
    let refuses = |line: &str| {
        let script = format!("echo '{warning}' >&2; echo '{line}' >&2; exit 1");
        program(folder.path(), "docker", &script);
    };
    refuses("Cannot connect to the Docker daemon at unix:///var/run/docker.sock.");
    let report = examined(&host(folder.path()));
    let docker = report.examination("docker").unwrap();
    assert_eq!(docker.state, State::Limited);
    assert!(docker.found.contains("Cannot connect"), "{docker:?}");
    let cure = docker.cure.as_deref().unwrap();
    assert!(cure.contains(" start"), "{cure}");
    refuses("permission denied while trying to connect to unix:///var/run/docker.sock");
    let report = examined(&host(folder.path()));
    let docker = report.examination("docker").unwrap();
    assert_eq!(docker.state, State::Limited);
    let cure = docker.cure.as_deref().unwrap();
    assert!(cure.contains("usermod --append --groups docker "), "{cure}");
}

#[test]
fn trials_that_die_or_hang() {
    let folder = scratch();
    program(folder.path(), "dies", "kill -9 $$");
    program(folder.path(), "lies", "echo '{\"isolation\": 3}'");
    program(folder.path(), "hangs", "sleep 1000");
    for (name, says) in [("dies", "died"), ("lies", "died"), ("hangs", "no answer")] {
        let mut host = host(folder.path());
        host.program = folder.path().join(name);
        host.patience = Duration::from_millis(500);
        let report = examined(&host);
        let isolation = report.examination("isolation").unwrap();
        assert_eq!(isolation.state, State::Missing);
        assert!(isolation.found.contains(says), "{isolation:?}");
        assert_eq!(report.isolation, None);
    }
    let names = crate::command_line::names(folder.path());
    assert!(
        !names.iter().any(|name| name.starts_with(".onelayer")),
        "{names:?}"
    );
}

/// Each distribution is told the command of its own.
#[test]
fn cures_are_those_of_the_distribution() {
    let folder = scratch();
    for (release, command) in [
        ("ID=debian\n", "apt-get install skopeo"),
        (
            "ID=pop\nID_LIKE=\"ubuntu debian\"\n",
            "apt-get install skopeo",
        ),
        ("ID=fedora\n", "dnf install skopeo"),
        (
            "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n",
            "dnf install skopeo",
        ),
        (
            "ID=\"opensuse-tumbleweed\"\nID_LIKE=\"opensuse suse\"\n",
            "zypper install skopeo",
        ),
        ("ID=alpine\n", "apk add skopeo"),
        ("ID=arch\n", "pacman -S skopeo"),
    ] {
        let path = folder.path().join("os-release");
        fs::write(&path, release).unwrap();
        let mut host = host(folder.path());
        host.os_release = vec![folder.path().join("missing"), path];
        let report = examined(&host);
        let skopeo = report.examination("skopeo").unwrap();
        assert_eq!(skopeo.state, State::Missing);
        let cure = skopeo.cure.as_deref().unwrap();
        assert_eq!(cure.strip_prefix("sudo ").unwrap_or(cure), command);
    }
    let mut host = host(folder.path());
    host.os_release = Vec::new();
    let report = examined(&host);
    assert_eq!(report.examination("skopeo").unwrap().cure, None);
}
