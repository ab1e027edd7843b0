//! Parts of other roots, and secrets.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use onelayer::sandbox::Mount;

use super::{Lab, ready, run};

/// `source` of another root at `target`; that root has a file, links out of it, and room for changes.
fn part(lab: &Lab, source: &str, directory: bool, target: &str, writable: bool) -> Mount {
    let other = lab.path("other");
    if !other.exists() {
        fs::create_dir_all(other.join("lower/data/deep")).unwrap();
        fs::write(other.join("lower/data/file"), "from the other root").unwrap();
        fs::write(other.join("lower/data/tool"), "").unwrap();
        let mode = fs::Permissions::from_mode(0o4755);
        fs::set_permissions(other.join("lower/data/tool"), mode).unwrap();
        symlink("../../../../../data", other.join("lower/data/up")).unwrap();
        symlink("/etc", other.join("lower/out")).unwrap();
        symlink("data", other.join("lower/link")).unwrap();
    }
    let name = target.replace('/', "-");
    let room = |kind: &str| {
        let path = other.join(format!("{kind}{name}"));
        fs::create_dir_all(&path).unwrap();
        path
    };
    Mount::Part {
        lower: vec![other.join("lower")],
        upper: room("upper"),
        work: room("work"),
        source: PathBuf::from(source),
        directory,
        target: PathBuf::from(target),
        writable,
    }
}

#[test]
fn a_part_is_what_links_lead_to_inside_the_other_root() {
    if !ready() {
        return;
    }
    let lab = Lab::new();
    let mut sandbox = lab.script(
        "ls /whole /a; cat /b; echo; cat /a/file; echo; (touch /a/new || echo x > /b) 2>&1 | \
         grep -c Read-only; grep ' /a ' /proc/self/mounts | grep -c nosuid,nodev",
    );
    sandbox.mounts = vec![
        part(&lab, "/", true, "/whole", false),
        part(&lab, "/link/up", true, "/a", false),
        part(&lab, "/link/file", false, "/b", false),
    ];
    let text = run(&sandbox);
    assert_eq!(
        text,
        "/a:\ndeep\nfile\ntool\nup\n\n/whole:\ndata\nlink\nout\nfrom the other root\nfrom the other \
         root\n2\n1\n"
    );
    assert!(lab.changes().is_empty(), "{:?}", lab.changes());
}

#[test]
fn what_is_written_goes_to_the_upper_directory_alone() {
    if !ready() {
        return;
    }
    let lab = Lab::new();
    let mut sandbox = lab.script("echo new > /w/new; rm /w/file; ls /w /w/in");
    let inner = Mount::Tmpfs {
        target: PathBuf::from("/w/in"),
        size: None,
        mode: 0o755,
    };
    sandbox.mounts = vec![part(&lab, "/data", true, "/w", true), inner];
    assert_eq!(run(&sandbox), "/w:\ndeep\nin\nnew\ntool\nup\n\n/w/in:\n");
    assert!(lab.changes().is_empty(), "{:?}", lab.changes());
    let lower = lab.path("other/lower/data");
    assert_eq!(
        fs::read(lower.join("file")).unwrap(),
        b"from the other root"
    );
    assert!(!lower.join("new").exists());
    assert!(lab.path("other/upper-w/data/new").is_file());
}

#[test]
fn a_read_only_part_has_places_for_other_mounts() {
    if !ready() {
        return;
    }
    let lab = Lab::new();
    let mut sandbox = lab.script(
        "echo x > /r/made/here/file; cat /r/made/here/file; touch /r/no 2> /dev/null || echo no",
    );
    let inner = Mount::Tmpfs {
        target: PathBuf::from("/r/made/here"),
        size: None,
        mode: 0o755,
    };
    sandbox.mounts = vec![part(&lab, "/data", true, "/r", false), inner];
    assert_eq!(run(&sandbox), "x\nno\n");
    assert!(!Path::new(&lab.path("other/lower/data/made")).exists());
}

#[test]
fn a_secret_is_for_its_owner_and_cannot_be_changed() {
    if !ready() {
        return;
    }
    let lab = Lab::new();
    let mut sandbox = lab.script(
        "stat -c '%a %u:%g' /s; cat /s 2>&1; (echo x > /s || rm /s || mv /s /t) 2>&1 | grep -c /s; cat /p",
    );
    let secret = |target: &str, owner: (u32, u32)| Mount::Secret {
        target: PathBuf::from(target),
        contents: b"value\n".to_vec(),
        mode: 0o400,
        owner,
    };
    sandbox.mounts = vec![secret("/s", (1, 2)), secret("/p", (3, 4))];
    sandbox.user = onelayer::sandbox::User::Id {
        uid: 3,
        gid: 4,
        groups: Vec::new(),
    };
    assert_eq!(
        run(&sandbox),
        "400 1:2\ncat: can't open '/s': Permission denied\n3\nvalue\n"
    );
    assert!(lab.changes().is_empty(), "{:?}", lab.changes());
}
