//! Attempts to get out, to stay, or to hold the caller up.

use std::fs;
use std::io::Read;
use std::os::fd::AsRawFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use onelayer::sandbox::{
    Cancel, CapabilitySet, Exit, Launcher, Mount, Network, Root, Sandbox, SandboxError,
};

use super::{LAUNCHER, Lab, ready, run};
use crate::support::twin::Twin;
use crate::support::{self, LONG, within};

/// A Python of the host in a root that is thrown away.
pub(crate) fn python(program: &str) -> Option<Sandbox> {
    if !ready() || !support::require_tool("/usr/bin/python3") {
        return None;
    }
    let path = PathBuf::from;
    let mut sandbox = Sandbox::new(Root::Empty, ["/usr/bin/python3", "-I", "-c", program]);
    sandbox.mounts = vec![Mount::Bind {
        source: path("/usr"),
        target: path("/usr"),
        writable: false,
    }];
    for name in ["bin", "lib", "lib64"] {
        sandbox.mounts.push(Mount::Symlink {
            target: path("/").join(name),
            to: path("usr").join(name),
        });
    }
    Some(sandbox)
}

fn listen(name: &str) -> UnixListener {
    UnixListener::bind_addr(&SocketAddr::from_abstract_name(name).unwrap()).unwrap()
}

#[test]
fn the_old_root_cannot_be_walked_to() {
    let Some(sandbox) = python(
        "import os\n\
         os.mkdir('/x'); top = os.open('/', os.O_RDONLY); os.chroot('/x'); os.fchdir(top)\n\
         for _ in range(100): os.chdir('..')\n\
         os.chroot('.')\n\
         print(sorted(os.listdir('/')))\n\
         for fd in range(3, 64):\n\
        \x20   try: os.fchdir(fd); print('entered', fd, os.getcwd())\n\
        \x20   except OSError: pass",
    ) else {
        return;
    };
    assert_eq!(
        run(&sandbox),
        "['bin', 'dev', 'lib', 'lib64', 'proc', 'run', 'sys', 'tmp', 'usr', 'x']\nentered 3 /\n"
    );
}

#[test]
fn forbidden_system_calls_fail() {
    let Some(sandbox) = python(
        "import ctypes, os\n\
         c = ctypes.CDLL(None, use_errno=True)\n\
         def no(name, *arguments):\n\
        \x20   if getattr(c, name)(*arguments) != -1: print('allowed', name)\n\
         no('mount', b'x', b'/tmp', b'tmpfs', 0, 0)\n\
         no('umount2', b'/proc', 2)\n\
         no('unshare', 0x00020000)\n\
         no('unshare', 0x40000000)\n\
         no('setns', os.open('/proc/self/ns/mnt', os.O_RDONLY), 0)\n\
         no('ptrace', 16, 1, 0, 0)\n\
         no('reboot', 0)\n\
         no('swapon', b'/x', 0)\n\
         no('sethostname', b'x', 1)\n\
         no('pivot_root', b'/', b'/')\n\
         no('open_by_handle_at', 3, b'x' * 64, 0)\n\
         no('mknod', b'/tmp/disk', 0o60644, 0x800)\n\
         no('init_module', b'', 0, b'')\n\
         no('settimeofday', b'\\0' * 16, 0)\n\
         no('setpriority', 0, 0, -20)\n\
         no('process_vm_readv', 1, 0, 0, 0, 0, 1)\n\
         print('done')",
    ) else {
        return;
    };
    assert_eq!(run(&sandbox), "done\n");
}

#[test]
fn abstract_sockets_of_the_host_need_the_hosts_network() {
    let Some(mut sandbox) = python(
        "import socket\n\
         s = socket.socket(socket.AF_UNIX)\n\
         try: s.connect('\\0onelayer-test-abstract'); print('reached')\n\
         except OSError as e: print(e.strerror)",
    ) else {
        return;
    };
    let _listener = listen("onelayer-test-abstract");
    assert_eq!(run(&sandbox), "Connection refused\n");
    sandbox.network = Network::Host;
    assert_eq!(run(&sandbox), "reached\n");
}

#[test]
fn an_output_that_was_handed_out_does_not_hold_the_caller() {
    let Some(mut sandbox) = python(
        "import socket\n\
         s = socket.socket(socket.AF_UNIX)\n\
         s.connect('\\0onelayer-test-handed-out')\n\
         socket.send_fds(s, [b'x'], [1]); s.recv(1)\n\
         print('end')",
    ) else {
        return;
    };
    sandbox.network = Network::Host;
    let listener = listen("onelayer-test-handed-out");
    let (give_back, wait) = std::sync::mpsc::channel::<()>();
    let keeper = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut space = nix::cmsg_space!(std::os::fd::RawFd);
        let mut byte = [0];
        let mut parts = [std::io::IoSliceMut::new(&mut byte)];
        let flags = nix::sys::socket::MsgFlags::empty();
        let fd = stream.as_raw_fd();
        let message =
            nix::sys::socket::recvmsg::<()>(fd, &mut parts, Some(&mut space), flags).unwrap();
        // The descriptor stays open: nobody closes it.
        assert_eq!(message.cmsgs().unwrap().count(), 1);
        use std::io::Write;
        stream.write_all(b"x").unwrap();
        let _ = stream.read(&mut [0]);
        // Whoever waits for the end of the output is found out below, and not left waiting.
        let _ = wait.recv_timeout(2 * LONG);
    });
    let started = Instant::now();
    assert_eq!(run(&sandbox), "end\n");
    assert!(started.elapsed() < LONG);
    give_back.send(()).unwrap();
    keeper.join().unwrap();
}

#[test]
fn stopped_and_many_processes_end_too() {
    if !ready() {
        return;
    }
    let lab = Lab::new();
    let mut sandbox = lab.script(
        "i=0; while [ $i -lt 500 ]; do sleep 90215 & kill -STOP $!; i=$((i+1)); done; echo ready; \
         kill -STOP $$",
    );
    sandbox.grace = Duration::from_millis(200);
    let cancel = Cancel::new().unwrap();
    let mut is_ready = false;
    let exit = LAUNCHER.run(
        &sandbox,
        &mut |line| {
            is_ready = line == b"ready";
            cancel.cancel();
        },
        &cancel,
    );
    assert_eq!((exit, is_ready), (Ok(Exit::Cancelled), true));
    assert_eq!(processes("90215"), Vec::<u32>::new());
}

/// Processes of the host that run `sleep NUMBER`.
fn processes(number: &str) -> Vec<u32> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let text = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        if text == format!("sleep\0{number}\0").into_bytes() {
            found.push(entry.file_name().to_str().unwrap().parse().unwrap());
        }
    }
    found
}

fn parent(pid: u32) -> u32 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("PPid:"));
    line.unwrap().trim().parse().unwrap()
}

#[test]
fn a_killed_guard_takes_everything_with_it() {
    if !ready() {
        return;
    }
    for (levels, number) in [(3, "90216"), (2, "90217")] {
        let lab = Lab::new();
        let sandbox = lab.script(&format!("echo up; sleep {number}; echo on"));
        let ended = LAUNCHER.run(
            &sandbox,
            &mut |_| {
                let mut pid = loop {
                    if let [pid] = processes(number)[..] {
                        break pid;
                    }
                };
                // sleep, sh, pid 1, guard
                for _ in 0..levels {
                    pid = parent(pid);
                }
                let status = Command::new("kill").args(["-9", &pid.to_string()]).status();
                assert!(status.unwrap().success());
            },
            &Cancel::new().unwrap(),
        );
        assert_eq!(ended, Err(SandboxError::Lost), "{levels}");
        assert!(within(LONG, || processes(number).is_empty()), "{levels}");
    }
}

#[test]
fn a_panicking_listener_leaves_nothing() {
    if !ready() {
        return;
    }
    let lab = Lab::new();
    let sandbox = lab.script("echo up; trap '' TERM; sleep 90218; sleep 90218");
    let caught = thread::scope(|scope| {
        scope
            .spawn(|| {
                LAUNCHER.run(
                    &sandbox,
                    &mut |_| panic!("on purpose"),
                    &Cancel::new().unwrap(),
                )
            })
            .join()
    });
    assert!(caught.is_err());
    assert_eq!(processes("90218"), Vec::<u32>::new());
}

#[test]
fn without_capabilities_even_root_is_nobody() {
    if !ready() {
        return;
    }
    let lab = Lab::new();
    fs::write(lab.path("lower/secret"), "").unwrap();
    let mut sandbox = lab.script(
        "grep Cap /proc/self/status | cut -f2 | sort -u; chown 5 /secret 2>/dev/null || echo kept",
    );
    sandbox.capabilities = CapabilitySet::none();
    assert_eq!(run(&sandbox), "0000000000000000\nkept\n");
}

/// What an ordinary user hears; the program is in `folder`.
fn try_without_privilege(folder: &Path) {
    let sandbox = Sandbox::new(
        Root::Bind {
            directory: folder.to_owned(),
        },
        ["/bin/true"],
    );
    let error = Launcher::new(folder.join("onelayer"))
        .run(&sandbox, &mut |_| {}, &Cancel::new().unwrap())
        .unwrap_err();
    assert!(error.is_unsupported());
    assert_eq!(
        error.to_string(),
        "cannot make a process id namespace: Operation not permitted (os error 1); run as root, \
         and in a container with the capability SYS_ADMIN and without a seccomp profile that \
         forbids mounts (`--privileged`)"
    );
}

#[test]
fn an_ordinary_user_is_told_what_is_needed() {
    let twin = Twin::of(an_ordinary_user_is_told_what_is_needed);
    if let Some(folder) = twin.folder() {
        return try_without_privilege(&folder);
    }
    if !ready() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::copy(
        env!("CARGO_BIN_EXE_onelayer"),
        folder.path().join("onelayer"),
    )
    .unwrap();
    twin.expect_as_nobody(folder.path());
}
