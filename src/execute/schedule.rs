//! Which root file system is made when: each after those that it is made from, independent ones
//! side by side.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::plan::{Plan, PlannedBase, PlannedCheck, PlannedStep};

use super::{Stack, StepError};

/// A root file system to make: the image's own, or a stage's.
pub(super) struct Part<'p> {
    /// Name of the stage; none for the image.
    pub(super) stage: Option<&'p str>,
    /// What it starts from, as the recipe names it.
    pub(super) base: &'p str,
    /// What that is, if it is neither empty nor a stage.
    pub(super) root: Option<&'p PlannedBase>,
    /// Where its inputs are, if that is not the context itself.
    pub(super) context: Option<&'p str>,
    /// Stages that must be finished before.
    uses: &'p [String],
    pub(super) steps: &'p [PlannedStep],
    /// What must hold when they are made.
    pub(super) checks: &'p [PlannedCheck],
    /// Number of its first step.
    pub(super) first: usize,
}

/// Everything that a plan makes, the image last.
pub(super) fn parts(plan: &Plan) -> Vec<Part<'_>> {
    let mut first = 1;
    let mut parts = Vec::new();
    for stage in &plan.stages {
        parts.push(Part {
            stage: Some(&stage.name),
            base: &stage.base,
            root: stage.root.as_ref(),
            context: stage.context.as_deref(),
            uses: &stage.uses,
            steps: &stage.steps,
            checks: &stage.checks,
            first,
        });
        first += stage.steps.len();
    }
    parts.push(Part {
        stage: None,
        base: &plan.base,
        root: plan.root.as_ref(),
        context: None,
        uses: &plan.uses,
        steps: &plan.steps,
        checks: &plan.checks,
        first,
    });
    parts
}

/// What must be made for the root as it is after step `at`, which comes last; without checks. The
/// whole plan if no step is given.
pub(super) fn until(mut parts: Vec<Part<'_>>, at: Option<usize>) -> Vec<Part<'_>> {
    if let Some(at) = at {
        let holds = |part: &Part<'_>| at < part.first + part.steps.len();
        let last = parts.iter().position(holds);
        parts.truncate(last.map_or(parts.len(), |last| last + 1));
    }
    let Some(mut root) = parts.pop() else {
        return parts;
    };
    if let Some(at) = at {
        let count = (at + 1).saturating_sub(root.first);
        root.steps = &root.steps[..count.min(root.steps.len())];
    }
    root.stage = None;
    root.checks = &[];
    let mut needed: Vec<&String> = root.uses.iter().collect();
    let mut kept = vec![root];
    for mut part in parts.into_iter().rev() {
        if needed.iter().any(|name| part.stage == Some(name.as_str())) {
            needed.extend(part.uses);
            part.checks = &[];
            kept.push(part);
        }
    }
    kept.reverse();
    kept
}

/// Finished root file systems by the names of their stages.
pub(super) type Finished = BTreeMap<String, Arc<Stack>>;

struct State {
    /// Parts that nobody has begun.
    waiting: Vec<usize>,
    /// How many are being made.
    running: usize,
    finished: Finished,
    image: Option<Arc<Stack>>,
    failure: Option<StepError>,
}

/// Makes all parts with `make`, which gets those that are finished, and gives the image; one after
/// another if they must be `alone`. The first failure ends it: nothing more is begun, `stop` is
/// called, and what runs is waited for.
pub(super) fn run<'p>(
    parts: &[Part<'p>],
    alone: bool,
    make: &(dyn Fn(&Part<'p>, &Finished) -> Result<Stack, StepError> + Sync),
    stop: &(dyn Fn() + Sync),
) -> Result<Arc<Stack>, StepError> {
    let state = Mutex::new(State {
        waiting: (0..parts.len()).collect(),
        running: 0,
        finished: Finished::new(),
        image: None,
        failure: None,
    });
    let changed = Condvar::new();
    let threads = match alone {
        true => 1,
        false => thread::available_parallelism().map_or(1, usize::from),
    };
    thread::scope(|scope| {
        // The calling thread is one of the workers.
        for _ in 1..threads.min(parts.len()) {
            let work = || work(parts, make, stop, &state, &changed);
            // Without another thread the parts are made one after another.
            let _ = thread::Builder::new().spawn_scoped(scope, work);
        }
        work(parts, make, stop, &state, &changed);
    });
    let state = state.into_inner().unwrap_or_else(PoisonError::into_inner);
    match (state.failure, state.image) {
        (Some(failure), _) => Err(failure),
        (None, Some(image)) => Ok(image),
        (None, None) => Ok(Arc::default()),
    }
}

fn work<'p>(
    parts: &[Part<'p>],
    make: &(dyn Fn(&Part<'p>, &Finished) -> Result<Stack, StepError> + Sync),
    stop: &(dyn Fn() + Sync),
    state: &Mutex<State>,
    changed: &Condvar,
) {
    let mut held = lock(state);
    loop {
        if held.failure.is_some() || held.waiting.is_empty() {
            return;
        }
        let is_ready = |index: &usize| {
            let uses = &parts[*index].uses;
            uses.iter().all(|name| held.finished.contains_key(name))
        };
        let Some(position) = held.waiting.iter().position(is_ready) else {
            // A plan is ordered, so that one of those that run must be what is waited for.
            if held.running == 0 {
                return;
            }
            held = changed.wait(held).unwrap_or_else(PoisonError::into_inner);
            continue;
        };
        let part = &parts[held.waiting.remove(position)];
        let finished = held.finished.clone();
        held.running += 1;
        drop(held);
        let made = make(part, &finished);
        held = lock(state);
        held.running -= 1;
        match (made, part.stage) {
            (Ok(stack), Some(name)) => {
                held.finished.insert(name.to_owned(), Arc::new(stack));
            }
            (Ok(stack), None) => held.image = Some(Arc::new(stack)),
            (Err(failure), _) => {
                // What fails later fails because it was stopped.
                held.failure.get_or_insert(failure);
                stop();
            }
        }
        changed.notify_all();
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
