//! Which steps somebody of this build makes or has made: stages that begin alike share them.
//!
//! Equal keys have equal results, so the first to come makes the step, and the others wait for it.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::digest::Digest;

use super::PATIENCE;

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    InTheMaking,
    Made,
}

/// The steps of a build, by key.
#[derive(Default)]
pub(super) struct Claims {
    steps: Mutex<BTreeMap<Digest, State>>,
    changed: Condvar,
}

/// Whose turn a step is.
pub(super) enum Claim<'c> {
    /// It is the caller's to make.
    Mine(Making<'c>),
    /// This build has made it.
    Made,
    /// The caller does not want to wait any longer.
    GivenUp,
}

/// A step in the making: dropping it lets somebody else try.
pub(super) struct Making<'c> {
    claims: &'c Claims,
    key: Digest,
}

impl Claims {
    /// Claims the step with a key, once nobody else makes it; `give_up` is asked now and then.
    pub(super) fn claim(&self, key: Digest, give_up: &dyn Fn() -> bool) -> Claim<'_> {
        let mut steps = self.lock();
        loop {
            match steps.get(&key) {
                Some(State::Made) => return Claim::Made,
                Some(State::InTheMaking) if give_up() => return Claim::GivenUp,
                Some(State::InTheMaking) => {
                    let waited = self.changed.wait_timeout(steps, PATIENCE);
                    (steps, _) = waited.unwrap_or_else(PoisonError::into_inner);
                }
                None => {
                    steps.insert(key, State::InTheMaking);
                    return Claim::Mine(Making { claims: self, key });
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Digest, State>> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Making<'_> {
    /// The step can be had from the store.
    pub(super) fn finish(self) {
        self.claims.lock().insert(self.key, State::Made);
    }
}

impl Drop for Making<'_> {
    fn drop(&mut self) {
        let mut steps = self.claims.lock();
        if steps.get(&self.key) == Some(&State::InTheMaking) {
            steps.remove(&self.key);
        }
        drop(steps);
        self.claims.changed.notify_all();
    }
}
