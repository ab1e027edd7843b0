//! What tests of whole builds share: a work folder with the package repositories in it, the program
//! itself, and what a host looks like before and after.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

use super::{require_root, require_tool};

/// Whether everything is here that builds with packages take.
pub(crate) fn require_packages() -> bool {
    let tools = ["dnf", "rpmbuild", "createrepo_c", "gpg", "busybox", "umoci"];
    require_root() && tools.into_iter().all(require_tool)
}

/// The repositories of `tests/repositories`, made when the first test asks.
pub(crate) fn repositories() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let project = Path::new(env!("CARGO_MANIFEST_DIR"));
        let output = project.join("target/test-repositories");
        let made = Command::new("python3")
            .arg(project.join("tests/repositories/make.py"))
            .arg(&output)
            .status();
        assert!(made.unwrap().success());
        output
    })
}

/// A recipe's folder that holds a copy of the repositories, with a cache of its own.
pub(crate) struct Work {
    folder: TempDir,
    /// Process namespaces of its sandboxes. Each is held open: the kernel gives the number of one
    /// that has ended to the next that is made, which may be another test's.
    namespaces: RefCell<BTreeMap<PathBuf, File>>,
}

impl Work {
    pub(crate) fn new() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("onelayer-test-")
            .tempdir()
            .unwrap();
        run("cp", |cp| {
            cp.arg("-a")
                .arg(repositories())
                .arg(folder.path().join("repositories"))
        });
        Self {
            folder,
            namespaces: RefCell::default(),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn cache(&self) -> PathBuf {
        self.path().join("cache")
    }

    /// Writes the recipe: a `packages:` section of `repository` with `section` in it, and `rest`.
    pub(crate) fn recipe(&self, repository: &str, section: &str, rest: &str) {
        let text = format!(
            "name: test\nbase: scratch\npackages:\n{}{section}{rest}",
            source(repository, "  ")
        );
        self.recipe_text(&text);
    }

    pub(crate) fn recipe_text(&self, text: &str) {
        fs::write(self.path().join("recipe.yaml"), text).unwrap();
    }

    /// The build's command line, to be spawned.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_onelayer"));
        command
            .arg("build")
            .arg(self.path())
            .arg("--cache-dir")
            .arg(self.cache())
            .args(["--progress", "plain", "-o"])
            .arg(format!("oci:{}/image:test", self.path().display()))
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn build(&self) -> Built {
        Built::from(self.command().output().unwrap())
    }

    /// Builds, and unpacks the layer.
    pub(crate) fn build_and_unpack(&self) -> PathBuf {
        let built = self.build();
        assert_eq!(built.status, Some(0), "{}", built.errors);
        let root = self.path().join("unpacked");
        run("umoci", |umoci| {
            umoci
                .args(["raw", "unpack", "--image"])
                .arg(format!("{}/image:test", self.path().display()))
                .arg(&root)
        });
        root
    }

    /// Whether an image or a tag of one is there.
    pub(crate) fn has_image(&self) -> bool {
        let index = fs::read_to_string(self.path().join("image/index.json"));
        index.is_ok_and(|text| text.contains("sha256:"))
    }

    /// Processes of this folder's builds: those that name it, see it through a mount, or share a
    /// process namespace with one that ever did, since what has changed its root sees few mounts.
    pub(crate) fn processes(&self) -> Vec<String> {
        let name = self.path().file_name().unwrap().to_str().unwrap();
        let own = fs::read_link("/proc/self/ns/pid").unwrap();
        let mut all = Vec::new();
        let mut namespaces = self.namespaces.borrow_mut();
        for entry in fs::read_dir("/proc").unwrap() {
            let process = entry.unwrap().path();
            let mounts = fs::read_to_string(process.join("mountinfo")).unwrap_or_default();
            let words = fs::read(process.join("cmdline")).unwrap_or_default();
            let words = String::from_utf8_lossy(&words).replace('\0', " ");
            let is_named = mounts.contains(name) || words.contains(name);
            let link = process.join("ns/pid");
            let namespace = fs::read_link(&link).unwrap_or_default();
            if is_named
                && namespace != own
                && let Ok(held) = File::open(&link)
                // The process may have ended, and its number gone to another, in between.
                && fs::read_link(format!("/proc/self/fd/{}", held.as_raw_fd())).unwrap() == namespace
            {
                namespaces.insert(namespace.clone(), held);
            }
            let process = format!("{}: {words}", process.display());
            all.push((is_named, namespace, process));
        }
        all.into_iter()
            .filter(|(is_named, namespace, _)| *is_named || namespaces.contains_key(namespace))
            .map(|(_, _, process)| process)
            .collect()
    }
}

/// A `repositories:` list of one, signed by the right key.
pub(crate) fn source(repository: &str, indent: &str) -> String {
    [
        "repositories:",
        "  - id: tests",
        &format!("    baseurl: repositories/{repository}"),
        "    gpgkey: repositories/RPM-GPG-KEY-right",
    ]
    .map(|line| format!("{indent}{line}\n"))
    .concat()
}

/// How a build ended.
pub(crate) struct Built {
    pub(crate) status: Option<i32>,
    /// Standard error.
    pub(crate) errors: String,
}

impl From<Output> for Built {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code(),
            errors: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// Runs a program that must succeed; its standard output.
pub(crate) fn run(program: &str, words: impl FnOnce(&mut Command) -> &mut Command) -> String {
    let mut command = Command::new(program);
    let output = words(&mut command).output().unwrap();
    assert!(
        output.status.success(),
        "{program}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Everything below `folder` that a build must not change: path to metadata and content.
pub(crate) fn snapshot(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut all = BTreeMap::new();
    let mut left = vec![folder.to_owned()];
    while let Some(path) = left.pop() {
        let found = fs::symlink_metadata(&path).unwrap();
        let content = if found.is_dir() {
            left.extend(
                fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
            String::new()
        } else if found.is_symlink() {
            fs::read_link(&path).unwrap().display().to_string()
        } else if found.is_file() {
            format!("{:?}", fs::read(&path).unwrap())
        } else {
            String::new()
        };
        let line = format!(
            "{:o} {}:{} {}.{} {content}",
            found.mode(),
            found.uid(),
            found.gid(),
            found.mtime(),
            found.mtime_nsec()
        );
        all.insert(path, line);
    }
    all
}
