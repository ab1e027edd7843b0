//! What is in the upper directory afterwards: what the command did, and nothing else.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use onelayer::sandbox::{Exit, Mount, Root, Sandbox};

use super::{Lab, busybox, exactly, listing, ready, run, script, try_run};

fn resolv_conf() -> Mount {
    Mount::File {
        target: PathBuf::from("/etc/resolv.conf"),
        contents: b"nameserver 192.0.2.1\n".to_vec(),
        mode: 0o644,
    }
}

#[test]
fn doing_nothing_changes_nothing() {
    if !ready() {
        return;
    }
    let lab = Lab::new();
    run(&lab.script("ls -R / >/dev/null 2>&1; echo x > /tmp/x; echo y > /run/y; mkdir /dev/shm/d"));
    assert_eq!(lab.changes(), exactly(&[]));
}

#[test]
fn changes_are_exactly_those_of_the_command() {
    if !ready() {
        return;
    }
    let lab = Lab::new();
    fs::create_dir(lab.path("lower/old")).unwrap();
    fs::write(lab.path("lower/old/file"), "1").unwrap();
    fs::write(lab.path("lower/mode"), "m").unwrap();
    let mut sandbox = lab.script(
        "rm /bin/wc; echo hello > /new; mkdir -p /a/b; ln -s /nowhere /a/link; chmod 600 /mode; \
         rm -r /old; mkdir /old; cat /etc/resolv.conf",
    );
    sandbox.mounts.push(resolv_conf());
    assert_eq!(run(&sandbox), "nameserver 192.0.2.1\n");
    assert_eq!(
        lab.changes(),
        exactly(&[
            ("a", "directory 755"),
            ("a/b", "directory 755"),
            ("a/link", "-> /nowhere"),
            ("bin", "directory 755"),
            ("bin/wc", "whiteout"),
            ("mode", "file 600 m"),
            ("new", "file 644 hello\n"),
            ("old", "directory 755"),
        ])
    );
    // A second command goes on where the first ended, in the same directories.
    sandbox.command = vec!["/bin/sh".into(), "-c".into(), "cat /new; rm /new".into()];
    assert_eq!(run(&sandbox), "hello\n");
    assert!(!lab.changes().contains_key("new"));
}

#[test]
fn hidden_mount_points_are_made_and_removed() {
    if !ready() {
        return;
    }
    let lab = Lab::new();
    for name in ["tmp", "run", "proc", "sys", "dev"] {
        rustix::fs::mknodat(
            rustix::fs::CWD,
            lab.path("lower").join(name),
            rustix::fs::FileType::CharacterDevice,
            rustix::fs::Mode::empty(),
            0,
        )
        .unwrap();
    }
    let sandbox = lab.script("ls / | tr '\\n' ' '; touch /tmp/x");
    assert_eq!(run(&sandbox), "bin dev proc run sys tmp \n");
    assert_eq!(lab.changes(), exactly(&[]));
    // Hidden by the upper directory itself, which stays as it is.
    let lab = Lab::new();
    fs::create_dir(lab.path("lower/tmp")).unwrap();
    run(&lab.script("true"));
    rustix::fs::mknodat(
        rustix::fs::CWD,
        lab.path("upper/tmp"),
        rustix::fs::FileType::CharacterDevice,
        rustix::fs::Mode::empty(),
        0,
    )
    .unwrap();
    run(&lab.script("touch /tmp/x"));
    assert_eq!(lab.changes(), exactly(&[("tmp", "whiteout")]));
}

#[test]
fn resolv_conf_may_be_any_link() {
    if !ready() {
        return;
    }
    let host = tempfile::tempdir().unwrap();
    let canary = host.path().join("canary");
    fs::write(&canary, "host").unwrap();
    let deep = "../../../../../../../run/systemd/resolve/stub-resolv.conf";
    for (name, link) in [
        ("absolute", "/run/resolv.conf"),
        ("relative", "../usr/lib/resolv.conf"),
        ("dangling", "/nowhere/at/all"),
        ("more `..` than depth", deep),
        ("outside", canary.to_str().unwrap()),
    ] {
        let lab = Lab::new();
        fs::create_dir_all(lab.path("lower/etc")).unwrap();
        fs::create_dir_all(lab.path("lower/usr/lib")).unwrap();
        symlink(link, lab.path("lower/etc/resolv.conf")).unwrap();
        let mut sandbox =
            lab.script("cat /etc/resolv.conf; echo x 2>/dev/null >/etc/resolv.conf; true");
        sandbox.mounts.push(resolv_conf());
        assert_eq!(run(&sandbox), "nameserver 192.0.2.1\n", "{name}");
        assert_eq!(lab.changes(), exactly(&[]), "{name}");
        assert_eq!(
            fs::read_link(lab.path("lower/etc/resolv.conf")).unwrap(),
            Path::new(link)
        );
    }
    assert_eq!(fs::read_to_string(&canary).unwrap(), "host");
    assert_eq!(fs::read_dir(host.path()).unwrap().count(), 1);
}

#[test]
fn resolv_conf_that_cannot_be_is_refused_by_name() {
    if !ready() {
        return;
    }
    for (how, found) in [
        ("loop", "a loop of symbolic links"),
        ("directory", "a directory"),
    ] {
        let lab = Lab::new();
        fs::create_dir(lab.path("lower/etc")).unwrap();
        let path = lab.path("lower/etc/resolv.conf");
        match how {
            "loop" => symlink("../etc/resolv.conf", path).unwrap(),
            _ => fs::create_dir(path).unwrap(),
        }
        let mut sandbox = lab.script("true");
        sandbox.mounts.push(resolv_conf());
        let error = try_run(&sandbox).unwrap_err().to_string();
        let expected = format!("cannot mount on `/etc/resolv.conf`: it is {found} in the root; ");
        assert!(error.starts_with(&expected), "{error}");
        assert_eq!(lab.changes(), exactly(&[]));
    }
}

#[test]
fn a_root_whose_mount_points_are_links_is_refused() {
    if !ready() {
        return;
    }
    let host = tempfile::tempdir().unwrap();
    for name in ["proc", "sys", "dev", "tmp", "run"] {
        for how in ["host", "inside", "file", "pipe"] {
            let lab = Lab::new();
            let path = lab.path("lower").join(name);
            fs::create_dir(lab.path("lower/inside")).unwrap();
            let found = match how {
                "host" => symlink(host.path(), path).map(|()| "a symbolic link"),
                "inside" => symlink("/inside", path).map(|()| "a symbolic link"),
                "pipe" => rustix::fs::mkfifoat(rustix::fs::CWD, path, 0o644.into())
                    .map(|()| "a file")
                    .map_err(Into::into),
                _ => fs::write(path, "").map(|()| "a file"),
            }
            .unwrap();
            let error = try_run(&lab.script("true")).unwrap_err().to_string();
            let expected = format!("cannot mount on `/{name}`: it is {found} in the root; ");
            assert!(error.starts_with(&expected), "{error}");
        }
    }
    assert_eq!(fs::read_dir(host.path()).unwrap().count(), 0);
}

#[test]
fn closed_mount_points_are_no_obstacle() {
    if !ready() {
        return;
    }
    use std::os::unix::fs::PermissionsExt;
    let lab = Lab::new();
    for name in ["tmp", "run", "proc", "dev"] {
        let path = lab.path("lower").join(name);
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o0)).unwrap();
    }
    run(&lab.script("touch /tmp/x /run/x && test -e /proc/self && test -e /dev/null"));
    assert_eq!(lab.changes(), exactly(&[]));
}

#[test]
fn a_directory_as_root_is_left_as_it_was() {
    if !ready() {
        return;
    }
    let lab = Lab::new();
    let before = listing(&lab.path("lower"));
    let root = Root::Bind {
        directory: lab.path("lower"),
    };
    let mut sandbox = script(root, "cat /etc/resolv.conf; ls /; echo 1 > /new");
    sandbox.mounts.push(resolv_conf());
    assert_eq!(
        run(&sandbox),
        "nameserver 192.0.2.1\nbin\ndev\netc\nproc\nrun\nsys\ntmp\n"
    );
    let mut after = listing(&lab.path("lower"));
    assert_eq!(after.remove("new").as_deref(), Some("file 644 1\n"));
    assert_eq!(after, before);
}

#[test]
fn what_the_command_puts_beside_a_mount_point_stays() {
    if !ready() {
        return;
    }
    let lab = Lab::new();
    let victim = tempfile::tempdir().unwrap();
    fs::write(victim.path().join("resolv.conf"), "").unwrap();
    let root = Root::Bind {
        directory: lab.path("lower"),
    };
    // The folder of the stub is moved away, and a link to the host takes its place.
    let text = format!(
        "echo kept > /etc/kept && mv /etc /moved && ln -s {} /etc",
        victim.path().display()
    );
    let mut sandbox = script(root, &text);
    sandbox.mounts.push(resolv_conf());
    run(&sandbox);
    assert!(victim.path().join("resolv.conf").exists());
    let after = listing(&lab.path("lower"));
    assert_eq!(after["moved/kept"], "file 644 kept\n");
    assert!(!after.contains_key("moved/resolv.conf"));
    assert!(after.contains_key("etc"));
}

#[test]
fn stubs_are_removed_when_the_command_never_started() {
    if !ready() {
        return;
    }
    let lab = Lab::new();
    let before = listing(&lab.path("lower"));
    let root = Root::Bind {
        directory: lab.path("lower"),
    };
    let error = try_run(&Sandbox::new(root, ["/missing"])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "command `/missing` not found in the root"
    );
    assert_eq!(listing(&lab.path("lower")), before);
}

#[test]
fn odd_paths_and_a_hundred_layers_work() {
    if !ready() {
        return;
    }
    let lab = Lab::new();
    let odd = lab
        .path("a:b,c\\d e\"f\n=")
        .join(OsStr::from_bytes(b"\xff\xfe"));
    let mut lower = Vec::new();
    for number in 0..100 {
        let layer = odd.join(format!("layer:{number}"));
        fs::create_dir_all(&layer).unwrap();
        fs::write(layer.join("top"), format!("{number}\n")).unwrap();
        fs::write(layer.join(format!("only-{number}")), "").unwrap();
        lower.push(layer);
    }
    lower.push(lab.path("lower"));
    for name in ["upper,", "work:"] {
        fs::create_dir(odd.join(name)).unwrap();
    }
    let root = Root::Overlay {
        lower,
        upper: odd.join("upper,"),
        work: odd.join("work:"),
    };
    let mut sandbox = script(
        root,
        "cat /top; ls / | grep -c only; cat '/in,side/x:y'; touch /done",
    );
    fs::write(odd.join("source"), "bound\n").unwrap();
    sandbox.mounts.push(Mount::Bind {
        source: odd.join("source"),
        target: PathBuf::from("/in,side/x:y"),
        writable: false,
    });
    assert_eq!(run(&sandbox), "0\n100\nbound\n");
    assert_eq!(
        listing(&odd.join("upper,")),
        exactly(&[("done", "file 644 ")])
    );
}

#[test]
fn a_target_root_is_worked_on_from_outside() {
    if !ready() {
        return;
    }
    let lab = Lab::new();
    let tools = tempfile::tempdir().unwrap();
    busybox(tools.path());
    let at = |path: &str| PathBuf::from(path);
    let mut sandbox = script(
        Root::Empty,
        "cat /etc/tool.conf; readlink /usr; ls /buildroot; chmod 700 /buildroot/dev || exit 9; \
         touch /buildroot/dev/made; test -e /buildroot/proc/self/status || exit 8; \
         echo x > /buildroot/new; rm /buildroot/bin/wc; touch /bin/x 2>/dev/null && exit 7; \
         echo c > /cache/file; stat -c %a /root /etc/tool.conf",
    );
    fs::create_dir(lab.path("cache")).unwrap();
    sandbox.mounts = vec![
        Mount::Bind {
            source: tools.path().join("bin"),
            target: at("/bin"),
            writable: false,
        },
        Mount::Symlink {
            target: at("/usr"),
            to: at("nowhere"),
        },
        Mount::Directory {
            target: at("/root"),
            mode: 0o700,
        },
        Mount::File {
            target: at("/etc/tool.conf"),
            contents: b"[main]\n".to_vec(),
            mode: 0o640,
        },
        Mount::Bind {
            source: lab.path("cache"),
            target: at("/cache"),
            writable: true,
        },
        Mount::Overlay {
            lower: vec![lab.path("lower")],
            upper: lab.path("upper"),
            work: lab.path("work"),
            target: at("/buildroot"),
        },
        Mount::Proc {
            target: at("/buildroot/proc"),
        },
        Mount::Dev {
            target: at("/buildroot/dev"),
            writable: true,
        },
    ];
    assert_eq!(run(&sandbox), "[main]\nnowhere\nbin\ndev\nproc\n700\n640\n");
    assert_eq!(
        lab.changes(),
        exactly(&[
            ("bin", "directory 755"),
            ("bin/wc", "whiteout"),
            ("new", "file 644 x\n"),
        ])
    );
    assert_eq!(fs::read_to_string(lab.path("cache/file")).unwrap(), "c\n");
    // The target's own /proc may be a trap too.
    symlink("/bin", lab.path("upper/proc")).unwrap();
    let error = try_run(&sandbox).unwrap_err().to_string();
    assert!(
        error.starts_with("cannot mount on `/buildroot/proc`: it is a symbolic link"),
        "{error}"
    );
}

#[test]
fn sources_that_are_links_are_refused() {
    if !ready() {
        return;
    }
    let lab = Lab::new();
    symlink("/etc", lab.path("link")).unwrap();
    let mut sandbox = lab.script("true");
    sandbox.mounts = vec![Mount::Bind {
        source: lab.path("link"),
        target: PathBuf::from("/etc"),
        writable: true,
    }];
    let error = try_run(&sandbox).unwrap_err().to_string();
    assert!(
        error.starts_with("cannot open `") && error.contains("symbolic link"),
        "{error}"
    );
    let root = Root::Bind {
        directory: lab.path("link"),
    };
    let error = try_run(&script(root, "true")).unwrap_err().to_string();
    assert!(error.starts_with("cannot open the root `"), "{error}");
    let ran = try_run(&lab.script("exit 3")).unwrap();
    assert_eq!(ran.exit, Exit::Code(3));
}
