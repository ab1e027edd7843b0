//! Work that may never end, as on a file system whose server is gone.

use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// What a thread of its own is going to say.
pub(super) struct Pending<T>(Receiver<T>);

/// Begins work. Nobody waits for it in the end: it takes along all that it needs.
pub(super) fn begin<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Pending<T> {
    let (say, hear) = mpsc::channel();
    // It may be that nobody listens any more. What has no thread says nothing.
    let _ = thread::Builder::new().spawn(move || say.send(work()));
    Pending(hear)
}

impl<T> Pending<T> {
    /// What came of it; none if that is not known by `deadline`.
    pub(super) fn wait_until(self, deadline: Instant) -> Option<T> {
        let left = deadline.saturating_duration_since(Instant::now());
        self.0.recv_timeout(left).ok()
    }
}

/// Does work, for as long as `patience` at most.
pub(super) fn within<T: Send + 'static>(
    patience: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    begin(work).wait_until(Instant::now() + patience)
}

/// Does everything side by side, and what has no thread afterwards; a panic is left out.
pub(super) fn together<T: Send>(work: &[&(dyn Fn() -> T + Sync)]) -> Vec<T> {
    thread::scope(|scope| {
        let begin = |work| thread::Builder::new().spawn_scoped(scope, work);
        let begun: Vec<_> = work.iter().map(|work| begin(*work)).collect();
        let ended = begun
            .into_iter()
            .zip(work)
            .filter_map(|(begun, work)| match begun {
                Ok(handle) => handle.join().ok(),
                Err(_) => Some(work()),
            });
        ended.collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_ends_is_left() {
        assert_eq!(within(Duration::from_secs(10), || 7), Some(7));
        let start = Instant::now();
        let slow = within(Duration::from_millis(100), || {
            thread::sleep(Duration::from_secs(100))
        });
        assert_eq!(slow, None);
        assert_eq!(
            within(Duration::from_secs(10), || -> u8 { panic!("of the test") }),
            None
        );
        assert!(start.elapsed() < Duration::from_secs(10));
    }
}
