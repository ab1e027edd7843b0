//! Hands segments to workers and brings the results back into order, in bounded memory.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::digest::Digest;

use super::failure::LayerError;
use super::segment::Segment;

/// A segment's bytes: as tar and as they stand in the blob (empty if those are the same).
#[derive(Default)]
pub(super) struct Buffers {
    pub(super) tar: Vec<u8>,
    pub(super) blob: Vec<u8>,
    /// Under which its part of the blob is kept, if it is.
    pub(super) name: Option<Digest>,
    /// Whether that was kept before.
    pub(super) found: bool,
}

impl Buffers {
    /// What goes into the blob.
    pub(super) fn part(&self) -> &[u8] {
        if self.blob.is_empty() {
            &self.tar
        } else {
            &self.blob
        }
    }

    /// As [`Self::part`].
    pub(super) fn part_mut(&mut self) -> &mut Vec<u8> {
        if self.blob.is_empty() {
            &mut self.tar
        } else {
            &mut self.blob
        }
    }
}

/// Segments between the workers and the committer.
///
/// Segments are handed out in order, and one is handed out only while the uncompressed bytes on
/// the way stay below the budget. The lowest one on the way is always with a worker or ready,
/// so the committer never waits in vain.
pub(super) struct Window<'s> {
    segments: &'s [Segment],
    budget: u64,
    state: Mutex<State>,
    moved: Condvar,
}

#[derive(Default)]
struct State {
    next: usize,
    on_the_way: u64,
    ready: BTreeMap<usize, Result<Buffers, LayerError>>,
    spare: Vec<Buffers>,
    workers: usize,
    stopped: bool,
}

impl<'s> Window<'s> {
    /// For the segments from `start` on.
    pub(super) fn new(segments: &'s [Segment], start: usize, budget: u64) -> Self {
        Self {
            segments,
            budget,
            state: Mutex::new(State {
                next: start,
                ..State::default()
            }),
            moved: Condvar::new(),
        }
    }

    /// One more that is going to work.
    pub(super) fn worker(&self) -> Worker<'_, 's> {
        self.lock().workers += 1;
        Worker(self)
    }

    fn take(&self) -> Option<(usize, Buffers)> {
        let mut state = self.lock();
        loop {
            let segment = self.segments.get(state.next)?;
            if state.stopped {
                return None;
            }
            if state.on_the_way == 0 || state.on_the_way + segment.length <= self.budget {
                let position = state.next;
                state.next += 1;
                state.on_the_way += segment.length;
                return Some((position, state.spare.pop().unwrap_or_default()));
            }
            state = self.wait(state);
        }
    }

    /// Waits for the segment at `position`; `None` if all workers are gone without it.
    pub(super) fn wait_for(&self, position: usize) -> Option<Result<Buffers, LayerError>> {
        let mut state = self.lock();
        loop {
            if let Some(result) = state.ready.remove(&position) {
                return Some(result);
            }
            if state.workers == 0 {
                return None;
            }
            state = self.wait(state);
        }
    }

    /// Says that the segment at `position` is written and gives its buffers back.
    pub(super) fn done(&self, position: usize, buffers: Buffers) {
        let mut state = self.lock();
        state.on_the_way -= self.segments[position].length;
        state.spare.push(buffers);
        drop(state);
        self.moved.notify_all();
    }

    /// Lets the workers end after the segment in hand.
    pub(super) fn close(&self) {
        self.lock().stopped = true;
        self.moved.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'g>(&self, state: MutexGuard<'g, State>) -> MutexGuard<'g, State> {
        self.moved
            .wait(state)
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of those that work on segments. It is counted out however it ends, so that nobody waits for
/// one that panicked, or has no thread.
pub(super) struct Worker<'w, 's>(&'w Window<'s>);

impl Worker<'_, '_> {
    /// Works on segments until there are none or the window is closed. `work` fills the buffers.
    pub(super) fn work(self, mut work: impl FnMut(usize, &mut Buffers) -> Result<(), LayerError>) {
        let window = self.0;
        while let Some((position, mut buffers)) = window.take() {
            let result = work(position, &mut buffers).map(|()| buffers);
            window.lock().ready.insert(position, result);
            window.moved.notify_all();
        }
    }
}

impl Drop for Worker<'_, '_> {
    fn drop(&mut self) {
        self.0.lock().workers -= 1;
        self.0.moved.notify_all();
    }
}
