//! Work of our own that may change one folder only.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::symlink;

use onelayer::sandbox::{enclosed, landlock_version};

use crate::support::scratch;

#[test]
fn work_changes_its_folder_and_nothing_else() {
    // Those that cut files off are told apart since version 3.
    let is_there = landlock_version().is_some_and(|version| version >= 3);
    let (inside, outside) = (scratch(), scratch());
    fs::write(outside.path().join("precious"), "kept").unwrap();
    symlink(outside.path(), inside.path().join("link")).unwrap();
    let mut open = File::create(outside.path().join("open")).unwrap();
    let changes = |folder: &std::path::Path| {
        [
            fs::write(folder.join("new"), "x").is_ok(),
            fs::write(folder.join("precious"), "x").is_ok(),
            fs::create_dir(folder.join("folder")).is_ok(),
            fs::remove_file(folder.join("precious")).is_ok(),
            symlink("x", folder.join("symlink")).is_ok(),
        ]
    };
    let (within, through, written) = enclosed(inside.path(), || {
        let within = changes(inside.path());
        // What was open before stays so, and reading is free.
        assert!(fs::read("/etc/passwd").is_ok());
        let through = changes(&inside.path().join("link"));
        let threads = std::thread::scope(|scope| {
            let other = scope.spawn(|| changes(outside.path()));
            other.join().unwrap()
        });
        assert_eq!(through, threads);
        (within, through, open.write_all(b"x").is_ok())
    })
    .unwrap();
    assert_eq!(within, [true; 5]);
    assert!(written);
    if is_there {
        assert_eq!(through, [false; 5]);
        assert_eq!(fs::read(outside.path().join("precious")).unwrap(), b"kept");
    }
    // The thread was enclosed, and not this one.
    fs::write(outside.path().join("after"), "x").unwrap();
}
