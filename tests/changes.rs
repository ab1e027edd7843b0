//! Change sets merged by us against the same change sets mounted by the kernel.

use std::fs;
use std::io::Read;
use std::os::unix::fs::{FileTypeExt, PermissionsExt, lchown, symlink};
use std::path::{Path, PathBuf};
use std::thread;

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};
use onelayer::digest::Digest;
use onelayer::tree::{self, Entry, Kind, Marks, Tree, TreeError, Upper, WalkOptions};
use proptest::prelude::*;
use rustix::fs::{CWD, FileType, Mode, XattrFlags, makedev, mknodat, setxattr};

use crate::support::listing::{self, Listing};
use crate::support::{require_root, scratch, skip};

/// One thing that a step may do. Those that make no sense where they happen fail and are ignored,
/// as in a shell without `-e`.
#[derive(Debug, Clone)]
enum Operation {
    File(PathBuf, u8),
    Directory(PathBuf),
    Symlink(PathBuf, u8),
    Fifo(PathBuf),
    Device(PathBuf),
    Remove(PathBuf),
    Rename(PathBuf, PathBuf),
    Link(PathBuf, PathBuf),
    Mode(PathBuf, u32),
    Owner(PathBuf, u32),
    Attribute(PathBuf, u8),
}

fn paths() -> impl Strategy<Value = PathBuf> {
    // Names around `/` in the order of bytes, where sorting by path is subtle.
    let names = prop::sample::select(vec!["a", "a-", "a0", "b", "é"]);
    prop::collection::vec(names, 1..4).prop_map(|parts| parts.iter().collect())
}

fn operations() -> impl Strategy<Value = Operation> {
    use Operation as Op;
    prop_oneof![
        4 => (paths(), any::<u8>()).prop_map(|(path, byte)| Op::File(path, byte)),
        4 => paths().prop_map(Op::Directory),
        1 => (paths(), any::<u8>()).prop_map(|(path, byte)| Op::Symlink(path, byte)),
        1 => paths().prop_map(Op::Fifo),
        1 => paths().prop_map(Op::Device),
        3 => paths().prop_map(Op::Remove),
        2 => (paths(), paths()).prop_map(|(from, to)| Op::Rename(from, to)),
        2 => (paths(), paths()).prop_map(|(from, to)| Op::Link(from, to)),
        1 => (paths(), 0..0o10000_u32).prop_map(|(path, mode)| Op::Mode(path, mode)),
        1 => (paths(), 0..5_u32).prop_map(|(path, owner)| Op::Owner(path, owner)),
        1 => (paths(), any::<u8>()).prop_map(|(path, byte)| Op::Attribute(path, byte)),
    ]
}

fn perform(root: &Path, operation: &Operation) {
    use Operation as Op;
    let mode = Mode::from_raw_mode(0o640);
    let _ = match operation {
        Op::File(path, byte) => match fs::symlink_metadata(root.join(path)) {
            // A write would wait for a reader.
            Ok(found) if found.file_type().is_fifo() => Ok(()),
            _ => fs::write(root.join(path), [*byte; 3]),
        },
        Op::Directory(path) => fs::create_dir_all(root.join(path)),
        Op::Symlink(path, byte) => symlink(format!("{byte}"), root.join(path)),
        Op::Fifo(path) => {
            mknodat(CWD, root.join(path), FileType::Fifo, mode, 0).map_err(Into::into)
        }
        Op::Device(path) => {
            let kind = FileType::CharacterDevice;
            mknodat(CWD, root.join(path), kind, mode, makedev(1, 3)).map_err(Into::into)
        }
        Op::Remove(path) => match fs::symlink_metadata(root.join(path)) {
            Ok(found) if found.is_dir() => fs::remove_dir_all(root.join(path)),
            _ => fs::remove_file(root.join(path)),
        },
        Op::Rename(from, to) => fs::rename(root.join(from), root.join(to)),
        Op::Link(from, to) => fs::hard_link(root.join(from), root.join(to)),
        Op::Mode(path, mode) => match fs::symlink_metadata(root.join(path)) {
            Ok(found) if !found.is_symlink() => {
                fs::set_permissions(root.join(path), fs::Permissions::from_mode(*mode))
            }
            _ => Ok(()),
        },
        Op::Owner(path, owner) => lchown(root.join(path), Some(*owner), Some(7)),
        Op::Attribute(path, byte) => {
            let path = root.join(path);
            let flags = XattrFlags::empty();
            setxattr(&path, "trusted.note", &[*byte], flags).map_err(Into::into)
        }
    };
}

/// A tree in the words of a listing. Times of directories are left out: a layer has none.
fn describe(tree: &Tree) -> Listing {
    let mut listing = Listing::new();
    let mut first_names = std::collections::BTreeMap::new();
    for entry in tree.iter() {
        let mut line = describe_entry(entry);
        if let Kind::File { content, .. } = &entry.kind
            && let Some(identity) = content.link_identity()
        {
            let first = first_names.entry(identity).or_insert(&entry.path);
            if **first != entry.path {
                line = format!("link to {}", first.escape_ascii());
            }
        }
        listing.insert(entry.path.to_vec(), line);
    }
    listing
}

fn describe_entry(entry: &Entry) -> String {
    let (kind, special) = match &entry.kind {
        Kind::File { size, .. } => {
            let mut bytes = Vec::new();
            let mut file = entry.open().unwrap().unwrap();
            file.read_to_end(&mut bytes).unwrap();
            (
                "RegularFile",
                format!("{size} bytes {}", Digest::of(&bytes)),
            )
        }
        Kind::Directory => ("Directory", String::new()),
        Kind::Symlink { target } => ("Symlink", target.escape_ascii().to_string()),
        Kind::CharDevice { major, minor } => ("CharacterDevice", format!("{major}:{minor}")),
        Kind::BlockDevice { major, minor } => ("BlockDevice", format!("{major}:{minor}")),
        Kind::Fifo => ("Fifo", String::new()),
        Kind::Whiteout => ("Whiteout", String::new()),
    };
    let mut line = format!(
        "{kind} {:o} {}:{} {} {special}",
        entry.mode, entry.uid, entry.gid, entry.mtime
    );
    for xattr in entry.xattrs() {
        let (name, value) = (xattr.name.escape_ascii(), xattr.value.escape_ascii());
        line += &format!(" {name}={value}");
    }
    line
}

fn without_directory_times(mut listing: Listing) -> Listing {
    for line in listing
        .values_mut()
        .filter(|line| line.starts_with("Directory"))
    {
        let mut words: Vec<&str> = line.split(' ').collect();
        words[3] = "-";
        *line = words.join(" ");
    }
    listing
}

/// Runs `steps` on overlays above one another and compares what the kernel shows in the end with
/// what we make of the upper directories.
fn compare(steps: &[Vec<Operation>], marks: Marks) -> Result<(), TestCaseError> {
    let scratch = scratch();
    let folder = |name: &str| {
        let folder = scratch.path().join(name);
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        folder
    };
    let merged = folder("merged");
    let mut lower = vec![folder("base")];
    let mut tree = Tree::new();
    let options = WalkOptions {
        marks,
        ..WalkOptions::default()
    };
    for (number, step) in steps.iter().enumerate() {
        let upper = folder(&format!("upper{number}"));
        let work = folder(&format!("work{number}"));
        let stack: Vec<String> = lower
            .iter()
            .rev()
            .map(|l| l.display().to_string())
            .collect();
        let data = format!(
            "lowerdir={},upperdir={},workdir={},{}",
            stack.join(":"),
            upper.display(),
            work.display(),
            match marks {
                Marks::User => "userxattr,index=off",
                _ => "redirect_dir=off,metacopy=off,index=off",
            }
        );
        mount(
            Some("overlay"),
            &merged,
            Some("overlay"),
            MsFlags::empty(),
            Some(&*data),
        )
        .unwrap();
        for operation in step {
            perform(&merged, operation);
        }
        unmount(&merged);
        lower.push(upper.clone());
        let changes = tree::walk(&Upper::open(&upper).unwrap(), &options).unwrap();
        let before = tree.clone();
        tree.apply(changes, number as u32 + 1);
        check_ranks(&before, &tree, step, number as u32 + 1)?;
    }
    let stack: Vec<String> = lower
        .iter()
        .rev()
        .map(|l| l.display().to_string())
        .collect();
    let data = match marks {
        Marks::User => format!("lowerdir={},userxattr", stack.join(":")),
        _ => format!("lowerdir={}", stack.join(":")),
    };
    mount(
        Some("overlay"),
        &merged,
        Some("overlay"),
        MsFlags::MS_RDONLY,
        Some(&*data),
    )
    .unwrap();
    let kernel = without_directory_times(listing::list(&merged));
    unmount(&merged);
    let ours = without_directory_times(describe(&tree));
    let differences = listing::differences(&kernel, &ours);
    prop_assert!(differences.is_empty(), "{}", differences);
    check_order(&tree)
}

/// Another test that starts a program at this moment gives it all descriptors until it has begun;
/// one of them may keep the mount busy.
fn unmount(target: &Path) {
    while let Err(errno) = umount2(target, MntFlags::empty()) {
        assert_eq!(errno, nix::errno::Errno::EBUSY);
        thread::sleep(std::time::Duration::from_millis(2));
    }
}

/// A directory takes the rank of a step only if the step changed the directory itself. Of one that
/// went away and came again, nobody can tell from the trees.
fn check_ranks(
    before: &Tree,
    after: &Tree,
    step: &[Operation],
    rank: u32,
) -> Result<(), TestCaseError> {
    let gone: Vec<&PathBuf> = (step.iter())
        .flat_map(|operation| match operation {
            Operation::Remove(path) => vec![path],
            Operation::Rename(from, to) => vec![from, to],
            _ => Vec::new(),
        })
        .collect();
    let is_replaced = |path: &[u8]| {
        use std::os::unix::ffi::OsStrExt;
        let path = Path::new(std::ffi::OsStr::from_bytes(path));
        gone.iter().any(|gone| path.starts_with(gone))
    };
    let directories = after.iter().filter(|entry| entry.is_directory());
    for entry in directories.filter(|entry| !is_replaced(&entry.path)) {
        let same = before.get(&entry.path).filter(|old| {
            old.is_directory()
                && (old.mode, old.uid, old.gid) == (entry.mode, entry.uid, entry.gid)
                && old.xattrs() == entry.xattrs()
        });
        let expected = same.map_or(rank, |old| old.rank);
        prop_assert_eq!(entry.rank, expected, "{}", entry.path.escape_ascii());
    }
    Ok(())
}

/// `children` and `below` against the slow way to find them.
fn check_order(tree: &Tree) -> Result<(), TestCaseError> {
    for directory in tree.iter().filter(|entry| entry.is_directory()) {
        let prefix = match &*directory.path {
            b"" => Vec::new(),
            path => [path, b"/"].concat(),
        };
        let below: Vec<&[u8]> = tree
            .iter()
            .map(|entry| &*entry.path)
            .filter(|path| !path.is_empty() && path.starts_with(&prefix))
            .collect();
        let found: Vec<&[u8]> = tree.below(&directory.path).map(|e| &*e.path).collect();
        prop_assert_eq!(&found, &below);
        let children = below
            .into_iter()
            .filter(|path| !path[prefix.len()..].contains(&b'/'));
        let found: Vec<&[u8]> = tree.children(&directory.path).map(|e| &*e.path).collect();
        prop_assert_eq!(found, children.collect::<Vec<_>>());
    }
    Ok(())
}

/// Mounts are made in a thread with mounts of its own, which vanish with it.
fn in_private_mounts(test: impl FnOnce() + Send + 'static) {
    if !require_root() {
        return;
    }
    let name = thread::current().name().unwrap_or("overlay").to_owned();
    let thread = thread::Builder::new().name(name).spawn(move || {
        if unshare(CloneFlags::CLONE_NEWNS).is_err() {
            skip("mount namespaces");
            return;
        }
        let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
        mount(None::<&str>, "/", None::<&str>, private, None::<&str>).unwrap();
        if overlays_work() || skip("overlay mounts") {
            test();
        }
    });
    if let Err(panic) = thread.unwrap().join() {
        std::panic::resume_unwind(panic);
    }
}

fn overlays_work() -> bool {
    let scratch = scratch();
    let [lower, upper, work, merged] = ["lower", "upper", "work", "merged"].map(|name| {
        fs::create_dir(scratch.path().join(name)).unwrap();
        scratch.path().join(name).display().to_string()
    });
    let data = format!("lowerdir={lower},upperdir={upper},workdir={work}");
    let flags = MsFlags::empty();
    let mounted = mount(
        Some("overlay"),
        &*merged,
        Some("overlay"),
        flags,
        Some(&*data),
    );
    mounted.is_ok() && umount2(&*merged, MntFlags::empty()).is_ok()
}

#[test]
fn merging_is_what_the_kernel_does() {
    in_private_mounts(|| {
        let steps = prop::collection::vec(prop::collection::vec(operations(), 1..12), 1..5);
        let marks = prop::sample::select(vec![Marks::Trusted, Marks::User]);
        let config = ProptestConfig {
            cases: 96,
            failure_persistence: None,
            ..ProptestConfig::default()
        };
        proptest!(config, |(steps in steps, marks in marks)| compare(&steps, marks)?);
    });
}

#[test]
fn marks_of_the_other_kind_mean_nothing() {
    if !require_root() {
        return;
    }
    let scratch = scratch();
    let folder = scratch.path().join("folder");
    fs::create_dir(&folder).unwrap();
    for name in ["user.overlay.opaque", "user.overlay.redirect"] {
        setxattr(&folder, name, b"y", XattrFlags::empty()).unwrap();
    }
    let upper = Upper::open(scratch.path()).unwrap();
    let changes = tree::walk(&upper, &WalkOptions::default()).unwrap();
    assert!(changes.opaque().is_empty());
    assert!(
        changes
            .entries()
            .iter()
            .all(|entry| entry.xattrs().is_empty())
    );

    let options = WalkOptions {
        marks: Marks::User,
        ..WalkOptions::default()
    };
    let error = tree::walk(&upper, &options).unwrap_err();
    assert!(matches!(error, TreeError::Redirected { path, .. } if path == "/folder"));
}

#[test]
fn another_name_takes_over_when_the_first_is_removed() {
    if !require_root() {
        return;
    }
    let scratch = scratch();
    let [below, above] = ["below", "above"].map(|name| {
        fs::create_dir(scratch.path().join(name)).unwrap();
        scratch.path().join(name)
    });
    fs::write(below.join("a"), "content").unwrap();
    fs::hard_link(below.join("a"), below.join("b")).unwrap();
    fs::hard_link(below.join("a"), below.join("c")).unwrap();
    let kind = FileType::CharacterDevice;
    mknodat(CWD, above.join("a"), kind, Mode::empty(), 0).unwrap();
    let mut tree = Tree::new();
    for (rank, upper) in [below, above].into_iter().enumerate() {
        let upper = Upper::open(upper).unwrap();
        tree.apply(
            tree::walk(&upper, &WalkOptions::default()).unwrap(),
            rank as u32,
        );
    }
    let (tar, _) = crate::support::image::layer(
        &tree,
        &crate::support::image::options(1, onelayer::layer::Compression::None),
    );
    let mut archive = tar::Archive::new(&*tar);
    let found: Vec<(String, bool, Option<String>)> = archive
        .entries()
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let link = entry
                .link_name()
                .unwrap()
                .map(|link| link.display().to_string());
            let path = entry.path().unwrap().display().to_string();
            (path, entry.header().entry_type().is_hard_link(), link)
        })
        .collect();
    let expected = [
        ("./", false, None),
        ("b", false, None),
        ("c", true, Some("b")),
    ];
    let expected =
        expected.map(|(path, is_link, link)| (path.to_owned(), is_link, link.map(str::to_owned)));
    assert_eq!(found, expected);
}

#[test]
fn sockets_are_skipped_and_said_so() {
    let scratch = scratch();
    let _socket = std::os::unix::net::UnixListener::bind(scratch.path().join("s")).unwrap();
    let upper = Upper::open(scratch.path()).unwrap();
    let changes = tree::walk(&upper, &WalkOptions::default()).unwrap();
    assert_eq!(changes.skipped(), [Box::from(*b"s")]);
    assert!(changes.is_empty());
}

#[test]
fn three_thousand_folders_in_one_another_are_listed() {
    let scratch = scratch();
    let flags = rustix::fs::OFlags::DIRECTORY;
    let mut directory = rustix::fs::open(scratch.path(), flags, Mode::empty()).unwrap();
    for _ in 0..3_000 {
        rustix::fs::mkdirat(&directory, "d", Mode::from_raw_mode(0o755)).unwrap();
        directory = rustix::fs::openat(&directory, "d", flags, Mode::empty()).unwrap();
    }
    let upper = Upper::open(scratch.path()).unwrap();
    let changes = tree::walk(&upper, &WalkOptions::default()).unwrap();
    assert_eq!(changes.entries().len(), 3_001);
    crate::support::run("rm", &["-rf", scratch.path().join("d").to_str().unwrap()]);
}

#[test]
fn ownership_beside_the_disk_wins() {
    let scratch = scratch();
    for name in ["owned", "device", "other"] {
        fs::write(scratch.path().join(name), "").unwrap();
    }
    let mut attributes = tree::Attributes::new();
    attributes.entry(b"owned").uid = 1000;
    attributes.entry(b"owned").mode = Some(0o4711);
    let capability = ("security.capability".to_owned(), vec![1, 2]);
    attributes.entry(b"owned").xattrs.extend([capability]);
    attributes.entry(b"device").device = Some(tree::Device::Block(8, 1));
    let options = WalkOptions {
        attributes: Some(&attributes),
        ..WalkOptions::default()
    };
    let upper = Upper::open(scratch.path()).unwrap();
    let mut tree = Tree::new();
    tree.apply(tree::walk(&upper, &options).unwrap(), 0);
    let owned = tree.get(b"owned").unwrap();
    assert_eq!((owned.uid, owned.gid, owned.mode), (1000, 0, 0o4711));
    assert_eq!(owned.xattrs().len(), 1);
    let device = &tree.get(b"device").unwrap().kind;
    assert!(matches!(device, Kind::BlockDevice { major: 8, minor: 1 }));
    let other = tree.get(b"other").unwrap();
    assert_eq!((other.uid, other.gid), (0, 0));
}
