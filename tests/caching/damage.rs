//! What is not as it was is never in an image.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, chown, symlink};
use std::path::Path;

use crate::support::require_root;
use crate::support::workspace::Workspace;

use super::{build, cache, kept, sets, workspace};

type Damage = fn(&Workspace);

/// Writes other bytes, with the same length and time.
fn flip(path: &Path) {
    let before = fs::metadata(path).unwrap();
    let mut bytes = fs::read(path).unwrap();
    bytes[3] ^= 1;
    fs::write(path, bytes).unwrap();
    let file = File::options().write(true).open(path).unwrap();
    file.set_modified(before.modified().unwrap()).unwrap();
    let after = fs::metadata(path).unwrap();
    assert_eq!((before.len(), before.mtime()), (after.len(), after.mtime()));
}

const DAMAGES: [(&str, Damage); 11] = [
    ("a byte", |work| flip(&kept(work, "app/lib/data"))),
    ("cut off", |work| {
        let file = File::options().write(true).open(kept(work, "app/lib/data"));
        file.unwrap().set_len(100).unwrap();
    }),
    ("gone", |work| {
        fs::remove_file(kept(work, "app/app.py")).unwrap()
    }),
    ("a folder", |work| {
        let path = kept(work, "app/app.py");
        fs::remove_file(&path).unwrap();
        fs::create_dir(path).unwrap();
    }),
    ("a link", |work| {
        let path = kept(work, "app/app.py");
        fs::remove_file(&path).unwrap();
        symlink("/etc/passwd", path).unwrap();
    }),
    ("one more", |work| {
        let folder = kept(work, "app/lib");
        fs::write(folder.join("foreign"), "foreign").unwrap();
    }),
    ("mode", |work| {
        let path = kept(work, "app/app.py");
        let mut permissions = fs::metadata(&path).unwrap().permissions();
        std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o4755);
        fs::set_permissions(path, permissions).unwrap();
    }),
    ("all of it", |work| {
        let path = kept(work, "app");
        fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }),
    ("the folder a link", |work| {
        let path = kept(work, "app");
        let upper = path.parent().unwrap();
        fs::rename(upper, work.path("elsewhere")).unwrap();
        symlink(work.path("elsewhere"), upper).unwrap();
    }),
    ("the record", |work| {
        let path = kept(work, "app");
        let set = path.parent().unwrap().parent().unwrap();
        let record = File::options().write(true).open(set.join("record.json"));
        record.unwrap().set_len(40).unwrap();
    }),
    ("the lock", |work| {
        let path = kept(work, "app");
        let set = path.parent().unwrap().parent().unwrap();
        fs::remove_file(set.join("lock")).unwrap();
    }),
];

#[test]
fn damage_is_found_and_made_good_by_the_next_build() {
    let workspace = workspace();
    let (_, first) = build(&workspace, &[]);
    for (what, damage) in DAMAGES {
        damage(&workspace);
        let (ran, digest) = build(&workspace, &[]);
        assert_eq!(digest, first, "{what}");
        assert_eq!(ran, [1], "{what}");
        let _ = fs::remove_dir_all(workspace.path("elsewhere"));
        cache(&workspace, &["verify"], 0);
        assert_eq!(sets(&workspace).len(), 3, "{what}");
    }
}

#[test]
fn damage_is_found_dropped_and_named_by_verify() {
    let workspace = workspace();
    let (_, first) = build(&workspace, &[]);
    for (what, damage) in DAMAGES {
        damage(&workspace);
        let found = cache(&workspace, &["verify"], 5);
        let entries = found["entries"].as_array().unwrap();
        assert_eq!(entries.len(), 1, "{what}: {found}");
        if what != "the record" {
            let title = entries[0]["title"].as_str().unwrap();
            assert!(title.starts_with("copy: app"), "{what}: {found}");
        }
        cache(&workspace, &["verify"], 0);
        assert_eq!(sets(&workspace).len(), 2, "{what}");
        let _ = fs::remove_dir_all(workspace.path("elsewhere"));
        assert_eq!(build(&workspace, &[]), (vec![1], first.clone()), "{what}");
    }
}

#[test]
fn another_owner_is_found() {
    if !require_root() {
        return;
    }
    let workspace = workspace();
    let (_, first) = build(&workspace, &[]);
    chown(kept(&workspace, "app/app.py"), Some(12), None).unwrap();
    assert_eq!(build(&workspace, &[]), (vec![1], first));
}
