//! Recipes, roots and contexts that mean harm: everybody builds them, root and users alike, and
//! nothing changes but what is theirs.
//!
//! Each attempt aims at a canary: a folder of the host that is no part of the build. It, the host's
//! `/etc` and its mounts are compared, no process may be left, and there is an image only where the
//! result is contained, which is then the same for all.

mod account_files;
mod caches;
mod copies;
mod links;
mod mount_points;
mod outputs;
mod packages;
mod programs;
mod values;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::rootless::{self, Caller};
use crate::support::build::snapshot;
use crate::support::workspace::{Outcome, Workspace, require_tool, run};
use crate::support::{engines_rest, mounts, scratch};

/// Root, and both kinds of users that can run commands.
const EVERYBODY: [Option<Caller>; 3] = [None, Some(Caller::Subids), Some(Caller::Single)];

type Host = (
    BTreeMap<PathBuf, String>,
    BTreeMap<PathBuf, String>,
    Vec<String>,
);

/// An attempt at a canary.
struct Attack {
    workspace: Workspace,
    canary: TempDir,
}

impl Attack {
    /// A root with busybox and a user `app`, and `steps` after that, in which `@` is the canary's
    /// path. `None` where nothing can be run.
    fn new(steps: &str) -> Option<Self> {
        if !rootless::ready() || !require_tool("umoci") {
            return None;
        }
        // Not in `/tmp`, which a sandbox has for itself.
        let canary = scratch();
        fs::set_permissions(canary.path(), fs::Permissions::from_mode(0o777)).unwrap();
        fs::create_dir(canary.path().join("folder")).unwrap();
        for name in ["file", "passwd", "folder/file"] {
            fs::write(canary.path().join(name), "evil:x:0:0::/:/bin/sh\n").unwrap();
        }
        symlink("file", canary.path().join("link")).unwrap();
        let steps = steps.replace('@', canary.path().to_str().unwrap());
        let workspace = rootless::workspace(&rootless::recipe(&steps));
        fs::write(workspace.path("secret"), "value of the secret").unwrap();
        Some(Self { workspace, canary })
    }

    fn host(&self) -> Host {
        (
            snapshot(self.canary.path()),
            snapshot(Path::new("/etc")),
            mounts(),
        )
    }

    /// Builds as everybody, and compares.
    fn try_all(&self) -> Vec<Outcome> {
        let _engines = engines_rest();
        let before = self.host();
        let outcomes = EVERYBODY.iter().map(|caller| {
            let output = format!("oci:{caller:?}");
            let words = [
                "build",
                "context",
                "--secret",
                "id=s,src=secret",
                "-o",
                &output,
            ];
            let outcome = match caller {
                None => run(&mut self.workspace.command(&words)),
                Some(caller) => rootless::onelayer(&self.workspace, *caller, &words),
            };
            assert!(before == self.host(), "{caller:?}: {}", outcome.stderr);
            let folder = self.workspace.path("");
            let left = crate::command_line::processes_with(folder.to_str().unwrap());
            assert!(left.is_empty(), "{caller:?}: {left:?}");
            let index = self.workspace.path(&format!("{caller:?}/index.json"));
            assert_eq!(index.exists(), outcome.code == Some(0), "{caller:?}");
            outcome
        });
        outcomes.collect()
    }

    /// All must get one image; its root.
    #[track_caller]
    fn contained(&self) -> PathBuf {
        let outcomes = self.try_all().into_iter();
        let digests: Vec<String> = outcomes.map(Outcome::digest).collect();
        assert!(
            digests.iter().all(|other| *other == digests[0]),
            "{digests:?}"
        );
        self.workspace.unpack("None", "latest")
    }

    /// All must be told, and get nothing.
    #[track_caller]
    fn refused(&self, code: i32, told: &str) {
        for outcome in self.try_all() {
            let outcome = outcome.expect(code);
            assert!(
                outcome.stderr.contains(told),
                "no `{told}`: {}",
                outcome.stderr
            );
        }
    }

    /// Where the canary's path is in a root.
    fn inside(&self, root: &Path) -> PathBuf {
        root.join(self.canary.path().strip_prefix("/").unwrap())
    }
}
