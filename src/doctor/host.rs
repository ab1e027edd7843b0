//! Where everything is that is looked at.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::sandbox::{Cancel, WantedIsolation};

use super::question::{self, Said, Silent};

/// Where things are on a host; tests put other files in their places.
#[derive(Debug, Clone)]
pub struct Host {
    /// What builds keep; need not exist.
    pub cache_directory: PathBuf,
    /// Where temporary files go.
    pub temporary_directory: PathBuf,
    /// Folders that programs are looked for in; those that are not absolute do not count.
    pub search: Vec<PathBuf>,
    /// The binary that trials are made with: its `main` calls [`answer`](crate::sandbox::answer).
    pub program: PathBuf,
    /// os-release(5); the first that can be read counts.
    pub os_release: Vec<PathBuf>,
    /// subuid(5).
    pub subordinate_users: PathBuf,
    /// subgid(5).
    pub subordinate_groups: PathBuf,
    /// proc(5).
    pub proc: PathBuf,
    /// cgroups(7).
    pub cgroups: PathBuf,
    /// How commands are to be isolated.
    pub isolation: WantedIsolation,
    /// How long a program may take that is asked something.
    pub patience: Duration,
    /// Ends whatever is asked.
    pub cancel: Option<Cancel>,
}

impl Host {
    /// This host, as Linux has it.
    pub fn new(
        cache_directory: PathBuf,
        temporary_directory: PathBuf,
        search: Vec<PathBuf>,
    ) -> Host {
        Host {
            cache_directory,
            temporary_directory,
            search,
            program: "/proc/self/exe".into(),
            os_release: vec!["/etc/os-release".into(), "/usr/lib/os-release".into()],
            subordinate_users: "/etc/subuid".into(),
            subordinate_groups: "/etc/subgid".into(),
            proc: "/proc".into(),
            cgroups: "/sys/fs/cgroup".into(),
            isolation: WantedIsolation::Auto,
            patience: Duration::from_secs(5),
            cancel: None,
        }
    }

    /// A setting of the kernel, as sysctl(8) names it.
    pub(super) fn setting(&self, name: &str) -> Option<String> {
        let path = self.proc.join("sys").join(name.replace('.', "/"));
        let text = super::text::read(&path).ok()?;
        Some(text.trim().to_owned())
    }

    /// Asks a program something, for `patience` at most.
    pub(super) fn ask(&self, command: &mut Command, patience: Duration) -> Result<Said, Silent> {
        let is_cancelled = || self.cancel.as_ref().is_some_and(Cancel::is_cancelled);
        question::ask(command, patience, is_cancelled)
    }

    /// Where the program `name` is.
    pub(super) fn find(&self, name: &str) -> Option<PathBuf> {
        find(&self.search, name)
    }
}

/// Whether systemd runs this host's services (sd_booted(3)).
pub(super) fn has_systemd() -> bool {
    Path::new("/run/systemd/system").is_dir()
}

/// The first of `folders` with an executable file called `name`.
pub(super) fn find(folders: &[PathBuf], name: &str) -> Option<PathBuf> {
    let folders = folders.iter().filter(|folder| folder.is_absolute());
    folders
        .map(|folder| folder.join(name))
        .find(|path| is_program(path))
}

fn is_program(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}
