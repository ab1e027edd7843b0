//! A namespace with subordinate ids: every owner is real.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::{Caller, OWNERS, as_root, build, onelayer, ready, recipe, same_as_root, workspace};

/// Commands become the users that they ask for, and can do no more than these.
#[test]
fn users_are_kept_apart() {
    if !ready() {
        return;
    }
    let steps = "
  - write: /secret
    content: s
    mode: '0600'
  - run: |
      test \"$(id -u)\" = 1000
      test \"$(id -G)\" = '1000 5000'
      ! cat /secret
      ! chown 1000 /secret
      ! touch /new
      touch /tmp/mine
      ! chown 0 /tmp/mine
      ! chown 0:0 /tmp/mine
      chown 1000:5000 /tmp/mine
    user: app
";
    same_as_root(&recipe(steps), Caller::Subids);
}

fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut left = vec![folder.to_owned()];
    while let Some(path) = left.pop() {
        if fs::symlink_metadata(&path).unwrap().is_dir() {
            left.extend(
                fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        }
        found.push(path);
    }
    found
}

/// What a build leaves with others' ids is read, replaced and removed by the next one.
#[test]
fn change_sets_of_other_ids_are_used_again() {
    if !ready() {
        return;
    }
    let workspace = workspace(&recipe(OWNERS));
    let first = build(&workspace, Caller::Subids);
    let cache = workspace.path("cache-Subids/namespaces");
    let owners = |path: &PathBuf| fs::symlink_metadata(path).unwrap().uid();
    assert!(below(&cache).iter().any(|path| owners(path) == 300_999));
    assert_eq!(build(&workspace, Caller::Subids), first);
    let arguments = ["build", "context", "-o", "oci:again", "--progress", "plain"];
    let cached = onelayer(&workspace, Caller::Subids, &arguments);
    assert!(!cached.stderr.contains(" s\n[2/"), "{}", cached.stderr);

    // As a build leaves it that was killed.
    let drafts = below(&cache);
    let drafts = drafts.iter().find(|path| path.ends_with("drafts")).unwrap();
    let left = drafts.join("left");
    fs::create_dir_all(left.join("upper")).unwrap();
    fs::write(left.join("upper/file"), "").unwrap();
    for path in below(&left) {
        std::os::unix::fs::chown(&path, Some(300_999), Some(300_999)).unwrap();
    }
    let arguments = [&arguments[..], &["--no-cache"]].concat();
    let again = onelayer(&workspace, Caller::Subids, &arguments);
    assert_eq!(again.digest(), first);
    assert!(!left.exists());
}

/// Owners that are taken from the context are those outside the namespace.
#[test]
fn kept_owners_are_those_of_the_host() {
    if !ready() {
        return;
    }
    let steps = "
  - copy: own
    to: /own
    owner: keep
  - run: touch /made
";
    let own = workspace(&recipe(steps));
    own.write("own", "mine");
    let path = own.context().join("own");
    std::os::unix::fs::chown(&path, Some(65534), Some(65534)).unwrap();
    let root = as_root(&own);
    // The caller's own id is not nobody's to the kernel, although it has the same number.
    assert_eq!(build(&own, Caller::Single), root);
    assert_eq!(build(&own, Caller::Subids), root);

    std::os::unix::fs::chown(&path, Some(4321), Some(4321)).unwrap();
    for caller in [Caller::Single, Caller::Subids] {
        let arguments = ["build", "context", "-o", "oci:other"];
        let told = onelayer(&own, caller, &arguments).expect(3);
        let part = "`own` belongs to another user of this host";
        assert!(told.stderr.contains(part), "{}", told.stderr);
    }
}
