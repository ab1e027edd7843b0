//! Paths resolved in a tree against the kernel's `RESOLVE_IN_ROOT` on the same directory.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;

use onelayer::tree::{Kind, ResolveError, Tree};
use proptest::prelude::*;
use rustix::fs::{Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use crate::support::{image, scratch};

/// Inode of what `path` leads to when `root` is the root.
fn kernel(root: &Path, path: &str, follow: bool) -> Result<u64, Errno> {
    let mut flags = OFlags::PATH;
    flags.set(OFlags::NOFOLLOW, !follow);
    let root = rustix::fs::open(root, OFlags::DIRECTORY, Mode::empty())?;
    let found = loop {
        match rustix::fs::openat2(&root, path, flags, Mode::empty(), ResolveFlags::IN_ROOT) {
            // Something was renamed or mounted on this host while a `..` was walked.
            Err(Errno::AGAIN) => {}
            found => break found?,
        }
    };
    Ok(rustix::fs::fstat(&found)?.st_ino)
}

fn ours(root: &Path, tree: &Tree, path: &str, follow: bool) -> Result<u64, Errno> {
    let result = match follow {
        true => tree.resolve(path.as_bytes()),
        false => tree.resolve_parent(path.as_bytes()),
    };
    match result {
        Err(ResolveError::TooManyLinks { .. }) => Err(Errno::LOOP),
        Err(_) => Err(Errno::NOTDIR),
        Ok(location) => {
            let path = root.join(String::from_utf8(location.path).unwrap());
            let found = location.entry.and_then(|_| fs::symlink_metadata(path).ok());
            found.map(|found| found.ino()).ok_or(Errno::NOENT)
        }
    }
}

fn texts(most: usize) -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec!["a", "b", "c", ".", "..", "", "file"]);
    let parts = prop::collection::vec(parts, 1..most);
    (parts, any::<bool>()).prop_map(|(parts, absolute)| {
        let text = parts.join("/");
        let text = text.trim_start_matches('/');
        match (absolute, text.is_empty()) {
            (true, _) => format!("/{text}"),
            (false, true) => ".".to_owned(),
            (false, false) => text.to_owned(),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn resolving_is_what_the_kernel_does(
        made in prop::collection::vec((texts(4), texts(5), 0..4_u8), 1..14),
        asked in prop::collection::vec(texts(6), 8),
    ) {
        let scratch = scratch();
        let root = scratch.path();
        for (path, target, kind) in made {
            // Only plain paths: nothing may be made outside of the scratch directory.
            let parts = path.split('/').filter(|part| !matches!(*part, "" | "." | ".."));
            let path = root.join(parts.collect::<Vec<_>>().join("/"));
            let parent = path.parent().filter(|parent| parent.starts_with(root));
            if parent.is_none_or(|parent| fs::canonicalize(parent).is_ok_and(|p| !p.starts_with(root))) {
                continue;
            }
            let _ = match kind {
                0 => fs::create_dir_all(&path),
                1 => fs::write(&path, "").map(drop),
                _ => symlink(target, &path),
            };
        }
        let tree = image::tree(root);
        for path in asked {
            for follow in [true, false] {
                // A slash at the end asks for a directory, which is the caller's business.
                let path = path.trim_end_matches('/');
                let path = if path.is_empty() { "/" } else { path };
                match (kernel(root, path, follow), ours(root, &tree, path, follow)) {
                    // The kernel ends at a missing part; we go on to the place that could be
                    // made, and `..` may lead back from there.
                    (Err(Errno::NOENT), Err(_)) => {}
                    (Err(Errno::NOENT), Ok(_)) => prop_assert!(leads_back(&tree, path)),
                    (expected, found) => prop_assert_eq!(found, expected, "{}", path),
                }
            }
        }
    }
}

fn leads_back(tree: &Tree, path: &str) -> bool {
    let has_parent = |text: &[u8]| text.windows(2).any(|two| two == b"..");
    has_parent(path.as_bytes())
        || tree.iter().any(|entry| match &entry.kind {
            Kind::Symlink { target } => has_parent(target),
            _ => false,
        })
}

#[test]
fn what_is_missing_is_told_from_the_outside_in() {
    let scratch = scratch();
    fs::create_dir_all(scratch.path().join("usr/lib")).unwrap();
    fs::write(scratch.path().join("usr/file"), "").unwrap();
    for (link, target) in [
        ("lib", "usr/lib"),
        ("far", "../../../../usr"),
        ("nowhere", "/opt/tool"),
        ("round", "round"),
    ] {
        symlink(target, scratch.path().join(link)).unwrap();
    }
    let tree = image::tree(scratch.path());
    let located = |path: &str, follow: bool| {
        let location = match follow {
            true => tree.resolve(path.as_bytes()).unwrap(),
            false => tree.resolve_parent(path.as_bytes()).unwrap(),
        };
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let missing: Vec<String> = location.missing.into_iter().map(text).collect();
        (
            text(location.path),
            location.entry.is_some(),
            missing.join(" "),
        )
    };
    let found =
        |path: &str, exists: bool, missing: &str| (path.to_owned(), exists, missing.to_owned());
    assert_eq!(
        located("/lib/x/y/z", true),
        found("usr/lib/x/y/z", false, "usr/lib/x usr/lib/x/y")
    );
    assert_eq!(located("/lib", false), found("lib", true, ""));
    assert_eq!(located("/lib", true), found("usr/lib", true, ""));
    assert_eq!(located("/far/lib/", true), found("usr/lib", true, ""));
    assert_eq!(located("/nowhere", true), found("opt/tool", false, "opt"));
    assert_eq!(
        located("/nowhere/x", false),
        found("opt/tool/x", false, "opt opt/tool")
    );
    assert_eq!(located("/", true), found("", true, ""));
    assert_eq!(located("../..", false), found("", true, ""));

    let error = |path: &str| tree.resolve(path.as_bytes()).unwrap_err().to_string();
    assert_eq!(
        error("/round/x"),
        "too many symbolic links on the way to `/round/x`"
    );
    assert_eq!(
        error("usr/file/x"),
        "`/usr/file`, on the way to `/usr/file/x`, is not a directory"
    );
}
