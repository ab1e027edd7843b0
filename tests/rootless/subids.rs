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

/// Whatever lies where the ids should be, it is neither waited for nor read without end.
#[test]
fn what_is_no_file_of_ids_gives_none() {
    if !ready() || !crate::support::require_tool("timeout") {
        return;
    }
    let workspace = workspace(&recipe("  - run: touch /x\n"));
    for (file, make, reason) in [
        ("subuid", "mkfifo", "/etc/subuid is no regular file"),
        ("subgid", "mkfifo", "/etc/subgid is no regular file"),
        (
            "subuid",
            "mknod -m 666 \"$1\" c 1 5 &&:",
            "/etc/subuid is no regular file",
        ),
        ("subuid", "mkdir", "/etc/subuid is no regular file"),
        (
            "subgid",
            "truncate -s 4G",
            "/etc/subgid is larger than 16 MiB",
        ),
        (
            "subuid",
            "ln -s subuid",
            "cannot read /etc/subuid: Too many",
        ),
        ("subuid", ":", "/etc/subuid has no 65535 ids for `nobody`"),
    ] {
        // A folder instead of `/etc`: a folder cannot be mounted on a file.
        let script = format!(
            "set -e; rm -rf etc; mkdir etc; cp /etc/passwd /etc/group etc/
             cp ids etc/subuid; cp ids etc/subgid; rm etc/{file}
             set -- etc/{file} \"$@\"; {make} \"$1\"; shift
             exec unshare --mount sh -c 'mount --bind etc /etc && \
                 exec timeout 100 {user} \"$@\"' sh \"$@\"",
            user = super::USER,
        );
        let run = |words: &[&str]| {
            let command = super::command(&workspace, Caller::Subids, words);
            let program = command.get_args().skip(3).map(ToOwned::to_owned);
            let mut other = std::process::Command::new("sh");
            other
                .args(["-c", &script, "sh"])
                .args(program.collect::<Vec<_>>());
            for (name, value) in command
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?)))
            {
                other.env(name, value);
            }
            other.env_remove("ONELAYER_ISOLATION");
            other.current_dir(workspace.path(""));
            crate::support::workspace::run(&mut other)
        };
        let arguments = ["build", "context", "--progress", "plain", "-o", "oci:out"];
        let built = run(&arguments).expect(0);
        let said = built
            .stderr
            .lines()
            .find(|line| line.starts_with("isolation: single"));
        assert!(
            said.is_some_and(|line| line.contains(reason)),
            "{make}: {}",
            built.stderr
        );
        let told = run(&["doctor"]);
        assert!(
            told.stdout.contains(reason),
            "{make}: {}{}",
            told.stdout,
            told.stderr
        );
    }
}
