//! The steps that run foreign code: run, packages.

use std::collections::VecDeque;
use std::path::PathBuf;

use crate::packages::{self, HostAccess, PackageManager, Target};
use crate::plan::{Network, RunAction};
use crate::progress::{Event, Reporter};
use crate::sandbox::{
    self, Cancel, Ended, Exit, Isolation, Launcher, Owned, Root, Sandbox, Screen, User,
};
use crate::store::Draft;
use crate::tree::{Attributes, Tree};

use super::mounts::Mounted;
use super::redaction::Redaction;
use super::{ExecuteError, Stack, adoption, shell};

/// How much of a step's output its failure shows.
const LAST_LINES: usize = 20;

/// Everything that foreign code needs to run.
pub(super) struct Runner<'a> {
    pub(super) launcher: &'a Launcher,
    pub(super) access: &'a HostAccess,
    pub(super) cancel: &'a Cancel,
    pub(super) reporter: &'a dyn Reporter,
    /// Number of the step, for events.
    pub(super) step: usize,
    /// Whether somebody wants to look around where a command failed.
    pub(super) shell_on_failure: bool,
}

impl Runner<'_> {
    /// Runs a command in the root, with what it sees besides. What comes out belongs to whom the disk
    /// cannot say.
    pub(super) fn run(
        &self,
        action: &RunAction,
        below: &Stack,
        draft: &Draft,
        mut mounted: Mounted,
    ) -> Result<Attributes, ExecuteError> {
        let root = Root::Overlay {
            lower: below.lower.clone(),
            upper: draft.upper(),
            work: draft.work(),
        };
        let sandbox = sandbox(action, root, self.access, &mut mounted)?;
        let ended = self.finish(&sandbox, &mut mounted.redaction);
        let ended = ended.inspect_err(|error| self.look_around(error, &sandbox, draft))?;
        let mut attributes = recorded(&ended.owned, "");
        if Isolation::current() == Some(Isolation::SingleId) {
            adoption::adopt(&below.tree, draft, ended.identity, &mut attributes)?;
        }
        Ok(attributes)
    }

    /// Runs the transactions of a package manager. What comes out belongs to whom the disk cannot say.
    pub(super) fn packages(
        &self,
        manager: &dyn PackageManager,
        transactions: usize,
        target: &Target,
        draft: &Draft,
    ) -> Result<Attributes, ExecuteError> {
        let mut attributes = Attributes::new();
        for number in 0..transactions {
            draft.renew_work()?;
            let sandbox = manager.transaction(number, target)?;
            let ended = self.finish(&sandbox, &mut Redaction::default());
            let ended = ended.inspect_err(|error| {
                // The package manager's own root is of no use to whoever wants to see what it did.
                let root = Root::Overlay {
                    lower: target.lower.clone(),
                    upper: target.upper.clone(),
                    work: target.work.clone(),
                };
                self.look_around(error, &shell::plain(root), draft);
            })?;
            for (path, row) in recorded(&ended.owned, packages::BUILDROOT).iter() {
                attributes.insert(path, row.clone());
            }
            manager.settle(target, number + 1 == transactions)?;
        }
        Ok(attributes)
    }

    /// Opens a shell in the root of a command that failed, if that is wanted, and throws away what
    /// is done there.
    fn look_around(&self, error: &ExecuteError, sandbox: &Sandbox, draft: &Draft) {
        let ExecuteError::Exit { exit, .. } = error else {
            return;
        };
        if !self.shell_on_failure || *exit == Exit::Cancelled || self.cancel.is_cancelled() {
            return;
        }
        let warn = |message: &str| self.reporter.report(&Event::Warning { message });
        let (step, ending) = (self.step, super::error::ending(*exit));
        warn(&format!(
            "step {step} failed ({ending}); this is a shell in the root as the step left it, and \
             nothing that is done here is kept"
        ));
        let screen = (draft, Screen::Error);
        if let Err(error) = shell::open(self.launcher, sandbox, &[], screen, self.cancel) {
            warn(&format!("there is no shell to look around in: {error}"));
        }
    }

    fn finish(&self, sandbox: &Sandbox, redaction: &mut Redaction) -> Result<Ended, ExecuteError> {
        let mut last_lines: VecDeque<String> = VecDeque::new();
        let mut show = |line: &[u8]| {
            let line = String::from_utf8_lossy(line);
            self.reporter.report(&Event::StepOutput {
                step: self.step,
                line: &line,
            });
            if last_lines.len() == LAST_LINES {
                last_lines.pop_front();
            }
            last_lines.push_back(line.into_owned());
        };
        let mut output = |line: &[u8]| show(&redaction.line(line));
        let ended = (self.launcher).run_recording(sandbox, &mut output, self.cancel);
        if let Some(rest) = redaction.finish() {
            show(&rest);
        }
        let ended = ended?;
        if ended.exit == Exit::Code(0) {
            return Ok(ended);
        }
        Err(ExecuteError::Exit {
            exit: ended.exit,
            last_lines: last_lines.into(),
        })
    }
}

/// The sandbox of a command in `root`, with what it sees besides.
pub(super) fn sandbox(
    action: &RunAction,
    root: Root,
    access: &HostAccess,
    mounted: &mut Mounted,
) -> Result<Sandbox, ExecuteError> {
    let mut sandbox = Sandbox::new(root, &action.command);
    let env = action
        .env
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()));
    let mut environment: Vec<(String, String)> = env.collect();
    if action.network == Network::Host {
        sandbox.network = sandbox::Network::Host;
        sandbox.mounts = access.mounts()?;
        let access = access.environment().into_iter();
        environment.extend(access.filter(|(name, _)| !action.env.contains_key(name)));
    }
    environment.retain(|(name, _)| !mounted.variables.contains_key(name));
    sandbox.environment = (environment.into_iter())
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    let secrets = std::mem::take(&mut mounted.variables).into_iter();
    let secrets = secrets.map(|(name, value)| (name.into(), value));
    sandbox.environment.extend(secrets);
    sandbox.mounts.append(&mut mounted.mounts);
    // What is mounted in another mount comes after it.
    (sandbox.mounts).sort_by_key(|mount| mount.target().components().count());
    sandbox.working_directory = PathBuf::from(&action.workdir);
    sandbox.user = if action.user == "0" {
        User::ROOT
    } else {
        User::Name(action.user.clone())
    };
    sandbox.timeout = action.timeout;
    Ok(sandbox)
}

/// What was recorded of links and pipes below `top`.
fn recorded(owned: &[Owned], top: &str) -> Attributes {
    let mut attributes = Attributes::new();
    for Owned { path, uid, gid } in owned {
        let below = path.strip_prefix(top.as_bytes());
        if let Some(path) = below.and_then(|path| path.strip_prefix(b"/")) {
            let row = attributes.entry(path);
            (row.uid, row.gid) = (*uid, *gid);
        }
    }
    attributes
}

/// How a program ended whose answer is needed, with the last line that it wrote.
pub(super) fn last_words(exit: Exit, written: &[u8]) -> String {
    let written = String::from_utf8_lossy(written);
    let last = written.trim_end().lines().last().unwrap_or_default();
    format!("{}: {last}", super::error::ending(exit))
}

/// The target of a package manager: the root so far, and room for its changes.
pub(super) fn target<'a>(
    lower: &[PathBuf],
    draft: &Draft,
    tree: &'a Tree,
    cache: PathBuf,
) -> packages::Target<'a> {
    Target {
        lower: lower.to_vec(),
        upper: draft.upper(),
        work: draft.work(),
        state: draft.state(),
        tree,
        cache,
    }
}
