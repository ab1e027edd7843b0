//! Foreign commands in confined roots: what they see, what they leave, how they end.
//!
//! Every test runs the real binary as guard and pid 1, and a static busybox as the command.

mod attacks;
mod calls;
mod changes;
mod enclosure;
mod isolation;
mod lifecycle;
mod mounts;
mod parts;
mod picture;
mod streams;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use onelayer::sandbox::{Cancel, Exit, Launcher, Root, Sandbox, SandboxError};
use tempfile::TempDir;

use crate::support;

pub(crate) static LAUNCHER: LazyLock<Launcher> =
    LazyLock::new(|| Launcher::new(env!("CARGO_BIN_EXE_onelayer")));

pub(crate) fn ready() -> bool {
    support::require_root() && support::require_tool("busybox")
}

/// A folder with `lower` (busybox), an empty `upper` and an empty `work`.
pub(crate) struct Lab(TempDir);

impl Lab {
    pub(crate) fn new() -> Lab {
        let lab = Lab(tempfile::tempdir().unwrap());
        for name in ["lower", "upper", "work"] {
            fs::create_dir(lab.path(name)).unwrap();
            fs::set_permissions(lab.path(name), fs::Permissions::from_mode(0o755)).unwrap();
        }
        busybox(&lab.path("lower"));
        lab
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn root(&self) -> Root {
        Root::Overlay {
            lower: vec![self.path("lower")],
            upper: self.path("upper"),
            work: self.path("work"),
        }
    }

    /// A shell script in the overlay.
    pub(crate) fn script(&self, text: &str) -> Sandbox {
        script(self.root(), text)
    }

    /// What the upper directory holds.
    pub(crate) fn changes(&self) -> BTreeMap<String, String> {
        listing(&self.path("upper"))
    }
}

/// Puts busybox into `/bin` of a root, with its commonest names.
pub(crate) fn busybox(root: &Path) {
    let bin = root.join("bin");
    fs::create_dir_all(&bin).unwrap();
    fs::copy("/bin/busybox", bin.join("busybox")).unwrap();
    let names = "sh cat cut df dd env false grep head hostname id kill ln ls mkdir mknod mount mv \
                 nc printenv ps pwd readlink rm rmdir setsid sleep sort stat test touch tr true \
                 ulimit umask umount uname wc chmod chown find seq";
    for name in names.split_whitespace() {
        symlink("busybox", bin.join(name)).unwrap();
    }
}

pub(crate) fn script(root: Root, text: &str) -> Sandbox {
    let mut sandbox = Sandbox::new(root, ["/bin/sh", "-c", text]);
    sandbox.environment = vec![("PATH".into(), "/bin".into())];
    sandbox
}

/// How a run ended and what it printed.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) exit: Exit,
    pub(crate) output: String,
}

pub(crate) fn try_run(sandbox: &Sandbox) -> Result<Ran, SandboxError> {
    let mut output = String::new();
    let cancel = Cancel::new().unwrap();
    let exit = LAUNCHER.run(
        sandbox,
        &mut |line| {
            output.push_str(&String::from_utf8_lossy(line));
            output.push('\n');
        },
        &cancel,
    )?;
    Ok(Ran { exit, output })
}

/// Runs what must succeed; its output.
#[track_caller]
pub(crate) fn run(sandbox: &Sandbox) -> String {
    let ran = try_run(sandbox).unwrap_or_else(|error| panic!("{error}\n{error:?}"));
    assert_eq!(ran.exit, Exit::Code(0), "{}", ran.output);
    ran.output
}

/// Every entry below `top`: its path, and its kind, mode and contents.
pub(crate) fn listing(top: &Path) -> BTreeMap<String, String> {
    fn visit(folder: &Path, top: &Path, found: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let metadata = fs::symlink_metadata(&path).unwrap();
            let mode = metadata.mode() & 0o7777;
            let kind = metadata.file_type();
            let text = if kind.is_dir() {
                format!("directory {mode:o}")
            } else if kind.is_symlink() {
                format!("-> {}", fs::read_link(&path).unwrap().display())
            } else if kind.is_char_device() && metadata.rdev() == 0 {
                "whiteout".to_owned()
            } else if kind.is_file() {
                let contents = fs::read(&path).unwrap();
                format!("file {mode:o} {}", String::from_utf8_lossy(&contents))
            } else {
                format!("special {mode:o}")
            };
            let name = path.strip_prefix(top).unwrap().display().to_string();
            found.insert(name, text);
            if kind.is_dir() {
                visit(&path, top, found);
            }
        }
    }
    let mut found = BTreeMap::new();
    visit(top, top, &mut found);
    found
}

/// A literal listing.
pub(crate) fn exactly(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
    entries
        .iter()
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
        .collect()
}
