//! What must hold when a root is finished.
//!
//! Commands run in the same sandbox as steps, each on a throw-away overlay of its own over the
//! finished root; the rest is looked up in the root's listing. All checks of a root are made and
//! told, whatever the first ones say. What a check finds wrong is text for the user; an error is a
//! check that could not be made.

mod command;
mod file;
mod packages;

use std::time::Instant;

use crate::plan::{CheckKind, PlannedCheck};
use crate::progress::Event;
use crate::sandbox::Root;
use crate::store::Draft;

use super::editor::{Editor, Ownership};
use super::error::shown;
use super::{ExecuteError, Execution, Stack, patterns};

/// As many names are told of what should not be there.
const MOST_NAMES: usize = 5;

impl Execution<'_> {
    /// Makes the checks of a finished root: the image's own, or a stage's.
    pub(super) fn checks(
        &self,
        checks: &[PlannedCheck],
        stage: Option<&str>,
        root: &Stack,
    ) -> Result<(), ExecuteError> {
        let of = checks.len();
        let mut failures = Vec::new();
        for (index, check) in checks.iter().enumerate() {
            self.check_cancelled()?;
            let title = check.title();
            let number = index + 1;
            self.reporter.report(&Event::CheckStarted {
                check: number,
                of,
                stage,
                title: &title,
            });
            let started = Instant::now();
            let problems = self.check(&check.kind, root)?;
            self.reporter.report(&Event::CheckFinished {
                check: number,
                of,
                stage,
                title: &title,
                passed: problems.is_empty(),
                problems: &problems,
                elapsed: started.elapsed(),
            });
            if !problems.is_empty() {
                failures.push(format!("{title}: {}", problems.join("; ")));
            }
        }
        if failures.is_empty() {
            return Ok(());
        }
        Err(ExecuteError::Checks { of, failures })
    }

    /// What is wrong with a root, if anything is.
    fn check(&self, check: &CheckKind, root: &Stack) -> Result<Vec<String>, ExecuteError> {
        match check {
            CheckKind::Run { .. } => self.command(check, root),
            CheckKind::File { .. } => file::check(check, &root.tree),
            CheckKind::Absent { patterns } => {
                let mut found = Vec::new();
                for pattern in patterns {
                    match patterns::matches(&root.tree, pattern) {
                        // Where no path leads, there is nothing.
                        Err(ExecuteError::Resolve(_)) => {}
                        paths => found.extend(paths?),
                    }
                }
                Ok(present(&found))
            }
            CheckKind::Package { names } => self.installed(names, root),
        }
    }

    /// A throw-away root over a finished one, with a `folder` to start in: engines make it, too.
    fn throw_away(
        &self,
        root: &Stack,
        folder: Option<&str>,
    ) -> Result<(Draft, Root), ExecuteError> {
        let draft = self.store.draft()?;
        // The directory itself gets the owner and mode that it has in the root.
        let mut editor = Editor::new(&root.tree, &draft.upper(), root.source_date_epoch)?;
        if let Some(folder) = folder
            && let Ok(found) = root.tree.resolve(folder.as_bytes())
            && found.entry.is_none()
        {
            editor.directory(&found.path, Ownership::FOLDER)?;
        }
        editor.finish();
        let overlay = Root::Overlay {
            lower: root.lower.clone(),
            upper: draft.upper(),
            work: draft.work(),
        };
        Ok((draft, overlay))
    }
}

fn present(found: &[Vec<u8>]) -> Vec<String> {
    let more = found.len().saturating_sub(MOST_NAMES);
    let names = found.iter().take(MOST_NAMES);
    let mut problems: Vec<String> = names
        .map(|path| format!("`{}` is there", shown(path)))
        .collect();
    if more > 0 {
        problems.push(format!("and {more} more"));
    }
    problems
}
