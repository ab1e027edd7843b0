//! A shell in a root, for somebody who wants to look around. What it changes is thrown away.

use std::ffi::OsString;
use std::sync::Arc;

use crate::plan::{Action, Plan, RUN_ENVIRONMENT, RunAction};
use crate::sandbox::{Cancel, Exit, Launcher, Root, Sandbox, SandboxError, Screen};
use crate::store::Draft;

use super::error::{ExecuteError, Place, StepError};
use super::mounts::Mounted;
use super::schedule;
use super::{Execution, Stack, process};

/// The shell that people like best.
const BEST_SHELL: &str = "/bin/bash";
/// The one that almost every root has.
const SHELL: &str = "/bin/sh";

impl Execution<'_> {
    /// Carries out `plan` up to the step with the number `at`, or all of it, and runs `command` in
    /// the root as it stands there, or a shell if that is empty. Checks are left out: whoever
    /// looks may be looking for why they fail. With a terminal the command has one of its own.
    ///
    /// # Errors
    /// A step that fails, or why the command could not be started; one that fails is an [`Exit`].
    pub fn shell(
        &self,
        plan: &Plan,
        at: Option<usize>,
        command: &[String],
    ) -> Result<Exit, StepError> {
        let parts = schedule::until(schedule::parts(plan), at);
        let of = parts
            .last()
            .map_or(0, |part| part.first - 1 + part.steps.len());
        let root = self.make(plan, &parts, of)?;
        let step = parts.last().and_then(|part| part.steps.last());
        let run = match step.map(|step| &step.action) {
            Some(Action::Run(run)) if at.is_some() => Some(run),
            _ => None,
        };
        self.in_root(&root, run, command)
            .map_err(|source| StepError {
                place: Place::Shell,
                source,
            })
    }

    /// Runs a command, or a shell, on top of `below`, as `run` would.
    fn in_root(
        &self,
        below: &Arc<Stack>,
        run: Option<&RunAction>,
        command: &[String],
    ) -> Result<Exit, ExecuteError> {
        self.check_cancelled()?;
        let draft = self.store.draft()?;
        let root = Root::Overlay {
            lower: below.lower.clone(),
            upper: draft.upper(),
            work: draft.work(),
        };
        let sandbox = match run {
            Some(run) => process::sandbox(run, root, self.access, &mut Mounted::default())?,
            None => plain(root),
        };
        open(
            self.launcher,
            &sandbox,
            command,
            (&draft, Screen::Output),
            self.cancel,
        )
    }
}

/// What a shell gets that stands for no command of the recipe.
pub(super) fn plain(root: Root) -> Sandbox {
    let mut sandbox = Sandbox::new(root, [SHELL]);
    let environment = RUN_ENVIRONMENT.iter();
    sandbox.environment = environment
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    sandbox
}

/// Runs `command`, or else the first shell that there is, where and as `sandbox` says.
pub(super) fn open(
    launcher: &Launcher,
    sandbox: &Sandbox,
    command: &[String],
    (draft, screen): (&Draft, Screen),
    cancel: &Cancel,
) -> Result<Exit, ExecuteError> {
    let mut sandbox = sandbox.clone();
    sandbox.timeout = None;
    if screen.is_terminal()
        && !sandbox.environment.iter().any(|(name, _)| name == "TERM")
        && let Some(kind) = std::env::var_os("TERM")
    {
        // What the caller's terminal understands is what the bytes will be shown on.
        sandbox.environment.push(("TERM".into(), kind));
    }
    if command.is_empty() {
        sandbox.command = vec![BEST_SHELL.into()];
        sandbox.instead = vec![SHELL.into()];
    } else {
        sandbox.command = command.iter().map(OsString::from).collect();
    }
    draft.renew_work()?;
    match launcher.attach(&sandbox, screen, cancel) {
        Err(SandboxError::CommandNotFound { .. }) if command.is_empty() => {
            Err(ExecuteError::NoShell)
        }
        other => Ok(other?),
    }
}
