//! Carrying out a plan, step by step, each on top of what the steps before it left.
//!
//! Every step has a change set of its own: the upper directory of an overlay, found in the store
//! by the step's key or made now. Steps that run foreign code do so in a sandbox; the others write
//! their change set by hand and need no privilege. What comes out is the [`Tree`] of the finished
//! root, in which every entry knows the step that last wrote it.

mod accounts;
mod adoption;
mod archive;
mod base;
mod certificates;
mod checks;
mod claims;
mod editor;
mod error;
mod fetch;
mod files;
mod input;
mod mounts;
mod owner;
mod patterns;
mod process;
mod redaction;
mod roots;
mod schedule;
mod secrets;
mod shell;
mod stage_copy;
mod turns;

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::packages::{self, HostAccess};
use crate::plan::{Action, Plan, PlannedImage, PlannedStep};
use crate::progress::{Event, Reporter};
use crate::sandbox::{Cancel, Launcher};
use crate::store::{ChangeSet, Downloads, Draft, Store};
use crate::tree::{Changes, Tree, display};

pub use crate::tar::EntryProblem;
pub use accounts::{AccountsError, DatabaseError};
pub use archive::ArchiveError;
pub use base::{BaseError, BasePart, Bases, LayerContent};
pub use certificates::CertificatesError;
pub use error::{ExecuteError, Place, StepError};
pub use fetch::FetchError;
pub use secrets::{LARGEST_SECRET, Secrets};

use self::claims::{Claim, Claims};
use self::editor::Editor;
use self::fetch::Fetching;
use self::process::Runner;
use self::schedule::{Finished, Part};

/// Between two looks at whether what somebody else has is free.
const PATIENCE: Duration = Duration::from_millis(50);

/// What carrying out a plan needs besides the plan.
#[derive(Clone, Copy)]
pub struct Execution<'a> {
    /// Where change sets are kept.
    pub store: &'a Store,
    /// What brings the layers of images.
    pub bases: &'a dyn Bases,
    /// The recipe's path and the name of its image: whom others wait for.
    pub recipe: (&'a str, &'a str),
    /// Whether change sets of earlier builds are taken.
    pub reuse: bool,
    /// What starts sandboxes.
    pub launcher: &'a Launcher,
    /// What steps with network may use of the caller's surroundings, and where inputs are.
    pub access: &'a HostAccess,
    /// What steps may be trusted with.
    pub secrets: &'a Secrets,
    /// Told what happens.
    pub reporter: &'a dyn Reporter,
    /// Whether a shell is opened in the root of a command that fails, which needs a terminal. Then
    /// stages are made one after another.
    pub shell_on_failure: bool,
    /// Asked whether to stop.
    pub cancel: &'a Cancel,
}

impl Execution<'_> {
    /// Carries out `plan` and lists the finished root, with the image that it was made on. Stages
    /// that do not need each other are made side by side.
    ///
    /// # Errors
    /// The first step that fails, with its number, title and cause; nothing of it is kept. Steps
    /// that run beside it are stopped.
    pub fn run(&self, plan: &Plan) -> Result<Root, StepError> {
        let parts = schedule::parts(plan);
        let image = self.make(plan, &parts, plan.all_steps().count())?;
        let image = Arc::unwrap_or_clone(image);
        Ok(Root {
            tree: image.tree,
            base: image.base,
            _held: image.held,
        })
    }

    /// Makes parts of a plan with `of` steps together, and gives the last one's root.
    fn make(&self, plan: &Plan, parts: &[Part<'_>], of: usize) -> Result<Arc<Stack>, StepError> {
        // A failing step stops the others, and not what else waits for the caller's wish.
        let cancel = self.cancel.child().map_err(|source| StepError {
            place: Place::Start,
            source: ExecuteError::Start { source },
        })?;
        let execution = Execution {
            cancel: &cancel,
            ..*self
        };
        let claims = Claims::default();
        let make = |part: &Part<'_>, finished: &Finished| {
            execution.part(part, finished, &claims, plan.output.source_date_epoch, of)
        };
        schedule::run(parts, self.shell_on_failure, &make, &|| cancel.cancel())
    }

    /// Makes one root file system.
    fn part(
        &self,
        part: &Part<'_>,
        finished: &Finished,
        claims: &Claims,
        source_date_epoch: u64,
        of: usize,
    ) -> Result<Stack, StepError> {
        let access = HostAccess {
            context: self.access.context.join(part.context.unwrap_or_default()),
            ..self.access.clone()
        };
        let execution = Execution {
            access: &access,
            ..*self
        };
        let mut root = match part.root {
            Some(base) => execution.base(base, part.base, claims)?,
            None => {
                let name = part.base.strip_prefix("stage:").unwrap_or(part.base);
                let base = finished.get(name);
                base.map_or_else(Stack::default, |base| Stack::clone(base))
            }
        };
        root.source_date_epoch = source_date_epoch;
        for (index, step) in part.steps.iter().enumerate() {
            let number = part.first + index;
            self.reporter.report(&Event::StepStarted {
                step: number,
                of,
                title: &step.title,
            });
            let started = Instant::now();
            let cached = execution
                .step(step, number, &mut root, finished, claims)
                .map_err(|source| StepError {
                    place: Place::Step {
                        step: number,
                        of,
                        title: step.title.clone(),
                    },
                    source,
                })?;
            let elapsed = started.elapsed();
            self.reporter.report(&Event::StepFinished {
                step: number,
                cached,
                elapsed,
            });
        }
        if let Err(source) = execution.checks(part.checks, part.stage, &root) {
            let stage = part.stage.map(str::to_owned);
            return Err(StepError {
                place: Place::Checks { stage },
                source,
            });
        }
        Ok(root)
    }

    /// Puts the change set of one step on top; says whether it was found in the store.
    fn step(
        &self,
        step: &PlannedStep,
        number: usize,
        root: &mut Stack,
        finished: &Finished,
        claims: &Claims,
    ) -> Result<bool, ExecuteError> {
        let key = step.key.digest();
        let claim = claims.claim(key, &|| self.cancel.is_cancelled());
        self.check_cancelled()?;
        let reuse = self.reuse || matches!(claim, Claim::Made);
        let (kept, turn) = self.kept_or_turn(&key, Some(number), &step.title, reuse)?;
        let cached = kept.is_some();
        let (change_set, changes) = match kept {
            Some(kept) => kept,
            None => {
                let draft = self.store.draft()?;
                self.carry_out(&step.action, number, root, (finished, claims), &draft)?;
                self.store.commit(draft, &key, &self.maker(&step.title))?
            }
        };
        drop(turn);
        if let Claim::Mine(making) = claim {
            making.finish();
        }
        self.put(root, change_set, changes, number);
        Ok(cached)
    }

    fn carry_out(
        &self,
        action: &Action,
        number: usize,
        root: &Stack,
        (finished, claims): (&Finished, &Claims),
        draft: &Draft,
    ) -> Result<(), ExecuteError> {
        let runner = Runner {
            launcher: self.launcher,
            access: self.access,
            cancel: self.cancel,
            reporter: self.reporter,
            step: number,
            shell_on_failure: self.shell_on_failure,
        };
        let mut editor = Editor::new(&root.tree, &draft.upper(), root.source_date_epoch)?;
        let unmatched = match action {
            Action::Run(run) => {
                let mounted = self.mounts(run, number, root, (finished, claims), draft)?;
                editor.learn(&runner.run(run, root, draft, mounted)?);
                Vec::new()
            }
            Action::Packages(action) => {
                let manager = packages::find(action, self.access)?;
                let downloads = self.downloads(&action.manager)?;
                let cache = downloads.folder().to_owned();
                let target = process::target(&root.lower, draft, &root.tree, cache);
                let transactions = action.transactions.len();
                editor.learn(&runner.packages(manager.as_ref(), transactions, &target, draft)?);
                Vec::new()
            }
            Action::Copy(copy) => {
                files::copy(copy, &self.access.context, &mut editor).map(|()| Vec::new())?
            }
            Action::CopyFrom(copy) => {
                let from = self.origin(&copy.from, finished, claims)?;
                stage_copy::copy(copy, &from.tree, &mut editor).map(|()| Vec::new())?
            }
            Action::Write(write) => files::write(write, &mut editor).map(|()| Vec::new())?,
            Action::Link(link) => files::link(link, &mut editor).map(|()| Vec::new())?,
            Action::Directory(directory) => {
                files::directory(directory, &mut editor).map(|()| Vec::new())?
            }
            Action::Remove(remove) => patterns::remove(remove, &mut editor)?,
            Action::Permissions(permissions) => patterns::permissions(permissions, &mut editor)?,
            Action::Fetch(action) => {
                let fetching = Fetching {
                    store: self.store,
                    access: self.access,
                    cancel: self.cancel,
                    reporter: self.reporter,
                    step: number,
                    state: &draft.state(),
                };
                fetching.fetch(action, &mut editor).map(|()| Vec::new())?
            }
            Action::Accounts(action) => {
                accounts::accounts(action, &mut editor).map(|()| Vec::new())?
            }
            Action::Certificates(action) => {
                certificates::certificates(action, &self.access.context, &mut editor)
                    .map(|()| Vec::new())?
            }
        };
        for pattern in unmatched {
            let message = format!("step {number}: nothing in the root matches `{pattern}`");
            self.reporter.report(&Event::Warning { message: &message });
        }
        if let Some(attributes) = editor.finish() {
            draft.record(&attributes)?;
        }
        Ok(())
    }

    /// The manager's downloads, when nobody else has them any more.
    fn downloads(&self, manager: &str) -> Result<Downloads, ExecuteError> {
        loop {
            if let Some(downloads) = self.store.packages(manager)? {
                return Ok(downloads);
            }
            self.check_cancelled()?;
            thread::sleep(PATIENCE);
        }
    }

    fn check_cancelled(&self) -> Result<(), ExecuteError> {
        if self.cancel.is_cancelled() {
            return Err(ExecuteError::CANCELLED);
        }
        Ok(())
    }

    fn put(&self, root: &mut Stack, change_set: ChangeSet, changes: Changes, number: usize) {
        for path in changes.skipped() {
            let message = format!(
                "step {number}: socket `{}` is left out of the image",
                display(path)
            );
            self.reporter.report(&Event::Warning { message: &message });
        }
        let rank = u32::try_from(number).unwrap_or(u32::MAX);
        root.tree.apply(changes, rank);
        root.lower.insert(0, change_set.upper());
        root.held.push(change_set);
    }
}

/// A finished root.
pub struct Root {
    /// All that is in it.
    pub tree: Tree,
    /// The image that it was made on, itself or through stages.
    pub base: Option<Arc<PlannedImage>>,
    /// Where the bytes are: nobody removes them as long as this is there.
    _held: Vec<ChangeSet>,
}

/// The root so far.
#[derive(Clone, Default)]
struct Stack {
    tree: Tree,
    /// What the lowest of all steps was put on, if that is an image.
    base: Option<Arc<PlannedImage>>,
    /// Upper directories of the steps so far, the topmost first.
    lower: Vec<PathBuf>,
    /// The change sets that these are of.
    held: Vec<ChangeSet>,
    source_date_epoch: u64,
}
