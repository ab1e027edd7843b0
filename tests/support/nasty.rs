//! A directory with everything that an image can hold and archives get wrong.

use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, lchown, symlink};
use std::path::Path;
use std::time::{Duration, SystemTime};

use rustix::fs::{CWD, FileType, Mode, XattrFlags, makedev, mkdirat, mknodat, openat, setxattr};

/// Files made by [`make`] that are later than this must show it.
pub(crate) const EPOCH: u64 = 1_700_000_000;

/// `cap_net_raw+ep`, as revision 2.
const NET_RAW: [u8; 20] = [
    1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
];

/// Fills `root`; needs root.
pub(crate) fn make(root: &Path) {
    let at = |name: &str| root.join(name);
    let file = |name: &str, content: &[u8], mode: u32| {
        fs::write(at(name), content).unwrap();
        fs::set_permissions(at(name), Permissions::from_mode(mode)).unwrap();
    };
    for folder in ["bin", "dev", "etc", "tmp", "var"] {
        fs::create_dir(at(folder)).unwrap();
    }
    fs::set_permissions(at("tmp"), Permissions::from_mode(0o1777)).unwrap();
    fs::set_permissions(at("var"), Permissions::from_mode(0o2750)).unwrap();

    file("bin/su", b"setuid", 0o4755);
    file("bin/ping", b"capabilities", 0o755);
    setxattr(
        at("bin/ping"),
        "security.capability",
        &NET_RAW,
        XattrFlags::empty(),
    )
    .unwrap();
    file("etc/noted", b"attributes", 0o640);
    let long = [b'v'; 3000];
    for (name, value) in [
        ("user.b", &b"two\0\n\xff"[..]),
        ("user.a", b""),
        ("user.c", &long),
    ] {
        setxattr(at("etc/noted"), name, value, XattrFlags::empty()).unwrap();
    }
    setxattr(at("etc"), "user.folder", b"yes", XattrFlags::empty()).unwrap();

    file("etc/empty", b"", 0o000);
    file("etc/owned", b"by others", 0o600);
    lchown(at("etc/owned"), Some(3_000_000), Some(4_294_967_290)).unwrap();
    file("etc/z-first", b"many names", 0o644);
    fs::hard_link(at("etc/z-first"), at("bin/a-second")).unwrap();
    fs::hard_link(at("etc/z-first"), at("var/third")).unwrap();

    for (name, kind, number) in [
        ("dev/null", FileType::CharacterDevice, makedev(1, 3)),
        ("dev/disk", FileType::BlockDevice, makedev(259, 1_048_575)),
        ("dev/pipe", FileType::Fifo, 0),
    ] {
        mknodat(CWD, at(name), kind, Mode::from_raw_mode(0o620), number).unwrap();
    }

    let long = "n".repeat(240);
    file(&long, b"long name", 0o644);
    file(&"x".repeat(100), b"just fits", 0o644);
    fs::create_dir(at(&"d".repeat(99))).unwrap();
    fs::create_dir(at(&"e".repeat(100))).unwrap();
    symlink("t/".repeat(75), at("etc/long-link")).unwrap();
    symlink("u".repeat(100), at("etc/link-100")).unwrap();
    symlink("../../../../outside", at("etc/far")).unwrap();
    lchown(at("etc/far"), Some(1), Some(2)).unwrap();

    for name in [
        "caf\u{e9} \u{4e16}".as_bytes(),
        b"new\nline\ttab \\ \"quoted\"",
        b" leading and trailing ",
        b"-n",
        b"latin-\xe9\xff",
        &[b"latin-\xe9".as_slice(), &[b'y'; 150]].concat(),
    ] {
        fs::write(root.join(OsStr::from_bytes(name)), b"odd name").unwrap();
    }

    let sparse = File::create(at("var/sparse")).unwrap();
    sparse.set_len(3 << 20).unwrap();
    file("var/large", &noise(9 << 20), 0o644);
    file("var/future", b"late", 0o644);
    file("var/past", b"early", 0o644);
    let epoch = SystemTime::UNIX_EPOCH;
    let time = |name: &str, time: SystemTime| {
        File::options()
            .write(true)
            .open(at(name))
            .unwrap()
            .set_modified(time)
            .unwrap();
    };
    time("var/past", epoch + Duration::from_millis(1_000_000_500));
    time("var/future", epoch + Duration::from_secs(4_000_000_000));
    time("bin/su", epoch - Duration::from_secs(100));
}

/// Makes a file whose path has more than five thousand bytes, which no single call takes.
pub(crate) fn make_deep(root: &Path) {
    let part = "p".repeat(250);
    let mut directory =
        rustix::fs::open(root, rustix::fs::OFlags::DIRECTORY, Mode::empty()).unwrap();
    for _ in 0..20 {
        mkdirat(&directory, &part, Mode::from_raw_mode(0o755)).unwrap();
        let flags = rustix::fs::OFlags::DIRECTORY;
        directory = openat(&directory, &part, flags, Mode::empty()).unwrap();
    }
    let flags = rustix::fs::OFlags::CREATE | rustix::fs::OFlags::WRONLY;
    let file = openat(&directory, "file", flags, Mode::from_raw_mode(0o644)).unwrap();
    rustix::io::write(&file, b"deep").unwrap();
}

/// Bytes that no compressor shortens, the same in every run.
pub(crate) fn noise(length: usize) -> Vec<u8> {
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut bytes = Vec::with_capacity(length);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}
