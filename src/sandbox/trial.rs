//! Tries what a sandbox needs, in a process of its own that ends afterwards.
//!
//! Settings and versions say little about what the kernel, a security module or a container lets
//! through, so it is tried. A process that has moved into a namespace cannot go back; hence the
//! binary is executed again, as [`Launcher`] does it, with a [`Trial`] as its arguments. It answers
//! with one line of JSON, an [`Answer`].

use std::ffi::{CString, OsString};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::ExitCode;

use capctl::{Cap, CapState};
use nix::sched::CloneFlags;
use rustix::mount::{MountFlags, MountPropagationFlags, mount, mount_change};
use serde::{Deserialize, Serialize};

use super::error::{SandboxError, Tried};
use super::probe::{self, Place};
use super::{
    Cancel, Exit, Isolation, Launcher, Processes, Refusal, Root, Sandbox, WantedIsolation, enter,
    trial_program,
};

/// The first argument of a binary that is to try something.
const ARGUMENT: &str = "__try";

/// The one thing in the root of a trial. On machines that there is no program for, nothing: looking
/// for it is the last thing that a sandbox does.
const COMMAND: &str = "program";

/// What can be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trial {
    /// All that a step of a build needs: the isolation that it gets, and a sandbox on an overlay.
    Sandbox(WantedIsolation),
    /// A user namespace, with a mount namespace in it.
    UserNamespace,
    /// An overlay that marks what is removed with attributes of root's.
    Overlay,
    /// An overlay that marks it with attributes that everybody may set (`userxattr`).
    UserOverlay,
}

impl Trial {
    const ALL: [(&'static str, Trial); 7] = [
        ("sandbox", Trial::Sandbox(WantedIsolation::Auto)),
        (
            "sandbox-root",
            Trial::Sandbox(WantedIsolation::Only(Isolation::Root)),
        ),
        (
            "sandbox-subids",
            Trial::Sandbox(WantedIsolation::Only(Isolation::SubordinateIds)),
        ),
        (
            "sandbox-single",
            Trial::Sandbox(WantedIsolation::Only(Isolation::SingleId)),
        ),
        ("user-namespace", Trial::UserNamespace),
        ("overlay", Trial::Overlay),
        ("user-overlay", Trial::UserOverlay),
    ];

    /// The arguments that make the binary try it. In the folder `directory` are the empty folders
    /// `lower`, `upper`, `work` and `merged`.
    pub fn arguments(self, directory: &Path) -> Vec<OsString> {
        let name = Self::ALL.iter().find(|(_, trial)| *trial == self);
        let name = name.map_or("", |(name, _)| *name);
        vec![ARGUMENT.into(), name.into(), directory.into()]
    }

    fn carry_out(self, directory: &Path) -> Answer {
        let tried = match self {
            Trial::Sandbox(wanted) => return sandbox(directory, wanted),
            Trial::UserNamespace => {
                (probe::probe(Place::Namespace).map(drop)).map_err(Failure::from)
            }
            Trial::Overlay => lay_overlay(directory, ""),
            Trial::UserOverlay => lay_overlay(directory, ",userxattr"),
        };
        Answer {
            failure: tried.err(),
            ..Answer::default()
        }
    }
}

/// What came of a trial.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Of [`Trial::Sandbox`]: how commands are isolated.
    pub isolation: Option<String>,
    /// Why that is not a more exact way.
    pub instead: Option<String>,
    /// What commands see of other processes.
    pub processes: Option<Processes>,
    /// Why it is not possible.
    pub failure: Option<Failure>,
}

/// Why something is not possible.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What was tried, and what the kernel said.
    pub reason: String,
    /// What would make it work, in words.
    pub cure: Option<String>,
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Failure {
            reason: refusal.to_string(),
            cure: Some(refusal.cure().to_owned()),
        }
    }
}

impl From<SandboxError> for Failure {
    fn from(error: SandboxError) -> Self {
        match error {
            SandboxError::Unsupported {
                operation,
                cure,
                source,
            } => Failure {
                reason: format!("cannot {operation}: {source}"),
                cure: Some(cure),
            },
            other => Failure {
                reason: other.to_string(),
                cure: None,
            },
        }
    }
}

/// Whether this process was started to try something.
pub fn is_trial() -> bool {
    std::env::args_os()
        .nth(1)
        .is_some_and(|argument| argument == ARGUMENT)
}

/// Tries what the arguments say, and prints the answer.
///
/// To be called in `main` before anything else, while the process has one thread.
#[expect(clippy::print_stdout, reason = "the answer, to the process that asks")]
pub fn answer() -> ExitCode {
    let mut arguments = std::env::args_os().skip(2);
    let (Some(name), Some(directory)) = (arguments.next(), arguments.next()) else {
        return ExitCode::FAILURE;
    };
    let trial = Trial::ALL.iter().find(|(known, _)| name == *known);
    let Some((_, trial)) = trial else {
        return ExitCode::FAILURE;
    };
    let answer = trial.carry_out(Path::new(&directory));
    match serde_json::to_string(&answer) {
        Ok(text) => println!("{text}"),
        Err(_) => return ExitCode::FAILURE,
    }
    ExitCode::SUCCESS
}

/// The way of a step of a build, from the isolation to the end of its command.
fn sandbox(directory: &Path, wanted: WantedIsolation) -> Answer {
    match enter(wanted) {
        Err(refusal) => Answer {
            failure: Some(refusal.into()),
            ..Answer::default()
        },
        Ok(entered) => match run(directory) {
            Ok(()) => Answer {
                isolation: Some(entered.isolation.name().to_owned()),
                instead: entered.instead,
                processes: Some(entered.processes),
                failure: None,
            },
            Err(failure) => Answer {
                failure: Some(failure),
                ..Answer::default()
            },
        },
    }
}

/// Runs the smallest program on an overlay.
fn run(directory: &Path) -> Result<(), Failure> {
    if let Some(program) = trial_program::file() {
        let path = directory.join("lower").join(COMMAND);
        fs::write(&path, program)
            .and_then(|()| fs::set_permissions(&path, fs::Permissions::from_mode(0o755)))
            .tried(|| format!("write `{}`", path.display()))?;
    }
    let root = Root::Overlay {
        lower: vec![directory.join("lower")],
        upper: directory.join("upper"),
        work: directory.join("work"),
    };
    let cancel = Cancel::new().tried(|| "make a pipe".to_owned())?;
    let sandbox = Sandbox::new(root, [format!("/{COMMAND}")]);
    match Launcher::default().run(&sandbox, &mut |_| (), &cancel) {
        Ok(Exit::Code(0)) | Err(SandboxError::CommandNotFound { .. }) => Ok(()),
        Ok(exit) => Err(Failure {
            reason: format!("a command in a sandbox ended as {exit:?}"),
            cure: None,
        }),
        Err(error) => Err(error.into()),
    }
}

/// Mounts an overlay and changes something in it.
fn lay_overlay(directory: &Path, marks: &str) -> Result<(), Failure> {
    let powers = CapState::get_current().map(|state| state.effective);
    if !powers.is_ok_and(|powers| powers.has(Cap::SYS_ADMIN)) {
        enter(WantedIsolation::Only(Isolation::SingleId))?;
    }
    nix::sched::unshare(CloneFlags::CLONE_NEWNS).tried(|| "make a mount namespace".to_owned())?;
    let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    mount_change("/", private).tried(|| "change a mount".to_owned())?;
    // By names alone: those of the folders above may hold what means something to the kernel.
    let operation = || format!("write to `{}`", directory.display());
    std::env::set_current_dir(directory).tried(operation)?;
    fs::write("lower/file", "").tried(operation)?;
    let options = format!("lowerdir=lower,upperdir=upper,workdir=work{marks}");
    let options = CString::new(options).unwrap_or_default();
    let (source, target) = ("overlay", "merged");
    mount(
        source,
        target,
        "overlay",
        MountFlags::NODEV,
        options.as_c_str(),
    )
    .tried(|| "mount an overlay".to_owned())?;
    fs::write("merged/new", "").tried(|| "write to an overlay".to_owned())?;
    fs::remove_file("merged/file")
        .tried(|| "remove from an overlay".to_owned())
        .map_err(Failure::from)
}
