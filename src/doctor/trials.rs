//! What is tried rather than read: each by the binary, executed again, in a folder of its own on
//! the cache's file system.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::sandbox::{Answer, Failure, Trial};

use super::host::Host;
use super::pending::{Pending, begin};
use super::question::Said;

/// How often, and after which pause, a folder is tried to be removed.
const ATTEMPTS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(50);

/// How many times as long as another program a trial may take: a machine that is busy with builds
/// is not to be told that it cannot build.
const TRIAL: u32 = 2;

/// What came of all trials.
#[derive(Debug)]
pub(super) struct Trials {
    /// Why nothing can be put where the cache is to be.
    pub(super) cache: Result<(), String>,
    pub(super) sandbox: Answer,
    pub(super) user_namespace: Answer,
    pub(super) overlay: Answer,
    pub(super) user_overlay: Answer,
}

pub(super) fn run(host: &Host) -> Trials {
    let start = |trial| {
        let host = host.clone();
        begin(move || attempt(&host, trial))
    };
    let cache = host.cache_directory.clone();
    let cache = begin(move || Folder::new(&cache).map(drop).map_err(|e| e.to_string()));
    let [sandbox, user_namespace, overlay, user_overlay] = [
        Trial::Sandbox(host.isolation),
        Trial::UserNamespace,
        Trial::Overlay,
        Trial::UserOverlay,
    ]
    .map(start);
    // A trial that takes too long is ended; then there is something to clear away.
    let deadline = Instant::now() + host.patience * (TRIAL + 1);
    let answer = |pending: Pending<Answer>| {
        let answer = pending.wait_until(deadline);
        answer.unwrap_or_else(|| failure("the file system of the cache does not answer".to_owned()))
    };
    Trials {
        cache: (cache.wait_until(deadline)).unwrap_or_else(|| Err("it does not answer".to_owned())),
        sandbox: answer(sandbox),
        user_namespace: answer(user_namespace),
        overlay: answer(overlay),
        user_overlay: answer(user_overlay),
    }
}

fn attempt(host: &Host, trial: Trial) -> Answer {
    // A namespace needs no disk.
    let folder = match trial {
        Trial::UserNamespace => None,
        _ => match Folder::new(&host.cache_directory) {
            Ok(folder) => Some(folder),
            Err(error) => return failure(format!("cannot write to the cache: {error}")),
        },
    };
    let path = folder.as_ref().map_or(Path::new("/"), Folder::path);
    let mut command = Command::new(&host.program);
    let patience = host.patience * TRIAL;
    match host.ask(command.args(trial.arguments(path)), patience) {
        Ok(said) => read(&said),
        Err(silent) => failure(format!("the trial gave {silent}")),
    }
}

fn read(said: &Said) -> Answer {
    let line = said.stdout.lines().next_back().unwrap_or_default();
    serde_json::from_str(line).unwrap_or_else(|_| failure("the trial died".to_owned()))
}

fn failure(reason: String) -> Answer {
    Answer {
        failure: Some(Failure { reason, cure: None }),
        ..Answer::default()
    }
}

/// A folder for a trial, in the cache, or where that is going to be made. It vanishes.
struct Folder {
    folder: TempDir,
}

impl Folder {
    fn new(cache: &Path) -> io::Result<Folder> {
        let there = std::path::absolute(cache)?;
        let there = (there.ancestors())
            .find(|path| path.exists())
            .unwrap_or(Path::new("/"));
        let folder = tempfile::Builder::new()
            .prefix(".onelayer-doctor-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(there)?;
        for name in ["lower", "upper", "work", "merged"] {
            fs::create_dir(folder.path().join(name))?;
        }
        Ok(Folder { folder })
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Folder {
    /// What the kernel keeps beside an overlay is closed even to its owner, and what a trial that was
    /// ended has started may take a moment to end as well.
    fn drop(&mut self) {
        for _ in 0..ATTEMPTS {
            self.open();
            match fs::remove_dir_all(self.path()) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => thread::sleep(PAUSE),
                _ => return,
            }
        }
    }
}

impl Folder {
    fn open(&self) {
        for name in ["work", "work/incompat", "work/incompat/volatile"] {
            let place = self.folder.path().join("work").join(name);
            let _ = fs::set_permissions(place, Permissions::from_mode(0o700));
        }
    }
}
