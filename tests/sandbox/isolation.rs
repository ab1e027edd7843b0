//! The picture that a command has of the world.

use std::fs::{self, File};
use std::net::TcpListener;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use onelayer::sandbox::{Capability, Network, Sandbox, User};

use super::{Lab, ready, run, try_run};

#[test]
fn descriptors_are_the_standard_three() {
    if !ready() {
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = File::open("/etc").unwrap();
    let mut leaked: Vec<OwnedFd> = vec![listener.into(), folder.into()];
    for _ in 0..50 {
        leaked.push(File::open("/etc/passwd").unwrap().into());
    }
    for fd in &leaked {
        rustix::io::fcntl_setfd(fd.as_fd(), rustix::io::FdFlags::empty()).unwrap();
    }
    let lab = Lab::new();
    let output = run(&lab.script(
        "for fd in 0 1 2; do readlink /proc/$$/fd/$fd | cut -c1-5; done; \
         cd /proc/$$/fd; ls; pwd | cut -c1-6; cat <&0 | wc -c; stat -L -c %t:%T /proc/self/fd/0",
    ));
    // `ls` lists the shell's, not its own.
    assert_eq!(
        output,
        "/dev/\npipe:\npipe:\n0\n1\n2\n/proc/\n0\n1:3\n",
        "{:?}",
        leaked.iter().map(AsRawFd::as_raw_fd).collect::<Vec<_>>()
    );
}

const ELEVEN: u64 = 0x0000_0000_8004_05fb;

fn status(output: &str, key: &str) -> String {
    let line = output
        .lines()
        .find_map(|line| line.strip_prefix(&format!("{key}:")));
    line.unwrap_or_else(|| panic!("no {key} in {output}"))
        .trim()
        .to_owned()
}

#[test]
fn capabilities_are_the_eleven() {
    if !ready() {
        return;
    }
    let lab = Lab::new();
    let mut sandbox = Sandbox::new(lab.root(), ["/bin/cat", "/proc/self/status"]);
    let output = run(&sandbox);
    let eleven = format!("{ELEVEN:016x}");
    for (key, value) in [
        ("CapInh", "0000000000000000"),
        ("CapPrm", &eleven),
        ("CapEff", &eleven),
        ("CapBnd", &eleven),
        ("CapAmb", "0000000000000000"),
        ("NoNewPrivs", "1"),
        ("Groups", ""),
        ("SigBlk", "0000000000000000"),
        ("SigIgn", "0000000000000000"),
    ] {
        assert_eq!(status(&output, key), value, "{key}");
    }
    sandbox.capabilities = sandbox.capabilities.with(Capability::Mknod);
    let output = run(&sandbox);
    assert_eq!(
        status(&output, "CapEff"),
        format!("{:016x}", ELEVEN | 1 << 27)
    );
    sandbox.user = User::Id {
        uid: 1000,
        gid: 1001,
        groups: vec![7, 9],
    };
    let output = run(&sandbox);
    for (key, value) in [
        ("CapInh", "0000000000000000"),
        ("CapPrm", "0000000000000000"),
        ("CapEff", "0000000000000000"),
        ("CapAmb", "0000000000000000"),
        ("Uid", "1000\t1000\t1000\t1000"),
        ("Gid", "1001\t1001\t1001\t1001"),
        ("Groups", "7 9"),
    ] {
        assert_eq!(status(&output, key), value, "{key}");
    }
}

#[test]
fn namespaces_are_its_own() {
    if !ready() {
        return;
    }
    let lab = Lab::new();
    let names = ["cgroup", "ipc", "mnt", "net", "pid", "uts"];
    let mut sandbox =
        lab.script("for n in cgroup ipc mnt net pid uts; do readlink /proc/self/ns/$n; done");
    for network in [Network::None, Network::Host] {
        sandbox.network = network;
        let output = run(&sandbox);
        for (name, inside) in names.iter().zip(output.lines()) {
            let host = fs::read_link(format!("/proc/self/ns/{name}")).unwrap();
            let shared = *name == "net" && network == Network::Host;
            assert_eq!(host.to_str() == Some(inside), shared, "{name} {inside}");
        }
    }
}

#[test]
fn environment_limits_names_and_umask_are_fixed() {
    if !ready() {
        return;
    }
    let lab = Lab::new();
    let mut sandbox = lab.script("");
    sandbox.command = vec!["/bin/env".into()];
    sandbox.environment = vec![
        ("B".into(), "two\nlines".into()),
        ("A".into(), String::new().into()),
    ];
    assert_eq!(run(&sandbox), "B=two\nlines\nA=\n");

    let output = run(&lab.script(
        "hostname; umask; pwd; ulimit -c; ulimit -n; ulimit -Hn; cat /proc/self/cgroup | wc -l; \
         cat /proc/sys/kernel/hostname",
    ));
    let limits = fs::read_to_string("/proc/self/limits").unwrap();
    let hard: u64 = limits
        .lines()
        .find(|line| line.starts_with("Max open files"))
        .and_then(|line| line.split_whitespace().nth(4))
        .map_or(u64::MAX, |hard| hard.parse().unwrap_or(u64::MAX));
    let lines: Vec<&str> = output.lines().collect();
    let nofile = hard.min(65536).to_string();
    assert_eq!(lines[..6], ["localhost", "0022", "/", "0", "1024", &nofile]);
    assert_eq!(lines[7], "localhost");
}

#[test]
fn only_loopback_is_there_and_it_is_up() {
    if !ready() {
        return;
    }
    let lab = Lab::new();
    let output = run(&lab.script(
        "ls /sys/class/net; cat /sys/class/net/lo/flags; \
         (nc -l -p 5 >/dev/null &) ; until echo x | nc -w 2 127.0.0.1 5 2>/dev/null; do sleep 0.1; done; echo talks",
    ));
    assert_eq!(output, "lo\n0x9\ntalks\n");
}

#[test]
fn other_processes_are_out_of_reach() {
    if !ready() {
        return;
    }
    let lab = Lab::new();
    let output = run(&lab.script(
        "cd /proc; echo [0-9]*; \
         for what in exe root cwd fd/0 ns/mnt; do readlink 1/$what || echo hidden $what; done 2>/dev/null; \
         cat 1/environ 1/mem 2>/dev/null | wc -c; \
         kill -9 1; kill -STOP 1; echo alive",
    ));
    let expected =
        "1 2\nhidden exe\nhidden root\nhidden cwd\nhidden fd/0\nhidden ns/mnt\n0\nalive\n";
    assert_eq!(output, expected);
}

#[test]
fn the_binary_cannot_be_overwritten() {
    if !ready() {
        return;
    }
    let before = fs::read(env!("CARGO_BIN_EXE_onelayer")).unwrap();
    let lab = Lab::new();
    let mut sandbox = lab.script(
        // Each attempt in a shell of its own, which ends when it fails.
        "(exec 3</proc/1/exe; for i in 1 2 3; do (echo x >/proc/self/fd/3) && echo wrote; done); \
         (exec 3<>/proc/1/exe) && echo wrote; (echo x >/proc/1/exe) && echo wrote; \
         (exec 3</proc/self/exe; echo x >/proc/self/fd/3) && echo wrote; \
         (echo x >/proc/self/exe) && echo wrote; \
         echo '#!/proc/self/exe' > /tmp/loop; chmod 755 /tmp/loop; (/tmp/loop); echo end",
    );
    sandbox.capabilities = sandbox.capabilities.with(Capability::SysPtrace);
    let tried = run(&sandbox);
    assert!(
        tried.ends_with("end\n") && !tried.contains("wrote"),
        "{tried}"
    );
    assert!(before == fs::read(env!("CARGO_BIN_EXE_onelayer")).unwrap());
}

#[test]
fn kernel_files_of_the_host_are_masked_or_read_only() {
    if !ready() {
        return;
    }
    let lab = Lab::new();
    let mut sandbox = lab.script(
        "for f in kcore keys interrupts timer_list sched_debug kallsyms; do \
           test -e /proc/$f && wc -c < /proc/$f; done | sort -u; \
         for f in sys/kernel/core_pattern sys/vm/drop_caches sysrq-trigger irq/default_smp_affinity; do \
           (echo 1 > /proc/$f) 2>/dev/null && echo wrote $f; done; \
         (echo 0 > /sys/kernel/uevent_seqnum || touch /sys/x) 2>/dev/null && echo wrote sys; \
         ls /sys/firmware /sys/fs/cgroup 2>/dev/null | grep -v : | grep . ; \
         mount -t tmpfs x /bin 2>/dev/null && echo mounted; \
         mount -o remount,rw /proc/sys 2>/dev/null && echo remounted; \
         umount /proc/kcore 2>/dev/null && echo unmounted; \
         umount -l /proc 2>/dev/null && echo unmounted; \
         true",
    );
    assert_eq!(run(&sandbox), "0\n");
    sandbox.network = Network::Host;
    assert_eq!(run(&sandbox), "0\n");
}

#[test]
fn devices_are_few_and_new_ones_are_dead() {
    if !ready() {
        return;
    }
    let lab = Lab::new();
    let mut sandbox = lab.script(
        "ls /dev; cd /dev; stat -c '%n %t:%T %a' full null random tty urandom zero; \
         readlink ptmx; head -c 4 zero | wc -c; echo x > null; \
         (touch /dev/x; rm /dev/null; chmod 600 /dev) 2>/dev/null && echo changed; \
         (: < /dev/tty) 2>/dev/null && echo terminal; \
         touch /dev/shm/x /tmp/x /run/x; \
         mknod /disk b 8 0 && mknod /zero c 1 5 && mknod /tmp/zero c 1 5 && \
         for d in /disk /zero /tmp/zero; do head -c 1 $d 2>/dev/null && echo read; done; ls /dev/pts",
    );
    sandbox.capabilities = sandbox.capabilities.with(Capability::Mknod);
    let expected = "fd\nfull\nnull\nptmx\npts\nrandom\nshm\nstderr\nstdin\nstdout\ntty\nurandom\nzero\n\
                    full 1:7 666\nnull 1:3 666\nrandom 1:8 666\ntty 5:0 666\nurandom 1:9 666\nzero 1:5 666\n\
                    pts/ptmx\n4\nptmx\n";
    assert_eq!(run(&sandbox), expected);
}

#[test]
fn users_are_those_of_the_root() {
    if !ready() {
        return;
    }
    let lab = Lab::new();
    let etc = lab.path("lower/etc");
    fs::create_dir(&etc).unwrap();
    fs::write(etc.join("passwd"), "root:x:0:0::/:\napp:x:1234:1235::/:\n").unwrap();
    fs::write(etc.join("group"), "app:x:1235:\nmore:x:77:app\n").unwrap();
    let mut sandbox = lab.script("id -u; id -g; id -G; grep NoNewPrivs /proc/self/status");
    let expectations = [
        ("app", "1234\n1235\n1235 77\n"),
        ("1234", "1234\n1235\n1235 77\n"),
        ("app:more", "1234\n77\n77\n"),
        ("4711", "4711\n0\n0\n"),
        ("root", "0\n0\n0\n"),
    ];
    for (name, expected) in expectations {
        sandbox.user = User::Name(name.to_owned());
        assert_eq!(
            run(&sandbox),
            format!("{expected}NoNewPrivs:\t1\n"),
            "{name}"
        );
    }
    sandbox.user = User::Name("nobody".to_owned());
    assert_eq!(
        try_run(&sandbox).unwrap_err().to_string(),
        "unknown user `nobody`: not in the root's `/etc/passwd`; add it, or use a number"
    );
}

#[test]
fn account_files_that_are_no_files_are_refused() {
    if !ready() {
        return;
    }
    let secret = tempfile::NamedTempFile::new().unwrap();
    fs::write(secret.path(), "app:x:1:1::/:\n").unwrap();
    for (how, reason) in [
        ("mkfifo", "it is no regular file"),
        ("directory", "it is no regular file"),
        ("loop", "Too many levels of symbolic links (os error 40)"),
        ("device", "it is no regular file"),
        ("outside", "unknown user"),
    ] {
        let lab = Lab::new();
        let etc = lab.path("lower/etc");
        fs::create_dir(&etc).unwrap();
        let passwd = etc.join("passwd");
        match how {
            "mkfifo" => rustix::fs::mkfifoat(rustix::fs::CWD, &passwd, 0o644.into()).unwrap(),
            "directory" => fs::create_dir(&passwd).unwrap(),
            "loop" => std::os::unix::fs::symlink("passwd", &passwd).unwrap(),
            "device" => std::os::unix::fs::symlink("/dev/zero", &passwd).unwrap(),
            _ => std::os::unix::fs::symlink(secret.path(), &passwd).unwrap(),
        }
        let mut sandbox = lab.script("true");
        sandbox.user = User::Name("app".to_owned());
        let error = try_run(&sandbox).unwrap_err().to_string();
        assert!(error.contains(reason), "{how}: {error}");
    }
}
