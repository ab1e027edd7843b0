//! Contexts that lead out: by links, and by what changes while a build reads them.

use std::fs;
use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::Attack;

/// Ends who waits for it, also when an assertion fails.
struct Ending<'a>(&'a AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_folder_that_becomes_a_link_while_it_is_read_leads_nowhere() {
    let Some(attack) = Attack::new("  - copy: dir\n    to: /d\n") else {
        return;
    };
    let context = attack.workspace.context();
    fs::create_dir(context.join("dir")).unwrap();
    fs::write(context.join("dir/file"), "inside").unwrap();
    symlink(attack.canary.path(), context.join("link")).unwrap();
    let done = AtomicBool::new(false);
    let done = &done;
    thread::scope(|scope| {
        let _end = Ending(done);
        let (one, other) = (context.join("dir"), context.join("link"));
        scope.spawn(move || {
            let flags = rustix::fs::RenameFlags::EXCHANGE;
            let cwd = rustix::fs::CWD;
            while !done.load(Ordering::Relaxed) {
                rustix::fs::renameat_with(cwd, &one, cwd, &other, flags).unwrap();
                thread::sleep(std::time::Duration::from_micros(50));
            }
        });
        for round in 0..20 {
            let output = format!("rootfs:root-{round}");
            let built = attack.workspace.build(&["--no-cache", "-o", &output]);
            assert!(matches!(built.code, Some(0 | 1 | 3)), "{}", built.stderr);
            let copied = attack.workspace.path(&format!("root-{round}/d"));
            if copied.exists() {
                assert!(!copied.is_symlink());
                let names = crate::command_line::names(&copied);
                let text = fs::read_to_string(copied.join("file")).unwrap();
                assert!(names == ["file"] && text == "inside", "{names:?} {text}");
            }
        }
    });
}

#[test]
fn a_list_of_what_to_leave_out_is_a_short_file_of_the_context() {
    let Some(attack) = Attack::new("  - copy: dir\n    to: /d\n") else {
        return;
    };
    attack.workspace.write("dir/file", "");
    let file = attack.workspace.context().join(".onelayerignore");
    symlink(attack.canary.path().join("passwd"), &file).unwrap();
    attack.refused(
        5,
        "`.onelayerignore` is a link that leads out of the context",
    );
    fs::remove_file(&file).unwrap();
    let endless = fs::File::create(&file).unwrap();
    endless.set_len(3 << 30).unwrap();
    attack.refused(5, "it is larger than 1048576 bytes");
}

#[test]
fn sources_that_lead_out_or_are_no_files_are_refused() {
    for (source, told) in [
        ("../canary", "leads out of"),
        ("'@/file'", "is absolute"),
        ("out", "`out` leads out of"),
        ("out/file", "leads out of"),
        ("o*", "`out` leads out of"),
        ("device", "`device` leads out of"),
        ("special", "`special/socket` is a socket"),
    ] {
        let Some(attack) = Attack::new(&format!("  - copy: {source}\n    to: /d/\n")) else {
            return;
        };
        let context = attack.workspace.context();
        symlink(attack.canary.path(), context.join("out")).unwrap();
        symlink("/dev/zero", context.join("device")).unwrap();
        fs::create_dir(context.join("special")).unwrap();
        let socket = std::os::unix::net::UnixListener::bind(context.join("special/socket"));
        drop(socket.unwrap());
        attack.refused(1, told);
    }
}

#[test]
fn what_is_left_out_is_not_walked() {
    let Some(attack) = Attack::new("  - copy: .\n    to: /all/\n") else {
        return;
    };
    let context = attack.workspace.context();
    fs::write(context.join(".onelayerignore"), ".git/\n").unwrap();
    fs::create_dir_all(context.join(".git/objects")).unwrap();
    let names = |digest: &str| {
        let strace = [
            "strace",
            "-f",
            "-qq",
            "-o",
            "trace",
            "-e",
            "trace=openat,openat2,statx,newfstatat,readlink",
        ];
        let words = ["build", "context", "-o", "oci:out"];
        let built = crate::support::workspace::run(&mut attack.workspace.below(&strace, &words));
        let built = built.digest();
        assert!(digest.is_empty() || built == digest);
        let trace = fs::read_to_string(attack.workspace.path("trace")).unwrap();
        (
            built,
            trace.matches(".git").count(),
            trace.contains("objects"),
        )
    };
    if !crate::support::workspace::require_tool("strace") {
        return;
    }
    let (digest, few, _) = names("");
    for number in 0..5000 {
        fs::write(context.join(format!(".git/objects/{number}")), "x").unwrap();
    }
    // What nobody could read is no obstacle either.
    symlink(attack.canary.path(), context.join(".git/out")).unwrap();
    let (_, many, objects) = names(&digest);
    assert!(few == many && !objects, "{few} {many}");
}
